import { ACCOUNT_EVENTS } from '#account/pb/topics.ts';
import { CATALOG_EVENTS, CATEGORY_EVENTS } from '#catalog/pb/topics.ts';
import { NOTIFICATIONS, ORDER_CREATED, ORDER_EVENTS } from '#order/pb/topics.ts';
import { deadLetterTopic } from '#platform/events/event.ts';

/** What services publish to. */
export const TOPICS: readonly string[] = [
  ACCOUNT_EVENTS,
  CATALOG_EVENTS,
  CATEGORY_EVENTS,
  ORDER_EVENTS,
  ORDER_CREATED,
  NOTIFICATIONS,
];

/** Every topic of the shop: each has its dead letters beside it. docker-compose.yml makes the same. */
export const ALL_TOPICS: readonly string[] = TOPICS.flatMap((topic) => [topic, deadLetterTopic(topic)]);
