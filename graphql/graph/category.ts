import { payloadOf } from '#graphql/graph/payload.ts';
import { present } from '#graphql/graph/present.ts';
import type { Resolvers } from '#graphql/graph/resolver-types.ts';
import { KEY_PATH, withArgumentPaths } from '#graphql/graph/violations.ts';
import { requireAll, requireUuid, requireWhole } from '#platform/input.ts';
import { PAGE_SIZE_MAX } from '#platform/limits.ts';

/** The resolvers of categories. */
export const categoryResolvers: Resolvers = {
  Query: {
    category: (_, { id }, { loaders }) => loaders.category.load(requireUuid('id', id)),
    categories: (_, args, { loaders }) => {
      const { parentId, first } = requireAll({
        parentId: () => (args.parentId == null ? '' : requireUuid('parentId', args.parentId)),
        first: () => requireWhole('first', args.first, 1, PAGE_SIZE_MAX),
      });
      return loaders.childrenOf(parentId, first);
    },
  },

  Mutation: {
    createCategory: (_, { input: { name, parentId }, idempotencyKey: argument }, context) =>
      payloadOf('category', async () => {
        const { clients, call } = context;
        const paths = { name: 'input.name', parentId: 'input.parentId', ...KEY_PATH };
        const idempotencyKey = context.nextIdempotencyKey(argument);
        const request = { name, parentId: parentId ?? '', idempotencyKey };
        const created = clients.catalog.createCategory(request, call);
        return present((await withArgumentPaths(paths, created)).category);
      }),
    renameCategory: (_, { input }, { clients, call }) =>
      payloadOf('category', async () => {
        const paths = { id: 'input.id', name: 'input.name' };
        return present(
          (await withArgumentPaths(paths, clients.catalog.renameCategory(input, call))).category,
        );
      }),
  },

  Category: {
    parent: ({ ancestorIds }, _, { loaders }) => {
      const parentId = ancestorIds.at(-1);
      return parentId === undefined ? null : loaders.category.load(parentId);
    },
    ancestors: async ({ ancestorIds }, _, { loaders }) =>
      Promise.all(ancestorIds.map(async (id) => present((await loaders.category.load(id)) ?? undefined))),
    children: ({ id }, { first }, { loaders }) =>
      loaders.childrenOf(id, requireWhole('first', first, 1, PAGE_SIZE_MAX)),
  },
};
