import { isScalarType, type GraphQLSchema } from 'graphql';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { foundById, sizePaths, toConnection, toPage, toSlice } from '#graphql/graph/connection.ts';
import { cursorList } from '#graphql/graph/cursor.ts';
import { present } from '#graphql/graph/present.ts';
import type { OrderFilterInput, OrderStatus, Resolvers } from '#graphql/graph/resolver-types.ts';
import { KEY_PATH, withArgumentPaths } from '#graphql/graph/violations.ts';
import { OrderStatus as OrderStatusMessage } from '#order/pb/order_pb.js';
import { AppError, invalid, refused, withDetail } from '#platform/errors.ts';
import { requireAll, requireUuid } from '#platform/input.ts';

const ORDER_PATHS = {
  accountId: 'order.accountId',
  products: 'order.products',
  expectedTotal: 'order.expectedTotal',
  ...KEY_PATH,
};

/** The resolvers of orders. */
export const orderResolvers: Resolvers = {
  Query: {
    order: async (_, { id }, context) => {
      const order = await context.loaders.order.load(requireUuid('id', id));
      return order && context.maySee(order.accountId) ? order : null;
    },
    orders: async (_, { filter, ...args }, { clients, call }) => {
      const list = cursorList('orders', { ...filter });
      const { slice, filterMessage } = requireAll({
        slice: () => toSlice(args, list),
        filterMessage: () => toFilterMessage(filter),
      });
      const listed = clients.orders.listOrders({ page: toPage(slice), filter: filterMessage }, call);
      const { orders, hasMore, stoppedAtId } = await withArgumentPaths(
        { filter: 'filter', ...sizePaths(slice) },
        listed,
      );
      const stop = stoppedAtId !== '' && { [slice.fromEnd ? 'start' : 'end']: stoppedAtId };
      return toConnection(list, slice, { ...foundById(orders, hasMore), ...stop });
    },
  },

  Mutation: {
    createOrder: async (_, { order: given, idempotencyKey: argument }, context, { schema }) => {
      const { clients, call } = context;
      const { expectedTotal, ...order } = given;
      if (!context.maySee(order.accountId.toLowerCase()))
        throw refused('ACCOUNT_NOT_FOUND', 'order.accountId', `There is no account ${order.accountId}.`);
      const expected = expectedTotal != null && { expectedTotalMinor: BigInt(expectedTotal) };
      const idempotencyKey = context.nextIdempotencyKey(argument);
      const placed = clients.orders.createOrder({ ...order, ...expected, idempotencyKey }, call);
      return present((await withTotalPrice(schema, withArgumentPaths(ORDER_PATHS, placed))).order);
    },
  },

  Order: {
    createdAt: (order) => present(order.createdAt),
    totalPrice: (order) => order.totalPriceMinor,
    status: ({ status }) => present(ORDER_STATUSES[status]),
    version: (order) => Number(order.version),
    account: (order, _, { loaders }) => loaders.account.load(order.accountId),
    // Reads of orders omit the lines, because many queries do not select them. Every order has at least one line.
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

/** Replaces the minor units in PRICE_CHANGED by an amount as the schema has it. */
async function withTotalPrice<T>(schema: GraphQLSchema, placed: Promise<T>): Promise<T> {
  try {
    return await placed;
  } catch (error) {
    if (!(error instanceof AppError) || error.reason !== 'PRICE_CHANGED') throw error;
    const money = schema.getType('Money');
    if (!isScalarType(money)) throw error;
    const totalPrice = Number(money.serialize(BigInt(error.detail['totalPriceMinor'] ?? 0)));
    throw withDetail(error, { totalPrice });
  }
}

/** Throws INVALID_ARGUMENT. */
function toFilterMessage(filter: Readonly<Partial<OrderFilterInput>> | null | undefined) {
  const { accountIds, createdFrom, createdTo, totalPriceMin, totalPriceMax } = filter ?? {};
  // The service treats an empty list as no filter.
  if (accountIds?.length === 0) throw invalid('filter.accountIds', 'must have 1 to 100 ids');
  return {
    accountIds: [...(accountIds ?? [])],
    ...(createdFrom != null && { createdFrom: timestampFromMs(createdFrom) }),
    ...(createdTo != null && { createdTo: timestampFromMs(createdTo) }),
    ...(totalPriceMin != null && { totalPriceMinMinor: BigInt(totalPriceMin) }),
    ...(totalPriceMax != null && { totalPriceMaxMinor: BigInt(totalPriceMax) }),
  };
}
