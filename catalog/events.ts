import type { Category } from '#catalog/category/category.ts';
import { CATALOG_EVENTS, CATEGORY_EVENTS } from '#catalog/pb/topics.ts';
import type { Product } from '#catalog/product/product.ts';
import type { Call } from '#platform/call.ts';
import type { Event } from '#platform/events/event.ts';
import { traceparentOf } from '#platform/trace.ts';

export type CatalogEventType = 'product_created' | 'product_updated' | 'product_archived';
export type CategoryEventType = 'category_created' | 'category_renamed';

/** Builds an event of the topic catalog.events. The price is in minor units. */
export function catalogEvent(
  id: string,
  type: CatalogEventType,
  product: Product,
  occurredAt: Date,
  call: Call,
): Event {
  return {
    id,
    topic: CATALOG_EVENTS,
    key: product.id,
    type,
    occurredAt,
    aggregateVersion: product.version,
    traceparent: traceparentOf(call.trace),
    payload: {
      event_type: type,
      product_id: product.id,
      name: product.name,
      price: product.priceMinor,
      timestamp: occurredAt.toISOString(),
    },
  };
}

/** Builds an event of the topic category.events. */
export function categoryEvent(
  id: string,
  type: CategoryEventType,
  category: Category,
  occurredAt: Date,
  call: Call,
): Event {
  return {
    id,
    topic: CATEGORY_EVENTS,
    key: category.id,
    type,
    occurredAt,
    aggregateVersion: category.version,
    traceparent: traceparentOf(call.trace),
    payload: {
      event_type: type,
      category_id: category.id,
      name: category.name,
      parent_id: category.path.at(-2) ?? null,
      timestamp: occurredAt.toISOString(),
    },
  };
}
