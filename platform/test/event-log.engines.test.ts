import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Admin, ConfigResourceTypes } from '@platformatic/kafka';
import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { DEAD_LETTER_RETENTION_MS, RETENTION_MS } from '#platform/events/event.ts';
import { brokersOf } from '#platform/events/events-url.ts';
import { kafkaEventLog } from '#platform/events/kafka.ts';
import { missingEngine, openTestEngine } from '#testkit/engines.ts';
import { memoryLogger } from '#testkit/shop.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { consumerContract } from './consumer-contract.ts';
import { eventLogContract, messageIn, newTopic } from './event-log-contract.ts';
import { relayCrashContract } from './relay-crash-contract.ts';

const skip = missingEngine('kafka');
const engine = skip === false ? await openTestEngine('kafka') : undefined;
after(() => engine?.[Symbol.asyncDispose]());
const brokers = brokersOf(engine?.url ?? '');

async function open() {
  const { logger, lines } = memoryLogger();
  const log = kafkaEventLog({ brokers, logger, newId: systemClock.newId });
  return { url: engine?.url ?? '', log, lines, [Symbol.asyncDispose]: () => log[Symbol.asyncDispose]() };
}

const postgres = await openTestPostgres();
after(() => postgres[Symbol.asyncDispose]());

eventLogContract('Kafka', open, skip);
consumerContract('Kafka', open, postgres, skip);
relayCrashContract('Kafka', open, postgres, skip);

test(
  'topics are made with three replicas, and keep messages for their time, dead letters longer',
  { skip },
  async () => {
    await using backend = await open();
    const topic = newTopic();
    const topics = [topic, `${topic}.dlq`];
    await backend.log.append(topics.map((one) => messageIn(one, 'a', 1)));
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: brokers });
    try {
      const { topics: described } = await admin.metadata({ topics });
      for (const one of topics)
        assert.deepEqual(
          described.get(one)?.partitions.map(({ replicas }) => replicas.length),
          Array.from({ length: 6 }, () => 3),
        );
      const configs = await admin.describeConfigs({
        resources: topics.map((resourceName) => ({
          resourceType: ConfigResourceTypes.TOPIC,
          resourceName,
          configurationKeys: ['retention.ms', 'min.insync.replicas'],
        })),
      });
      const valueOf = (name: string, key: string): string | null | undefined =>
        configs
          .find(({ resourceName }) => resourceName === name)
          ?.configs.find((config) => config.name === key)?.value;
      assert.deepEqual(
        topics.map((one) => [valueOf(one, 'retention.ms'), valueOf(one, 'min.insync.replicas')]),
        [
          [String(RETENTION_MS), '2'],
          [String(DEAD_LETTER_RETENTION_MS), '2'],
        ],
      );
    } finally {
      await admin.close();
    }
  },
);

test('a log that cannot be reached takes nothing and says so', { skip }, async () => {
  const { logger } = memoryLogger();
  await using log = kafkaEventLog({ brokers: ['127.0.0.1:1'], logger, newId: systemClock.newId });
  const unavailable = (error: unknown): boolean =>
    error instanceof AppError && error.reason === 'UNAVAILABLE';
  await assert.rejects(log.append([messageIn(newTopic(), 'a', 1)]), unavailable);
  await assert.rejects(log.ping(), unavailable);
});
