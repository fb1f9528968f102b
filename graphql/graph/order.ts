import { present } from '#graphql/graph/present.ts';
import type { OrderStatus, Resolvers } from '#graphql/graph/resolver-types.ts';
import { OrderStatus as OrderStatusMessage } from '#order/pb/order_pb.js';
import { AppError } from '#platform/errors.ts';

/** The fields that resolve orders. */
export const orderResolvers: Resolvers = {
  Query: {
    order: async (_, { id }, { clients, call }) => {
      try {
        return present((await clients.orders.getOrder({ id, withoutLines: true }, call)).order);
      } catch (error) {
        if (error instanceof AppError && error.reason === 'NOT_FOUND') return null;
        throw error;
      }
    },
  },

  Mutation: {
    createOrder: async (_, { order }, { clients, call }) =>
      present((await clients.orders.createOrder(order, call)).order),
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
