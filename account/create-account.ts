import { requireName, type Account } from '#account/account.ts';
import { accountEvent } from '#account/events.ts';
import type { AccountStore } from '#account/store.ts';
import type { Call } from '#platform/call.ts';
import type { Clock } from '#platform/clock.ts';
import { groupInserts } from '#platform/group-inserts.ts';

/** Opens accounts; concurrent ones share a commit. Throws INVALID_ARGUMENT. */
export function createAccountUseCase(deps: { store: AccountStore; clock: Clock }) {
  const insert = groupInserts(deps.store.insert, (account) => account.name.length);

  return async function createAccount(input: { name: string }, call: Call): Promise<Account> {
    const name = requireName(input.name);
    const createdAt = new Date(deps.clock.now());
    const account: Account = { id: deps.clock.newId(), name, createdAt, version: 1n };
    const event = accountEvent(deps.clock.newId(), 'account_created', account, createdAt, call);
    return insert(account, [event], call);
  };
}
