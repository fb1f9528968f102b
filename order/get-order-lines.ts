import { LINES_BATCH_SIZE_MAX } from '#order/order.ts';
import type { OrderLines, OrderStore } from '#order/store.ts';
import type { Call } from '#platform/call.ts';
import { requireUuids } from '#platform/input.ts';

/** The lines of the orders that exist. Throws INVALID_ARGUMENT. */
export async function getOrderLines(
  deps: { store: Pick<OrderStore, 'linesOf'> },
  input: { orderIds: readonly string[] },
  call: Call,
): Promise<OrderLines[]> {
  return deps.store.linesOf(requireUuids('orderIds', input.orderIds, LINES_BATCH_SIZE_MAX), call);
}
