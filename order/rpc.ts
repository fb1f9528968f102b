import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { createOrderUseCase, type CreateOrderDeps } from '#order/create-order.ts';
import type { Order, OrderHead } from '#order/order.ts';
import { OrderSchema, type Order as OrderMessage, type OrderService } from '#order/pb/order_pb.js';
import type { OrderLines } from '#order/store.ts';
import type { Call } from '#platform/call.ts';
import { createCostGate } from '#platform/cost-gate.ts';
import { AppError, invalid } from '#platform/errors.ts';
import { requirePage, requireUuid, requireUuids } from '#platform/input.ts';
import { BATCH_SIZE_MAX, NESTED_BATCH_SIZE_MAX } from '#platform/limits.ts';
import { groupReadsById } from '#platform/read-by-id.ts';
import type { Handlers } from '#platform/rpc.ts';

/** Orders whose lines are read at once: of 100 lines each they take 40 MB. Further reads wait. */
const ORDERS_AT_ONCE_MAX = 400;

/** Proto ↔ use case. */
export function orderHandlers(deps: CreateOrderDeps): Handlers<typeof OrderService> {
  const { store } = deps;
  const createOrder = createOrderUseCase(deps);
  const read = groupReadsById(store.byIds);
  const gate = createCostGate(ORDERS_AT_ONCE_MAX);
  const linesOf = (orderIds: readonly string[], call: Call): Promise<OrderLines[]> =>
    gate.run(orderIds.length, call, () => store.linesOf(orderIds, call.signal));

  /** Throws RESOURCE_EXHAUSTED if all lines do not fit into one answer. */
  async function withLines(orders: readonly OrderHead[], call: Call): Promise<Order[]> {
    const found = await linesOf(
      orders.map(({ id }) => id),
      call,
    );
    const byId = new Map(found.map(({ orderId, lines }) => [orderId, lines]));
    return orders.map((order) => {
      const lines = byId.get(order.id);
      if (lines) return { ...order, lines };
      throw new AppError(
        'RESOURCE_EXHAUSTED',
        'These orders have too many lines to be read at once. Ask for fewer orders.',
      );
    });
  }

  return {
    createOrder: async (request, call) => ({ order: toMessage(await createOrder(request, call)) }),
    getOrder: async (request, call) => {
      const id = requireUuid('id', request.id);
      const found = await read([id], call);
      const [order] = request.withoutLines ? found.map(withoutLines) : await withLines(found, call);
      if (!order) throw new AppError('NOT_FOUND', `There is no order ${id}.`, { detail: { field: 'id' } });
      return { order: toMessage(order) };
    },
    listOrdersByAccounts: async (request, call) => {
      const accountIds = requireUuids('accountIds', request.accountIds, BATCH_SIZE_MAX);
      const page = requirePage(request.page);
      if (page.skip > 0) throw invalid('page.skip', 'must be 0: go on with afterId');
      const found = await store.byAccounts(accountIds, page, call.signal);
      const heads = found.flatMap(({ page: { rows } }) => rows);
      const orders = request.withoutLines ? heads.map(withoutLines) : await withLines(heads, call);
      const ofAccount = Map.groupBy(orders, (order) => order.accountId);
      return {
        accounts: found.map(({ accountId, page: { hasMore } }) => ({
          accountId,
          orders: ofAccount.get(accountId)?.map(toMessage) ?? [],
          hasMore,
        })),
      };
    },
    batchGetOrderLines: async (request, call) => {
      const orderIds = requireUuids('orderIds', request.orderIds, NESTED_BATCH_SIZE_MAX);
      const found = await linesOf(orderIds, call);
      return {
        orders: found.map(({ orderId, lines }) => ({
          orderId,
          lines: [...(lines ?? [])],
          tooLarge: lines === null,
        })),
      };
    },
  };
}

function withoutLines(order: OrderHead): Order {
  return { ...order, lines: [] };
}

function toMessage(order: Order): OrderMessage {
  const { id, accountId, totalPriceMinor, createdAt, lines } = order;
  return create(OrderSchema, {
    id,
    accountId,
    totalPriceMinor,
    createdAt: timestampFromDate(createdAt),
    lines: [...lines],
  });
}
