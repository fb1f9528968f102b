import type { OrderLine } from '#order/order.ts';
import type { OrderLines, OrderStore } from '#order/store.ts';
import type { Call } from '#platform/call.ts';
import { requireUuids } from '#platform/input.ts';
import { BATCH_SIZE_MAX, NESTED_BATCH_SIZE_MAX } from '#platform/limits.ts';

/** Returns the lines of the orders that exist. Throws INVALID_ARGUMENT. */
export async function getOrderLines(
  deps: { store: Pick<OrderStore, 'linesOf'> },
  input: { orderIds: readonly string[] },
  call: Call,
): Promise<OrderLines[]> {
  return deps.store.linesOf(requireUuids('orderIds', input.orderIds, NESTED_BATCH_SIZE_MAX), call);
}

/** Returns the lines with these ids that exist. Throws INVALID_ARGUMENT. */
export async function getLines(
  deps: { store: Pick<OrderStore, 'linesByIds'> },
  ids: readonly string[],
  call: Call,
): Promise<OrderLine[]> {
  return deps.store.linesByIds(requireUuids('ids', ids, BATCH_SIZE_MAX), call);
}
