import { requireName, type Account } from '#account/account.ts';
import { accountEvent } from '#account/events.ts';
import type { AccountStore } from '#account/store.ts';
import type { Call } from '#platform/call.ts';
import type { Clock } from '#platform/clock.ts';
import { refused } from '#platform/errors.ts';
import { requireAll, requireUuid } from '#platform/input.ts';

/** Renames an account. Throws INVALID_ARGUMENT, NOT_FOUND. */
export async function renameAccount(
  deps: { store: Pick<AccountStore, 'rename'>; clock: Clock },
  input: { id: string; name: string },
  call: Call,
): Promise<Account> {
  const { id, name } = requireAll({
    id: () => requireUuid('id', input.id),
    name: () => requireName(input.name),
  });
  const at = new Date(deps.clock.now());
  const eventId = deps.clock.newId();
  const account = await deps.store.rename(id, name, (renamed) =>
    accountEvent(eventId, 'account_renamed', renamed, at, call),
  );
  if (!account) throw refused('NOT_FOUND', 'id', `There is no account ${id}.`);
  return account;
}
