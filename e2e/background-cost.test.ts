import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pg from 'pg';
import { startInboxConsumer } from '#platform/events/inbox.ts';
import { postgresEventLog, trimEventLog } from '#platform/events/postgres.ts';
import { repeat } from '#platform/events/repeat.ts';
import { systemClock } from '#platform/clock.ts';
import { ADVISORY_LOCKS } from '#platform/postgres/advisory-locks.ts';
import { INDEX_ORDER_SETTINGS } from '#platform/postgres/index-order.ts';
import { openDatabase, type Database, type Statement } from '#platform/postgres/pool.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { databasesOn } from '#testkit/postgres.ts';
import { eventually, memoryLogger, startTestShop, type TestShop } from '#testkit/shop.ts';
import { startRecordingServer, UNRECORDED, type StatementCost } from '#testkit/statement-costs.ts';

/**
 * The PostgreSQL cost of an idle shop does not grow with its history. The server records every statement of the
 * background loops, with 1,000 and with 1,000,000 events in the log, and with 1,000 and 200,000 rows in the inbox and
 * dead rows in the outbox. The recording covers new loops without changes to this test.
 */
const FEW = 1_000;
const MANY = 1_000_000;
const INBOX_MANY = 200_000;
const OUTBOX_MANY = 200_000;
/** The B-tree of a million entries has one or two more levels. Each index lookup of a round reads these levels. */
const BUFFERS_FACTOR = 2;
const BUFFERS_MARGIN = 8;

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const server = stack.use(await startRecordingServer());
const databases = databasesOn(server.url);

const FREQUENT_EXECUTIONS = 100;

type Costs = ReadonlyMap<string, { readonly rows: number; readonly buffers: number }>;

/**
 * The maximum cost of each statement. For frequent statements, only the second half counts: a relay that has just
 * acquired a shard reads once past all dead rows that are not vacuumed.
 */
function maxCosts(costs: readonly StatementCost[]): Costs {
  return new Map(
    [...Map.groupBy(costs, ({ text }) => text)].map(([text, all]) => {
      const counted = all.slice(all.length < FREQUENT_EXECUTIONS ? 0 : Math.floor(all.length / 2));
      return [
        text,
        {
          rows: Math.max(...counted.map(({ rows }) => rows)),
          buffers: Math.max(...counted.map(({ buffers }) => buffers)),
        },
      ];
    }),
  );
}

/** The guarantee: no statement costs more with the longer history. */
function assertBounded(few: Costs, many: Costs, scenario: string): void {
  for (const [text, { rows, buffers }] of many) {
    const before = few.get(text) ?? { rows: 0, buffers: 0 };
    const found = `${rows} rows and ${buffers} buffers, not ${before.rows} and ${before.buffers}`;
    const isBounded = rows <= before.rows && buffers <= BUFFERS_FACTOR * before.buffers + BUFFERS_MARGIN;
    assert.ok(isBounded, `${scenario}: cost grows with history: ${found}: ${text}`);
  }
}

/** The statements that a recording must contain, with the minimum number of executions of each. */
const REQUIRED: readonly (readonly [RegExp, number])[] = [
  [/^WITH next AS MATERIALIZED .* FROM event /, 5],
  [/^SELECT e\.position, .* FROM event /, 5],
  // Six relays run ten rounds per second. They rebalance the shards within the first two seconds.
  [/ FROM outbox WHERE shard = 7 /, 300],
  [/^SELECT t\.topic, p\.partition, .* FROM event /, 2],
  [/^WITH oldest AS MATERIALIZED .* DELETE FROM event /, 2],
  [/^DELETE FROM event WHERE .* topic LIKE '%\.dlq'/, 2],
  [/^DELETE FROM inbox /, 2],
];
/** More than any statement reads while the shop is idle. */
const IDLE_ROWS_MAX = 50;
const IDLE_BUFFERS_MAX = 200;

/** Opens connections that prepare their statements while the log has ten events and keep the plans. */
async function openOldConnections(urls: TestShop['databaseUrls']) {
  const telemetry = createTelemetry();
  const { logger } = memoryLogger();
  const open = (name: string, url: string, settings: Record<string, string>): Database =>
    stack.use(openDatabase({ name, url, telemetry, settings, connectionsMax: 2 }));
  const events = { database: open('events', urls.events, INDEX_ORDER_SETTINGS), logger, now: Date.now };
  const inboxDeps = { log: postgresEventLog(events), logger, telemetry, clock: systemClock };
  const database = open('catalog', urls.catalog, {});
  const inboxConsumer = { group: 'unused', topics: [] as string[], effect: () => Promise.resolve() };
  return {
    /** Runs the tasks that otherwise run every 10 s or 10 minutes once. */
    async runOnce(): Promise<void> {
      const executed = await server.record();
      await using _trimming = trimEventLog(events);
      await using _consumer = await startInboxConsumer({ ...inboxDeps, database }, inboxConsumer);
      await inboxDeps.log.lag('catalog-sales', ['order.created']);
      await eventually(async () => {
        const costs = await executed();
        for (const [pattern] of REQUIRED.slice(3))
          assert.ok(
            costs.some(({ text }) => pattern.test(text)),
            `not executed: ${pattern}`,
          );
      });
    },
  };
}

/** The gateway watches only WATCHED. Stale statistics do not include the topics in UNWATCHED. */
const WATCHED = ['account.events', 'catalog.events'];
const UNWATCHED = ['order.events', 'notifications'];

/** Known-bad twin: resumes after the last event of its topics, and therefore rereads all events of other topics. */
const UNBOUNDED_WATCH: Statement = {
  name: 'twin_watch_events',
  text: `/* twin */
    SELECT position, topic, partition, key, ce_id, headers, value::text AS value, appended_at
    FROM event WHERE position > $1 AND topic = ANY($2::text[]) ORDER BY position LIMIT 500`,
};
/** Known-bad twin: counts all events that a group has not handled yet. */
const UNBOUNDED_LAG: Statement = {
  name: 'twin_consumer_lag',
  text: `/* twin */
    SELECT p.partition, (
      SELECT count(*) FROM event
      WHERE event.topic = $2 AND event.partition = p.partition AND event.position > coalesce((
        SELECT position FROM consumer_position AS c
        WHERE c.consumer_group = $1 AND c.topic = $2 AND c.partition = p.partition), 0)
    ) AS messages
    FROM generate_series(0, 5) AS p(partition)`,
};
const isTwin = ({ text }: StatementCost): boolean => text.startsWith('/* twin */');

test('an idle shop reads the same number of rows per round with 1,000 and 1,000,000 events', async () => {
  const urls = {
    account: await databases.createDatabase('account'),
    catalog: await databases.createDatabase('catalog'),
    order: await databases.createDatabase('order'),
    events: await databases.createDatabase('events'),
  };
  const byKind = new Map<string, string>(Object.entries(urls));
  const postgres = { createDatabase: async (kind: string) => byKind.get(kind) ?? '' };
  const log = await connect(urls.events);
  const inbox = await connect(urls.catalog);
  const outbox = await connect(urls.order);
  const append = (count: number, topics: readonly string[]): Promise<unknown> =>
    log.query(FILL_LOG, [count, topics]);
  /** Rows of a rolled-back transaction are dead and not vacuumed, like deleted rows. */
  const addDeadOutboxRows = async (count: number): Promise<void> => {
    await outbox.query('BEGIN');
    await outbox.query(FILL_OUTBOX, [count]);
    await outbox.query('ROLLBACK');
  };
  const analyze = async (): Promise<void> => {
    for (const client of [log, inbox, outbox]) await client.query('ANALYZE');
  };

  await append(10, WATCHED);
  await analyze();
  await using _shop = await startTestShop({ postgres });
  const oldConnections = await openOldConnections(urls);
  const twin = openDatabase({ name: 'twin', url: urls.events, telemetry: createTelemetry() });
  stack.use(twin);
  const { logger } = memoryLogger();
  let last = 0n;
  await using _twin = repeat(2_000, logger, 'watching', async () => {
    const rows = await twin.query<{ position: bigint }>(UNBOUNDED_WATCH, [last, WATCHED]);
    last = rows.at(-1)?.position ?? last;
    await twin.query(UNBOUNDED_LAG, ['unused', 'order.events']);
    return rows.length > 0;
  });
  await oldConnections.runOnce();

  /** The statements executed while the shop is idle and a second shop starts on the same databases. */
  const record = async (): Promise<readonly StatementCost[]> => {
    await waitUntilIdle();
    const executed = await server.record();
    await using _ = await startTestShop({ postgres });
    await oldConnections.runOnce();
    return eventually(async () => {
      const costs = await executed();
      for (const [pattern, rounds] of REQUIRED)
        assert.ok(
          costs.filter(({ text }) => pattern.test(text)).length >= rounds,
          `not executed: ${pattern}`,
        );
      assert.equal(maxCosts(costs.filter(isTwin)).size, 2);
      return costs;
    }, 30_000);
  };

  await append(FEW - 10, WATCHED);
  await inbox.query(FILL_INBOX, [1, FEW]);
  await addDeadOutboxRows(FEW);
  const few = await record();

  await append(MANY - FEW, UNWATCHED);
  await inbox.query(FILL_INBOX, [FEW + 1, INBOX_MANY]);
  await addDeadOutboxRows(OUTBOX_MANY);
  const many: StatementCost[] = [];
  for (const [statistics, prepare] of [
    ['stale', () => Promise.resolve()],
    [
      'no',
      async () => void (await Promise.all([log, inbox, outbox].map((client) => client.query(NO_STATISTICS)))),
    ],
    ['fresh', analyze],
  ] as const) {
    await prepare();
    const costs = await record();
    many.push(...costs);
    const shopCosts = (all: readonly StatementCost[]): Costs => maxCosts(all.filter((cost) => !isTwin(cost)));
    assertBounded(shopCosts(few), shopCosts(costs), `${statistics} statistics`);
  }
  for (const [text, cost] of maxCosts(many.filter(isTwin)))
    assert.throws(
      () => assertBounded(maxCosts(few), new Map([[text, cost]]), 'a twin'),
      /cost grows with history/,
    );
});

const FILL_LOG = `
  WITH locked AS MATERIALIZED (SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.eventLogAppend}))
  INSERT INTO event (topic, key, ce_id, headers, value)
  SELECT ($2::text[])[1 + n % 2], 'key-' || n % 1000, '018bcfe5-687b-7fff-8000-000000000000', '{}', '{}'
  FROM locked, generate_series(1, $1::integer) AS n`;
const FILL_INBOX = `
  INSERT INTO inbox (consumer, event_id)
  SELECT 'test', lpad(to_hex(n), 32, '0')::uuid FROM generate_series($1::integer, $2::integer) AS n`;
const FILL_OUTBOX = `
  INSERT INTO outbox (event_id, topic, key, event_type, occurred_at, aggregate_version, traceparent, payload)
  SELECT gen_random_uuid(), 'order.events', 'key-' || n, 'order_placed', now(), 1, '', '{}'
  FROM generate_series(1, $1::integer) AS n`;
const NO_STATISTICS = `
  WITH tables AS (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')),
  cleared AS (DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM tables))
  UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE oid IN (SELECT oid FROM tables)`;

/** Waits until the shop has processed all appended events. */
async function waitUntilIdle(): Promise<void> {
  const executed = await server.record();
  let previousCount = 0;
  await eventually(async () => {
    const all = await executed();
    const latest = all.slice(previousCount);
    assert.ok(latest.length >= 100, 'too few statements were executed');
    previousCount = all.length;
    const shopStatements = latest.filter((cost) => !isTwin(cost));
    const busy = shopStatements.find(
      ({ rows, buffers }) => rows > IDLE_ROWS_MAX || buffers > IDLE_BUFFERS_MAX,
    );
    assert.equal(busy, undefined, 'the shop does not become idle');
  }, 60_000);
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  stack.defer(() => client.end());
  await client.query(UNRECORDED);
  return client;
}
