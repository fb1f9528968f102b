import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pg from 'pg';
import { setIndexOrder } from '#platform/postgres/index-order.ts';
import type { Database, Queryable } from '#platform/postgres/pool.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { eventually } from '#testkit/shop.ts';
import { costOf, type PlanNode } from '#testkit/statement-costs.ts';
import { eventOf, firstOf, namesOf, openLog, openOutbox, realRelay } from './event-service.ts';

const postgres = await openTestPostgres();
after(() => postgres[Symbol.asyncDispose]());

type Query = (...args: Parameters<Queryable['query']>) => Promise<object[]>;
/** Wraps the statements of a session. */
type Wrap = (query: Query) => Query;

function wrapped(database: Database, wrap: Wrap): Database {
  return {
    ...database,
    session: (work) =>
      database.session((session) => work({ query: wrap(session.query) as Queryable['query'] })),
  };
}

/** A transaction that has allocated its id stays open while the minimum id could rise three times. */
async function assertLateCommitArrives(wrap: Wrap, timeoutMs: number): Promise<void> {
  await using log = await openLog(postgres);
  await using outbox = await openOutbox(postgres);
  let listings = 0;
  const database = wrapped(outbox.database, (query) => (statement, values) => {
    if (statement.name === 'outbox_writers') listings += 1;
    return wrap(query)(statement, values);
  });
  await outbox.write(eventOf('first', 1));
  await using _ = realRelay({ ...outbox, database }, log.log);
  const commitLate = await outbox.writeUncommitted(eventOf('late', 1));
  let version = 0;
  const listingsBefore = listings;
  await eventually(async () => {
    version += 1;
    await outbox.write(eventOf('early', version));
    assert.ok(listings >= listingsBefore + 3);
  }, 30_000);
  await commitLate();
  await eventually(async () => {
    const names = namesOf(firstOf(await log.after(0n)));
    assert.ok(names.includes('late@1'), 'lost');
    assert.deepEqual(
      names.filter((name) => name.startsWith('early')),
      Array.from({ length: version }, (_, index) => `early@${index + 1}`),
    );
  }, timeoutMs);
}

test('the minimum id waits for transactions that have allocated an id, so an event that is committed much later is published', async () => {
  await assertLateCommitArrives((query) => query, 10_000);
  // Known-bad twin: uses the last allocated id as the minimum, without waiting for writers.
  const withoutWriters: Wrap = (query) => async (statement, values) =>
    statement.name === 'outbox_writers' ? [] : query(statement, values);
  await assert.rejects(assertLateCommitArrives(withoutWriters, 3_000), /lost/);
});

/** The buffers that the relay's read uses, with the statement and the values of the read. */
async function buffersOf(url: string, next: { text: string; values: readonly unknown[] }): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(setIndexOrder('session').text);
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${next.text}`,
      [...next.values],
    );
    const [row] = rows;
    assert.ok(row);
    return costOf(row['QUERY PLAN'][0].Plan).buffers;
  } finally {
    await client.end();
  }
}

test('while a long transaction keeps deleted rows, a relay does not read them in each round', async () => {
  await using outbox = await openOutbox(postgres);
  const old = new pg.Client({ connectionString: outbox.url });
  await old.connect();
  await using _old = { [Symbol.asyncDispose]: () => old.end() };
  await old.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await old.query('SELECT count(*) FROM outbox');
  let next: { text: string; values: readonly unknown[] } = { text: '', values: [] };
  const database = wrapped(outbox.database, (query) => (statement, values) => {
    if (statement.name === 'next_outbox') next = { text: statement.text, values };
    return query(statement, values);
  });
  await using _ = realRelay({ ...outbox, database }, { append: () => Promise.resolve() });
  const buffers: number[] = [];
  for (let round = 0; round < 2; round++) {
    for (let version = 0; version < 4; version++)
      await outbox.write(...Array.from({ length: 1_000 }, (_, index) => eventOf(`key-${index}`, version)));
    await eventually(async () => {
      assert.equal(await outbox.waiting(), 0);
      const cost = await buffersOf(outbox.url, next);
      assert.ok(cost < 100, `${cost} buffers for a read that finds nothing`);
      buffers.push(cost);
    });
  }
  // Known-bad twin: always reads from the first id.
  const fromTheStart = await buffersOf(outbox.url, { ...next, values: [next.values[0], 0n] });
  assert.ok(fromTheStart > 5 * Math.max(...buffers), `${fromTheStart} buffers against ${buffers.join(', ')}`);
});
