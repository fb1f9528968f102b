import type { Order } from '#order/order.ts';
import { NOTIFICATIONS, ORDER_CREATED, ORDER_EVENTS } from '#order/pb/topics.ts';
import type { Call } from '#platform/call.ts';
import type { Event } from '#platform/events/event.ts';
import { traceparentOf } from '#platform/trace.ts';

/** The events of a placed order. Amounts are in minor units. */
export function orderPlaced(newId: () => string, order: Order, call: Call): Event[] {
  const timestamp = order.createdAt.toISOString();
  const products = order.lines.map(({ productId, name, priceMinor, quantity }) => ({
    product_id: productId,
    name,
    price: priceMinor,
    quantity,
  }));
  const common = {
    key: order.id,
    occurredAt: order.createdAt,
    aggregateVersion: order.version,
    traceparent: traceparentOf(call.trace),
  };
  return [
    {
      ...common,
      id: newId(),
      topic: ORDER_EVENTS,
      type: 'order_placed',
      payload: {
        event_type: 'order_placed',
        order_id: order.id,
        total_price: order.totalPriceMinor,
        products,
        timestamp,
      },
    },
    {
      ...common,
      id: newId(),
      topic: ORDER_CREATED,
      type: 'order_created',
      payload: { order_id: order.id, account_id: order.accountId, products, timestamp },
    },
    {
      ...common,
      // Keyed by account, so that the notifications of one person stay in order.
      key: order.accountId,
      id: newId(),
      topic: NOTIFICATIONS,
      type: 'notification_requested',
      payload: {
        user_id: order.accountId,
        type: 'order_placed',
        message: `Your order ${order.id} was placed.`,
        timestamp,
      },
    },
  ];
}
