import type { Resolvers } from '#graphql/graph/resolver-types.ts';
import type { Shop } from '#graphql/shop.ts';

/** The fields that resolve the shop itself. */
export const shopResolvers = (shop: Shop | undefined): Resolvers => ({
  Query: { shop: () => shop ?? null },
});
