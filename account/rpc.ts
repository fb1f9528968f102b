import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Account } from '#account/account.ts';
import { createAccount } from '#account/create-account.ts';
import { getAccount, getAccounts } from '#account/get-accounts.ts';
import { listAccounts } from '#account/list-accounts.ts';
import { AccountSchema, AccountService, type Account as AccountMessage } from '#account/pb/account_pb.js';
import { renameAccount } from '#account/rename-account.ts';
import type { AccountStore } from '#account/store.ts';
import type { Clock } from '#platform/clock.ts';
import { claiming, type Idempotency } from '#platform/idempotency/once.ts';
import type { Handlers } from '#platform/rpc.ts';

/** Maps proto messages to use cases and back. */
export function accountHandlers(deps: {
  store: AccountStore;
  idempotency: Idempotency;
  clock: Clock;
}): Handlers<typeof AccountService> {
  return {
    createAccount: (request, call) =>
      deps.idempotency.once(AccountService.method.createAccount, request, call, {
        work: (claim) => createAccount({ ...deps, store: claiming(deps.store.insert, claim) }, request, call),
        toResponse: (account: Account) => ({ account: toMessage(account) }),
      }),
    getAccount: async (request, call) => ({ account: toMessage(await getAccount(deps, request, call)) }),
    batchGetAccounts: async (request, call) => ({
      accounts: (await getAccounts(deps, request, call)).map(toMessage),
    }),
    listAccounts: async (request, call) => {
      const { rows, hasMore } = await listAccounts(deps, request, call);
      return { accounts: rows.map(toMessage), hasMore };
    },
    renameAccount: async (request, call) => ({
      account: toMessage(await renameAccount(deps, request, call)),
    }),
  };
}

function toMessage(account: Account): AccountMessage {
  const { id, name, createdAt, version } = account;
  return create(AccountSchema, { id, name, createdAt: timestampFromDate(createdAt), version });
}
