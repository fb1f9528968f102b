import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { DEAD_LETTER_RETENTION_MS, RETENTION_MS } from '#platform/events/event.ts';
import { LAG_MAX, postgresEventLog, trimEventLog } from '#platform/events/postgres.ts';
import { INDEX_ORDER_SETTINGS } from '#platform/postgres/index-order.ts';
import { openDatabase, type Statement } from '#platform/postgres/pool.ts';
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

test('messages are deleted after their retention, dead letters later', async () => {
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

/** Messages of one key, so that they are in one partition. */
const FILL: Statement = {
  name: 'fill_log',
  text: `
    INSERT INTO event (topic, key, ce_id, headers, value)
    SELECT $1, 'a', gen_random_uuid(), '{}', '{}' FROM generate_series(1, $2::integer)`,
};

test('the lag of a partition is exact up to a maximum, which stands for any larger number', async () => {
  await using backend = await open();
  const { database } = backend.deps;
  const lag = async (): Promise<bigint> =>
    (await backend.log.lag('group', ['topic'])).reduce((sum, { messages }) => sum + messages, 0n);
  await database.query(FILL, ['other', 100]);
  await database.query(FILL, ['topic', Number(LAG_MAX) - 1]);
  assert.equal(await lag(), LAG_MAX - 1n);
  await database.query(FILL, ['topic', 1]);
  assert.equal(await lag(), LAG_MAX);
  await database.query(FILL, ['topic', 5_000]);
  assert.equal(await lag(), LAG_MAX);
});

test('a long log is trimmed to its end in steps, even between dead letters that are kept', async () => {
  let aheadMs = 0;
  await using backend = await open(() => Date.now() + aheadMs);
  const { database } = backend.deps;
  for (let part = 0; part < 3; part++) {
    await database.query(FILL, ['topic', 2_500]);
    await database.query(FILL, ['topic.dlq', 1_500]);
  }
  const left = async (topic: string): Promise<number> =>
    (await Array.fromAsync(backend.log.read(topic))).length;
  aheadMs = RETENTION_MS + 1_000;
  await using _ = trimEventLog(backend.deps);
  await eventually(async () => assert.equal(await left('topic'), 0));
  assert.equal(await left('topic.dlq'), 4_500);
  aheadMs = DEAD_LETTER_RETENTION_MS + 1_000;
  await using _again = trimEventLog(backend.deps);
  await eventually(async () => assert.equal(await left('topic.dlq'), 0));
});
