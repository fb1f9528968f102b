import { offsetPage, PAGE_PATHS, pageOf } from '#graphql/graph/pagination.ts';
import { payloadOf } from '#graphql/graph/payload.ts';
import { present } from '#graphql/graph/present.ts';
import { productsConnection } from '#graphql/graph/products-connection.ts';
import type { Resolvers, UpdateProductInput } from '#graphql/graph/resolver-types.ts';
import { KEY_PATH, withArgumentPaths } from '#graphql/graph/violations.ts';
import { invalid } from '#platform/errors.ts';
import { requireAll, requireUuid } from '#platform/input.ts';

const SEARCH_PATHS = { query: 'query', id: 'id', size: 'pagination.take', skip: 'pagination.skip' };
const NEW_PRODUCT_PATHS = {
  name: 'product.name',
  description: 'product.description',
  price: 'product.price',
  categoryId: 'product.categoryId',
  tags: 'product.tags',
  ...KEY_PATH,
};
const CHANGE_PATHS = {
  id: 'input.id',
  expectedVersion: 'input.expectedVersion',
  name: 'input.name',
  description: 'input.description',
  price: 'input.price',
  categoryId: 'input.categoryId',
  tags: 'input.tags',
  // The path that the gRPC client reports for a tag that is not well-formed Unicode.
  'tags.values': 'input.tags',
};

/** The resolvers of products. */
export const productResolvers: Resolvers = {
  Query: {
    products: async (_, { pagination, query, id }, { clients, call, loaders }) => {
      if (query != null && query.trim() !== '') {
        const request = { ...offsetPage(pagination), query, id: id ?? '' };
        return (await withArgumentPaths(SEARCH_PATHS, clients.catalog.searchProducts(request, call)))
          .products;
      }
      if (id != null) {
        const product = await loaders.product.load(requireUuid('id', id));
        return pageOf(product && !product.archivedAt ? [product] : [], pagination);
      }
      const listed = clients.catalog.listProducts({ page: offsetPage(pagination) }, call);
      return (await withArgumentPaths(PAGE_PATHS, listed)).products;
    },
    product: (_, { id }, { loaders }) => loaders.product.load(requireUuid('id', id)),
    productsConnection: (_, args, { clients, call }) => productsConnection(args, clients, call),
    bestSellers: async (_, { categoryId, first }, { clients, call }) => {
      const paths = { categoryId: 'categoryId', size: 'first' };
      const best = clients.catalog.listBestSellers({ size: first, categoryId: categoryId ?? '' }, call);
      return (await withArgumentPaths(paths, best)).products;
    },
  },

  Mutation: {
    createProduct: async (_, { product, idempotencyKey }, context) => {
      const { clients, call } = context;
      const { name, description, price, categoryId, tags } = product;
      const input = {
        name,
        description,
        priceMinor: BigInt(price),
        categoryId: categoryId ?? '',
        tags: tags ?? [],
        idempotencyKey: context.nextIdempotencyKey(idempotencyKey),
      };
      return present(
        (await withArgumentPaths(NEW_PRODUCT_PATHS, clients.catalog.createProduct(input, call))).product,
      );
    },
    updateProduct: (_, { input }, { clients, call }) =>
      payloadOf('product', async () => {
        const { id, expectedVersion, categoryId, tags } = input;
        const { name, description, price } = requireNoNulls(input);
        const change = {
          id,
          expectedVersion: BigInt(expectedVersion),
          ...(name !== undefined && { name }),
          ...(description !== undefined && { description }),
          ...(price !== undefined && { priceMinor: BigInt(price) }),
          ...(categoryId !== undefined && { categoryId: categoryId ?? '' }),
          ...(tags !== undefined && { tags: { values: tags ?? [] } }),
        };
        return present(
          (await withArgumentPaths(CHANGE_PATHS, clients.catalog.updateProduct(change, call))).product,
        );
      }),
    archiveProduct: (_, { input: { id } }, { clients, call }) =>
      payloadOf('product', async () => {
        const archived = clients.catalog.archiveProduct({ id }, call);
        return present((await withArgumentPaths({ id: 'input.id' }, archived)).product);
      }),
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

/** Throws a violation for each field that must not be null. */
function requireNoNulls({ name, description, price }: UpdateProductInput) {
  return requireAll({
    name: () => requireNotNull('input.name', name),
    description: () => requireNotNull('input.description', description),
    price: () => requireNotNull('input.price', price),
  });
}

function requireNotNull<T>(field: string, value: T | null): T {
  if (value === null) throw invalid(field, 'must not be null');
  return value;
}
