import type { SalesStore } from '#catalog/sales/store.ts';
import { ORDER_CREATED } from '#order/pb/topics.ts';
import type { ConsumerDeps } from '#platform/events/consumer.ts';
import { startInboxConsumer } from '#platform/events/inbox.ts';
import { requireUuid } from '#platform/input.ts';
import type { Database } from '#platform/postgres/pool.ts';

/** Counts the units sold from order.created events, each order exactly once. */
export function countSales(
  deps: ConsumerDeps & { readonly database: Database; readonly sales: SalesStore },
): Promise<AsyncDisposable> {
  return startInboxConsumer(deps, {
    group: 'catalog-sales',
    topics: [ORDER_CREATED],
    effect: (tx, events) => {
      const units = new Map<string, number>();
      for (const { payload } of events)
        for (const { productId, quantity } of linesOf(payload))
          units.set(productId, (units.get(productId) ?? 0) + quantity);
      return deps.sales.add(tx, units);
    },
  });
}

/** The lines of an order.created event (order/pb/order.created.schema.json). Throws on a poison message. */
function linesOf(payload: unknown): { productId: string; quantity: number }[] {
  const products = Object(payload).products as unknown;
  if (!Array.isArray(products)) throw new Error('order.created without products');
  return products.map((line: unknown) => {
    const { product_id: productId, quantity } = Object(line) as Record<string, unknown>;
    if (typeof productId !== 'string' || !Number.isSafeInteger(quantity) || Number(quantity) < 1)
      throw new Error('order.created with an invalid line');
    return { productId: requireUuid('product_id', productId), quantity: Number(quantity) };
  });
}
