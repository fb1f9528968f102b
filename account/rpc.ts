import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Account } from '#account/account.ts';
import { createAccountUseCase } from '#account/create-account.ts';
import { getAccountsUseCase } from '#account/get-accounts.ts';
import {
  AccountSchema,
  type AccountService,
  ListAccountsResponseSchema,
  type Account as AccountMessage,
  type ListAccountsResponse,
} from '#account/pb/account_pb.js';
import { renameAccount } from '#account/rename-account.ts';
import type { AccountStore } from '#account/store.ts';
import type { Clock } from '#platform/clock.ts';
import { shareReads } from '#platform/group.ts';
import { pageKey, requirePage, type Page } from '#platform/input.ts';
import type { Handlers } from '#platform/rpc.ts';

/** Proto ↔ use case. */
export function accountHandlers(deps: {
  store: AccountStore;
  clock: Clock;
}): Handlers<typeof AccountService> {
  const createAccount = createAccountUseCase(deps);
  const { getAccount, getAccounts } = getAccountsUseCase(deps);
  const list = shareReads<Page, ListAccountsResponse>(pageKey, async (page, { signal }) => {
    const { rows, hasMore } = await deps.store.list(page, signal);
    return create(ListAccountsResponseSchema, { accounts: rows.map(toMessage), hasMore });
  });
  return {
    createAccount: async (request, call) => ({ account: toMessage(await createAccount(request, call)) }),
    getAccount: async ({ id }, call) => ({ account: toMessage(await getAccount(id, call)) }),
    batchGetAccounts: async ({ ids }, call) => ({ accounts: (await getAccounts(ids, call)).map(toMessage) }),
    listAccounts: async ({ page }, call) => list(requirePage(page), call),
    renameAccount: async (request, call) => ({
      account: toMessage(await renameAccount(deps, request, call)),
    }),
  };
}

function toMessage(account: Account): AccountMessage {
  const { id, name, createdAt, version } = account;
  return create(AccountSchema, { id, name, createdAt: timestampFromDate(createdAt), version });
}
