import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { createOrderUseCase, type CreateOrderDeps } from '#order/create-order.ts';
import { BATCH_SIZE_MAX, type Order } from '#order/order.ts';
import { OrderSchema, type Order as OrderMessage, type OrderService } from '#order/pb/order_pb.js';
import { AppError, invalid } from '#platform/errors.ts';
import { requirePage, requireUuid, requireUuids } from '#platform/input.ts';
import { groupReadsById } from '#platform/read-by-id.ts';
import type { Handlers } from '#platform/rpc.ts';

/** Proto ↔ use case. */
export function orderHandlers(deps: CreateOrderDeps): Handlers<typeof OrderService> {
  const createOrder = createOrderUseCase(deps);
  const read = groupReadsById(deps.store.byIds);
  return {
    createOrder: async (request, call) => ({ order: toMessage(await createOrder(request, call)) }),
    getOrder: async (request, call) => {
      const id = requireUuid('id', request.id);
      const [order] = await read([id], call);
      if (!order) throw new AppError('NOT_FOUND', `There is no order ${id}.`, { detail: { field: 'id' } });
      return { order: toMessage(order) };
    },
    listOrdersByAccounts: async (request, call) => {
      const accountIds = requireUuids('accountIds', request.accountIds, BATCH_SIZE_MAX);
      const page = requirePage(request.page);
      if (page.skip > 0) throw invalid('page.skip', 'must be 0: go on with afterId');
      const found = await deps.store.byAccounts(accountIds, page, call.signal);
      return {
        accounts: found.map(({ accountId, page: { rows, hasMore } }) => ({
          accountId,
          orders: rows.map(toMessage),
          hasMore,
        })),
      };
    },
  };
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
