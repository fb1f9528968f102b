import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { createOrder, type CreateOrderDeps } from '#order/create-order.ts';
import { getLines, getOrderLines } from '#order/get-order-lines.ts';
import { getOrder, getOrders, listOrdersByAccounts } from '#order/get-orders.ts';
import { listOrders, type ListOrdersDeps } from '#order/list-orders.ts';
import type { OrderStatus } from '#order/order-status.ts';
import type { Order } from '#order/order.ts';
import {
  OrderSchema,
  OrderStatus as OrderStatusMessage,
  type Order as OrderMessage,
  OrderService,
} from '#order/pb/order_pb.js';
import type { OrderStore } from '#order/store.ts';
import type { Currency } from '#platform/currency.ts';
import { claiming, type Idempotency } from '#platform/idempotency/once.ts';
import type { Handlers } from '#platform/rpc.ts';

/** Maps between proto messages and use cases. */
export function orderHandlers(
  deps: CreateOrderDeps &
    ListOrdersDeps & {
      readonly store: OrderStore;
      readonly idempotency: Idempotency;
      readonly currency: Currency;
    },
): Handlers<typeof OrderService> {
  return {
    getCurrency: async () => ({ currency: deps.currency }),
    createOrder: (request, call) =>
      deps.idempotency.once(OrderService.method.createOrder, request, call, {
        work: (claim) => createOrder({ ...deps, store: claiming(deps.store.insert, claim) }, request, call),
        toResponse: (order: Order) => ({ order: toMessage(order) }),
      }),
    getOrder: async (request, call) => ({ order: toMessage(await getOrder(deps, request, call)) }),
    batchGetOrders: async ({ ids }, call) => ({
      orders: (await getOrders(deps, ids, call)).map(toMessage),
    }),
    batchGetLines: async ({ ids }, call) => ({ lines: await getLines(deps, ids, call) }),
    listOrders: async (request, call) => {
      const { orders, hasMore, stoppedAtId } = await listOrders(deps, request, call);
      return { orders: orders.map(toMessage), hasMore, stoppedAtId };
    },
    listOrdersByAccounts: async (request, call) => ({
      accounts: (await listOrdersByAccounts(deps, request, call)).map(({ accountId, orders, hasMore }) => ({
        accountId,
        orders: orders.map(toMessage),
        hasMore,
      })),
    }),
    batchGetOrderLines: async (request, call) => ({
      orders: (await getOrderLines(deps, request, call)).map(({ orderId, lines }) => ({
        orderId,
        lines: [...(lines ?? [])],
        tooLarge: lines === null,
      })),
    }),
  };
}

const STATUS_MESSAGES: Readonly<Record<OrderStatus, OrderStatusMessage>> = {
  PLACED: OrderStatusMessage.PLACED,
};

function toMessage(order: Order): OrderMessage {
  const { id, accountId, totalPriceMinor, createdAt, lines, status, version } = order;
  return create(OrderSchema, {
    id,
    accountId,
    totalPriceMinor,
    createdAt: timestampFromDate(createdAt),
    lines: [...lines],
    status: STATUS_MESSAGES[status],
    version,
  });
}
