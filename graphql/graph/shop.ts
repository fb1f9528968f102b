import type { Resolvers } from '#graphql/graph/resolver-types.ts';
import type { Shop } from '#graphql/shop.ts';

/** The resolvers of the shop. */
export const shopResolvers = (shop: Shop | undefined): Resolvers => ({
  Query: { shop: () => shop ?? null },
});
