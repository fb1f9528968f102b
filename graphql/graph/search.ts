import { SearchMatch as SearchMatchMessage } from '#catalog/pb/catalog_pb.js';
import { present } from '#graphql/graph/present.ts';
import { ProductSearch } from '#graphql/graph/product-search.ts';
import type { Resolvers, SearchMatch } from '#graphql/graph/resolver-types.ts';
import { withArgumentPaths } from '#graphql/graph/violations.ts';

const MATCHES: Readonly<Partial<Record<SearchMatchMessage, SearchMatch>>> = {
  [SearchMatchMessage.ALL_WORDS]: 'ALL_WORDS',
  [SearchMatchMessage.CORRECTED]: 'CORRECTED',
  [SearchMatchMessage.MOST_WORDS]: 'MOST_WORDS',
};

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
    matched: async (search) => present(MATCHES[await search.matched()]),
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
