import { toConnection, toPage } from '#graphql/graph/connection.ts';
import { ProductSearch } from '#graphql/graph/product-search.ts';
import type { OrderStatus, Resolvers } from '#graphql/graph/resolver-types.ts';
import { OrderStatus as OrderStatusMessage } from '#order/pb/order_pb.js';
import { AppError, invalid } from '#platform/errors.ts';
import { PAGE_SIZE_MAX, requireUuid } from '#platform/input.ts';

/** GraphQL straight from proto messages: a field without a resolver here is the message's field of the same name. */
export const resolvers: Resolvers = {
  Query: {
    accounts: async (_, { pagination, id }, { clients, call, loaders }) => {
      if (id != null) {
        const account = await loaders.account.load(requireUuid('id', id));
        return part(account ? [account] : [], pagination);
      }
      return (await clients.accounts.listAccounts({ page: offsetPage(pagination) }, call)).accounts;
    },
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
    searchProducts: (_, args, { clients, call }) => {
      requireSize('first', args.first);
      return new ProductSearch(args, clients, call);
    },
    suggestProducts: async (_, { prefix, first }, { clients, call }) => {
      const size = requireSize('first', first);
      const { products } = await clients.catalog.suggestProducts({ prefix, size }, call);
      return products.map((product) => ({ text: product.name, product }));
    },
    bestSellers: async (_, { first }, { clients, call }) =>
      (await clients.catalog.listBestSellers({ size: requireSize('first', first) }, call)).products,
    account: (_, { id }, { loaders }) => loaders.account.load(requireUuid('id', id)),
    product: (_, { id }, { loaders }) => loaders.product.load(requireUuid('id', id)),
    category: (_, { id }, { loaders }) => loaders.category.load(requireUuid('id', id)),
    categories: (_, { parentId }, { loaders }) =>
      loaders.children.load(parentId == null ? '' : requireUuid('parentId', parentId)),
    order: async (_, { id }, { clients, call }) => {
      try {
        return present((await clients.orders.getOrder({ id, withoutLines: true }, call)).order);
      } catch (error) {
        if (error instanceof AppError && error.reason === 'NOT_FOUND') return null;
        throw error;
      }
    },
    accountsConnection: async (_, args, { clients, call }) => {
      const page = toPage(args);
      const { accounts, hasMore } = await clients.accounts.listAccounts({ page }, call);
      return toConnection(accounts, hasMore, page);
    },
    productsConnection: async (_, args, { clients, call }) => {
      const page = toPage(args);
      const { products, hasMore } = await clients.catalog.listProducts({ page }, call);
      return toConnection(products, hasMore, page);
    },
  },

  Mutation: {
    createAccount: async (_, { account }, { clients, call }) =>
      present((await clients.accounts.createAccount(account, call)).account),
    renameAccount: async (_, { id, name }, { clients, call }) =>
      present((await clients.accounts.renameAccount({ id, name }, call)).account),
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
    createCategory: async (_, { category: { name, parentId } }, { clients, call }) =>
      present((await clients.catalog.createCategory({ name, parentId: parentId ?? '' }, call)).category),
    renameCategory: async (_, { id, name }, { clients, call }) =>
      present((await clients.catalog.renameCategory({ id, name }, call)).category),
    createOrder: async (_, { order }, { clients, call }) =>
      present((await clients.orders.createOrder(order, call)).order),
  },

  Account: {
    createdAt: (account) => present(account.createdAt),
    orders: async (account, _, { loaders }) =>
      (await loaders.ordersOf(account.id, toPage({ first: 100 })))?.orders ?? [],
    ordersConnection: async (account, args, { loaders }) => {
      const page = toPage(args);
      const found = await loaders.ordersOf(account.id, page);
      return toConnection(found?.orders ?? [], found?.hasMore ?? false, page);
    },
  },

  Product: {
    price: (product) => product.priceMinor,
    version: (product) => Number(product.version),
    createdAt: (product) => present(product.createdAt),
    archivedAt: (product) => product.archivedAt ?? null,
    category: ({ categoryId }, _, { loaders }) =>
      categoryId === '' ? null : loaders.category.load(categoryId),
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

  Category: {
    parent: ({ ancestorIds }, _, { loaders }) => {
      const parentId = ancestorIds.at(-1);
      return parentId === undefined ? null : loaders.category.load(parentId);
    },
    ancestors: async ({ ancestorIds }, _, { loaders }) =>
      Promise.all(ancestorIds.map(async (id) => present((await loaders.category.load(id)) ?? undefined))),
    children: ({ id }, _, { loaders }) => loaders.children.load(id),
  },

  Order: {
    createdAt: (order) => present(order.createdAt),
    totalPrice: (order) => order.totalPriceMinor,
    status: ({ status }) => present(ORDER_STATUSES[status]),
    version: (order) => Number(order.version),
    account: (order, _, { loaders }) => loaders.account.load(order.accountId),
    // An order has lines. Read by itself it comes without them: many queries do not ask for them.
    products: (order, _, { loaders }) =>
      order.lines.length > 0 ? order.lines : loaders.lines.load(order.id),
  },

  OrderedProduct: {
    product: ({ productId }, _, { loaders }) => loaders.product.load(productId),
    price: (line) => line.priceMinor,
  },
};

const ORDER_STATUSES: Readonly<Partial<Record<OrderStatusMessage, OrderStatus>>> = {
  [OrderStatusMessage.PLACED]: 'PLACED',
};

type Pagination = { readonly skip: number; readonly take: number } | null | undefined;

/** The first 20 unless said otherwise; the services check the other bounds. */
function offsetPage(pagination: Pagination): { size: number; skip: number } {
  return { size: requireSize('take', pagination?.take ?? 20), skip: pagination?.skip ?? 0 };
}

/** To a service 0 means its default; a caller of the API who writes 0 has made a mistake. */
function requireSize(field: string, size: number): number {
  if (size < 1 || size > PAGE_SIZE_MAX) throw invalid(field, `must be from 1 to ${PAGE_SIZE_MAX}`);
  return size;
}

/** The part of a short list that is at hand. */
function part<T>(items: T[], pagination: Pagination): T[] {
  const { size, skip } = offsetPage(pagination);
  return items.slice(skip, skip + size);
}

/** A message that the service's contract promises. */
function present<T>(message: T | undefined): T {
  if (message === undefined) throw new Error('a service left out a message that its contract promises');
  return message;
}
