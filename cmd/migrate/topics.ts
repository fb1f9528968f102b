import type { Admin } from '@platformatic/kafka';
import { ACCOUNT_EVENTS } from '#account/events.ts';
import { CATALOG_EVENTS } from '#catalog/events.ts';
import { NOTIFICATIONS, ORDER_CREATED, ORDER_EVENTS } from '#order/events.ts';
import { AppError, messageOf, StartError } from '#platform/errors.ts';
import { deadLetterTopic } from '#platform/events/event.ts';
import { brokersOf } from '#platform/events/events-url.ts';
import { asAdmin, createTopics, kafkaCluster } from '#platform/events/kafka-cluster.ts';
import type { Logger } from '#platform/logger.ts';
import type { Component } from '#cmd/migrate/components.ts';

/** Every topic of the shop, each with its dead letters; docker-compose.yml makes the same. */
export const TOPICS: readonly string[] = [
  ACCOUNT_EVENTS,
  CATALOG_EVENTS,
  ORDER_EVENTS,
  ORDER_CREATED,
  NOTIFICATIONS,
].flatMap((topic) => [topic, deadLetterTopic(topic)]);

/** The topics of the event log in Kafka. */
export function topicsComponent(url: string, deps: { logger: Logger; newId: () => string }): Component {
  const brokers = brokersOf(url);
  const cluster = kafkaCluster({ ...deps, brokers });
  const where = brokers.join(',');
  const withAdmin = async <T>(work: (admin: Admin) => Promise<T>): Promise<T> => {
    try {
      return await asAdmin(cluster, work);
    } catch (error) {
      const cause = error instanceof AppError ? error.cause : error;
      throw new StartError(
        `cannot make topics at ${where} (${messageOf(cause)}): start Kafka or correct EVENTS_URL.`,
        {
          cause,
        },
      );
    }
  };
  return {
    name: 'events',
    where,
    up: () =>
      withAdmin(async (admin) => {
        // Topics have as many copies as there are brokers, for good: those that still start must count.
        const known = (await admin.metadata({ topics: [] })).brokers.size;
        if (known < brokers.length) throw new Error(`${known} of ${brokers.length} brokers are up`);
        return createTopics(admin, TOPICS);
      }),
    status: () =>
      withAdmin(async (admin) => {
        const there = new Set(await admin.listTopics());
        return {
          applied: TOPICS.filter((topic) => there.has(topic)),
          pending: TOPICS.filter((topic) => !there.has(topic)),
        };
      }),
  };
}
