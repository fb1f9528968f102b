import type { Account } from '#account/account.ts';
import type { AccountStore } from '#account/store.ts';
import type { Call } from '#platform/call.ts';
import { refused } from '#platform/errors.ts';
import { requireUuid, requireUuids } from '#platform/input.ts';
import { BATCH_SIZE_MAX } from '#platform/limits.ts';

/** Returns the accounts that exist. Throws INVALID_ARGUMENT. */
export async function getAccounts(
  deps: { store: Pick<AccountStore, 'byIds'> },
  input: { ids: readonly string[] },
  call: Call,
): Promise<Account[]> {
  return deps.store.byIds(requireUuids('ids', input.ids, BATCH_SIZE_MAX), call);
}

/** Returns one account. Throws INVALID_ARGUMENT, NOT_FOUND. */
export async function getAccount(
  deps: { store: Pick<AccountStore, 'byIds'> },
  input: { id: string },
  call: Call,
): Promise<Account> {
  const id = requireUuid('id', input.id);
  const [account] = await deps.store.byIds([id], call);
  if (!account) throw refused('NOT_FOUND', 'id', `There is no account ${id}.`);
  return account;
}
