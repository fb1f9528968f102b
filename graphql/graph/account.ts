import { foundById, toConnection, toPage, toSlice, type Page } from '#graphql/graph/connection.ts';
import { cursorList } from '#graphql/graph/cursor.ts';
import { offsetPage, part } from '#graphql/graph/pagination.ts';
import { present } from '#graphql/graph/present.ts';
import type { Resolvers } from '#graphql/graph/resolver-types.ts';
import { requireUuid } from '#platform/input.ts';

/** The fields that resolve accounts. */
export const accountResolvers: Resolvers = {
  Query: {
    accounts: async (_, { pagination, id }, { clients, call, loaders }) => {
      if (id != null) {
        const account = await loaders.account.load(requireUuid('id', id));
        return part(account ? [account] : [], pagination);
      }
      return (await clients.accounts.listAccounts({ page: offsetPage(pagination) }, call)).accounts;
    },
    account: (_, { id }, { loaders }) => loaders.account.load(requireUuid('id', id)),
    accountsConnection: async (_, args, { clients, call }) => {
      const list = cursorList('accountsConnection');
      const slice = toSlice(args, list);
      const { accounts, hasMore } = await clients.accounts.listAccounts({ page: toPage(slice) }, call);
      return toConnection(list, slice, foundById(accounts, hasMore));
    },
  },

  Mutation: {
    createAccount: async (_, { account }, { clients, call }) =>
      present((await clients.accounts.createAccount(account, call)).account),
    renameAccount: async (_, { id, name }, { clients, call }) =>
      present((await clients.accounts.renameAccount({ id, name }, call)).account),
  },

  Account: {
    createdAt: (account) => present(account.createdAt),
    orders: async (account, _, { loaders }) => (await loaders.ordersOf(account.id, NEWEST))?.orders ?? [],
    ordersConnection: async (account, args, { loaders }) => {
      const list = cursorList('ordersConnection', { accountId: account.id });
      const slice = toSlice(args, list);
      const found = await loaders.ordersOf(account.id, toPage(slice));
      return toConnection(list, slice, foundById(found?.orders ?? [], found?.hasMore ?? false));
    },
  },
};

/** Of the orders of an account. */
const NEWEST: Page = { size: 100, skip: 0, afterId: '', beforeId: '', fromEnd: false };
