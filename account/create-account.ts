import { requireName, type Account } from '#account/account.ts';
import { accountEvent } from '#account/events.ts';
import type { AccountStore } from '#account/store.ts';
import type { Call } from '#platform/call.ts';
import type { Clock } from '#platform/clock.ts';

/** Creates an account. Throws INVALID_ARGUMENT. */
export async function createAccount(
  deps: { store: Pick<AccountStore, 'insert'>; clock: Clock },
  input: { name: string },
  call: Call,
): Promise<Account> {
  const name = requireName(input.name);
  const createdAt = new Date(deps.clock.now());
  const account: Account = { id: deps.clock.newId(), name, createdAt, version: 1n };
  const event = accountEvent(deps.clock.newId(), 'account_created', account, createdAt, call);
  return deps.store.insert(account, [event], call);
}
