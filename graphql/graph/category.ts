import { requireSize } from '#graphql/graph/pagination.ts';
import { present } from '#graphql/graph/present.ts';
import type { Resolvers } from '#graphql/graph/resolver-types.ts';
import { requireUuid } from '#platform/input.ts';

/** The fields that resolve categories. */
export const categoryResolvers: Resolvers = {
  Query: {
    category: (_, { id }, { loaders }) => loaders.category.load(requireUuid('id', id)),
    categories: (_, { parentId, first }, { loaders }) =>
      loaders.childrenOf(
        parentId == null ? '' : requireUuid('parentId', parentId),
        requireSize('first', first),
      ),
  },

  Mutation: {
    createCategory: async (_, { category: { name, parentId } }, { clients, call }) =>
      present((await clients.catalog.createCategory({ name, parentId: parentId ?? '' }, call)).category),
    renameCategory: async (_, { id, name }, { clients, call }) =>
      present((await clients.catalog.renameCategory({ id, name }, call)).category),
  },

  Category: {
    parent: ({ ancestorIds }, _, { loaders }) => {
      const parentId = ancestorIds.at(-1);
      return parentId === undefined ? null : loaders.category.load(parentId);
    },
    ancestors: async ({ ancestorIds }, _, { loaders }) =>
      Promise.all(ancestorIds.map(async (id) => present((await loaders.category.load(id)) ?? undefined))),
    children: ({ id }, { first }, { loaders }) => loaders.childrenOf(id, requireSize('first', first)),
  },
};
