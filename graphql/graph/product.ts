import { offsetPage, part, requireSize } from '#graphql/graph/pagination.ts';
import { present } from '#graphql/graph/present.ts';
import { productsConnection } from '#graphql/graph/products-connection.ts';
import type { Resolvers } from '#graphql/graph/resolver-types.ts';
import { requireUuid } from '#platform/input.ts';

/** The fields that resolve products. */
export const productResolvers: Resolvers = {
  Query: {
    products: async (_, { pagination, query, id }, { clients, call, loaders }) => {
      if (query != null && query.trim() !== '') {
        const { size, skip } = offsetPage(pagination);
        return (await clients.catalog.searchProducts({ query, size, skip, id: id ?? '' }, call)).products;
      }
      if (id != null) {
        const product = await loaders.product.load(requireUuid('id', id));
        return part(product && !product.archivedAt ? [product] : [], pagination);
      }
      return (await clients.catalog.listProducts({ page: offsetPage(pagination) }, call)).products;
    },
    product: (_, { id }, { loaders }) => loaders.product.load(requireUuid('id', id)),
    productsConnection: (_, args, { clients, call }) => productsConnection(args, clients, call),
    bestSellers: async (_, { first }, { clients, call }) =>
      (await clients.catalog.listBestSellers({ size: requireSize('first', first) }, call)).products,
  },

  Mutation: {
    createProduct: async (_, { product }, { clients, call }) => {
      const { name, description, price, categoryId, tags } = product;
      const input = {
        name,
        description,
        priceMinor: BigInt(price),
        categoryId: categoryId ?? '',
        tags: tags ?? [],
      };
      return present((await clients.catalog.createProduct(input, call)).product);
    },
    updateProduct: async (
      _,
      { id, product: { name, description, price, categoryId, tags }, expectedVersion },
      { clients, call },
    ) => {
      const change = {
        id,
        expectedVersion: BigInt(expectedVersion),
        ...(name != null && { name }),
        ...(description != null && { description }),
        ...(price != null && { priceMinor: BigInt(price) }),
        ...(categoryId !== undefined && { categoryId: categoryId ?? '' }),
        ...(tags !== undefined && { tags: { values: tags ?? [] } }),
      };
      return present((await clients.catalog.updateProduct(change, call)).product);
    },
    archiveProduct: async (_, { id }, { clients, call }) =>
      present((await clients.catalog.archiveProduct({ id }, call)).product),
  },

  Product: {
    price: (product) => product.priceMinor,
    version: (product) => Number(product.version),
    createdAt: (product) => present(product.createdAt),
    archivedAt: (product) => product.archivedAt ?? null,
    category: ({ categoryId }, _, { loaders }) =>
      categoryId === '' ? null : loaders.category.load(categoryId),
  },
};
