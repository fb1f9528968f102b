import { foundById, sizePaths, toConnection, toPage, toSlice, type Page } from '#graphql/graph/connection.ts';
import { cursorList } from '#graphql/graph/cursor.ts';
import { offsetPage, PAGE_PATHS, pageOf } from '#graphql/graph/pagination.ts';
import { payloadOf } from '#graphql/graph/payload.ts';
import { present } from '#graphql/graph/present.ts';
import type { Resolvers } from '#graphql/graph/resolver-types.ts';
import { KEY_PATH, withArgumentPaths } from '#graphql/graph/violations.ts';
import { refused } from '#platform/errors.ts';
import { requireUuid } from '#platform/input.ts';

/** The page of Account.orders. */
const NEWEST: Page = { size: 100, skip: 0, afterId: '', beforeId: '', fromEnd: false };

/** The resolvers of accounts. */
export const accountResolvers: Resolvers = {
  Query: {
    accounts: async (_, { pagination, id }, { clients, call, loaders }) => {
      if (id != null) {
        const account = await loaders.account.load(requireUuid('id', id));
        return pageOf(account ? [account] : [], pagination);
      }
      const listed = clients.accounts.listAccounts({ page: offsetPage(pagination) }, call);
      return (await withArgumentPaths(PAGE_PATHS, listed)).accounts;
    },
    account: async (_, { id }, context) => {
      const account = await context.loaders.account.load(requireUuid('id', id));
      return account && context.maySee(account.id) ? account : null;
    },
    accountsConnection: async (_, args, { clients, call }) => {
      const list = cursorList('accountsConnection');
      const slice = toSlice(args, list);
      const listed = clients.accounts.listAccounts({ page: toPage(slice) }, call);
      const { accounts, hasMore } = await withArgumentPaths(sizePaths(slice), listed);
      return toConnection(list, slice, foundById(accounts, hasMore));
    },
  },

  Mutation: {
    createAccount: async (_, { account, idempotencyKey }, context) => {
      const { clients, call } = context;
      const request = { ...account, idempotencyKey: context.nextIdempotencyKey(idempotencyKey) };
      const created = clients.accounts.createAccount(request, call);
      return present((await withArgumentPaths({ name: 'account.name', ...KEY_PATH }, created)).account);
    },
    renameAccount: (_, { input }, context) =>
      payloadOf('account', async () => {
        const { clients, call } = context;
        if (!context.maySee(input.id.toLowerCase()))
          throw refused('NOT_FOUND', 'input.id', `There is no account ${input.id}.`);
        const paths = { id: 'input.id', name: 'input.name' };
        return present((await withArgumentPaths(paths, clients.accounts.renameAccount(input, call))).account);
      }),
  },

  Account: {
    createdAt: (account) => present(account.createdAt),
    orders: async (account, _, { loaders }) => (await loaders.ordersOf(account.id, NEWEST))?.orders ?? [],
    ordersConnection: async (account, args, { loaders }) => {
      const list = cursorList('ordersConnection', { accountId: account.id });
      const slice = toSlice(args, list);
      const found = await withArgumentPaths(sizePaths(slice), loaders.ordersOf(account.id, toPage(slice)));
      return toConnection(list, slice, foundById(found?.orders ?? [], found?.hasMore ?? false));
    },
  },
};
