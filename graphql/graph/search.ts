import { present } from '#graphql/graph/present.ts';
import { ProductSearch } from '#graphql/graph/product-search.ts';
import type { Resolvers } from '#graphql/graph/resolver-types.ts';
import { withArgumentPaths } from '#graphql/graph/violations.ts';

/** The resolvers of product searches. */
export const searchResolvers: Resolvers = {
  Query: {
    searchProducts: (_, args, { clients, call }) => new ProductSearch(args, clients, call),
    suggestProducts: async (_, { prefix, first }, { clients, call }) => {
      const found = clients.catalog.suggestProducts({ prefix, size: first }, call);
      const { products } = await withArgumentPaths({ prefix: 'prefix', size: 'first' }, found);
      return products.map((product) => ({ text: product.name, product }));
    },
  },

  ProductSearchConnection: {
    nodes: (search) => search.nodes(),
    edges: (search) => search.edges(),
    pageInfo: (search) => search.pageInfo(),
    totalCount: (search) => search.totalCount(),
    facets: async (search) => present(await search.facets()),
    didYouMean: (search) => search.didYouMean(),
  },

  ProductFacets: {
    priceBuckets: ({ prices }) => prices,
  },

  PriceBucket: {
    from: ({ fromMinor }) => fromMinor,
    to: ({ toMinor }) => toMinor ?? null,
  },

  CategoryCount: {
    category: async ({ categoryId }, _, { loaders }) =>
      present((await loaders.category.load(categoryId)) ?? undefined),
  },
};
