import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { DEAD_LETTER_RETENTION_MS, RETENTION_MS } from '#platform/events/event.ts';
import { postgresEventLog, trimEventLog } from '#platform/events/postgres.ts';
import { INDEX_ORDER_SETTINGS } from '#platform/postgres/index-order.ts';
import { openDatabase } from '#platform/postgres/pool.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { eventually, memoryLogger } from '#testkit/shop.ts';
import { consumerContract } from './consumer-contract.ts';
import { eventLogContract, messageIn, newTopic } from './event-log-contract.ts';

const postgres = await openTestPostgres();
after(() => postgres[Symbol.asyncDispose]());

async function open(now = systemClock.now) {
  const url = await postgres.createDatabase('events');
  const database = openDatabase({
    url,
    name: 'events',
    telemetry: createTelemetry(),
    settings: INDEX_ORDER_SETTINGS,
  });
  const { logger, lines } = memoryLogger();
  const deps = { database, logger, now };
  return {
    url,
    deps,
    log: postgresEventLog(deps),
    lines,
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

eventLogContract('PostgreSQL', () => open(), false);
consumerContract('PostgreSQL', () => open(), postgres, false);

test('messages are deleted when their time is over, dead letters later', async () => {
  let aheadMs = 0;
  await using backend = await open(() => Date.now() + aheadMs);
  const topic = newTopic();
  await backend.log.append([messageIn(topic, 'a', 1), messageIn(`${topic}.dlq`, 'a', 1)]);
  const left = async (): Promise<number[]> =>
    Promise.all(
      [topic, `${topic}.dlq`].map(async (one) => (await Array.fromAsync(backend.log.read(one))).length),
    );
  const trimUntil = async (expected: number[]): Promise<void> => {
    await using _ = trimEventLog(backend.deps);
    await eventually(async () => assert.deepEqual(await left(), expected));
  };
  aheadMs = RETENTION_MS + 1_000;
  await trimUntil([0, 1]);
  aheadMs = DEAD_LETTER_RETENTION_MS + 1_000;
  await trimUntil([0, 0]);
});
