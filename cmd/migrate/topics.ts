import type { Admin } from '@platformatic/kafka';
import { AppError, messageOf, StartError } from '#platform/errors.ts';
import { brokersOf } from '#platform/events/events-url.ts';
import { asAdmin, createTopics, kafkaCluster } from '#platform/events/kafka-cluster.ts';
import type { Logger } from '#platform/logger.ts';
import type { Component } from '#cmd/migrate/component.ts';
import { allTopics, withDeadLetters } from '#cmd/topics.ts';

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
        `cannot create topics at ${where} (${messageOf(cause)}): start Kafka or correct EVENTS_URL.`,
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
        return createTopics(admin, withDeadLetters(await allTopics()), brokers.length);
      }),
    status: () =>
      withAdmin(async (admin) => {
        const existing = new Set(await admin.listTopics());
        const topics = withDeadLetters(await allTopics());
        return {
          applied: topics.filter((topic) => existing.has(topic)),
          pending: topics.filter((topic) => !existing.has(topic)),
        };
      }),
  };
}
