import assert from 'node:assert/strict';
import pg from 'pg';
import { startServices } from '#cmd/fritzy/shop.ts';
import type { ServiceName } from '#cmd/services.ts';
import type { Clients } from '#graphql/graph/clients.ts';
import { systemClock, type Clock } from '#platform/clock.ts';
import { ADVISORY_LOCKS } from '#platform/postgres/advisory-locks.ts';
import { openEventLog, type ServiceDeps } from '#platform/service.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { createShopDatabases, databaseEnvironment, openTestPostgres } from '#testkit/postgres.ts';
import { memoryLogger } from '#testkit/shop.ts';

/** Direct access to the database of a service. Its outbox is not published, because the bench holds the relay locks. */
export interface ServiceBench {
  readonly url: string;
  /** The dependencies for the start of the service. */
  readonly deps: ServiceDeps;
  readonly logLines: readonly Record<string, unknown>[];
  rows<R extends object>(sql: string, values?: readonly unknown[]): Promise<R[]>;
  /** The unpublished events of one aggregate or of all, oldest first. */
  outbox(key?: string): Promise<OutboxRow[]>;
  /** The number of rows of each table. */
  counts(...tables: string[]): Promise<number[]>;
}

export interface OutboxRow {
  readonly topic: string;
  readonly key: string;
  readonly event_type: string;
  readonly version: number;
  readonly traceparent: string;
  /** The JSON text that the relay publishes. */
  readonly payload: string;
  readonly occurred_at: Date;
  readonly event_id: string;
}

/** The relay (platform/events/relay.ts) publishes only while it holds these locks. */
const TAKE_RELAY_LOCKS = `
  SELECT pg_advisory_lock(${ADVISORY_LOCKS.outboxShard}, shard) FROM generate_series(0, 7) AS shard`;

const OUTBOX = `
  SELECT topic, key, event_type, aggregate_version::int AS version, traceparent, payload::text, occurred_at, event_id
  FROM outbox WHERE $1::text IS NULL OR key = $1 ORDER BY id`;

export async function openServiceBench(
  kind: ServiceName,
  stack: AsyncDisposableStack,
  clock: Clock = systemClock,
): Promise<ServiceBench> {
  const postgres = stack.use(await openTestPostgres());
  const [url, eventsUrl] = await Promise.all([
    postgres.createDatabase(kind),
    postgres.createDatabase('events'),
  ]);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  stack.defer(() => client.end());
  await client.query(TAKE_RELAY_LOCKS);
  const telemetry = createTelemetry();
  const { logger, lines } = memoryLogger();
  const eventLog = await openEventLog(eventsUrl, { logger, telemetry, clock: systemClock }, stack);
  const rows = async <R extends object>(sql: string, values: readonly unknown[] = []): Promise<R[]> =>
    (await client.query<R>(sql, [...values])).rows;
  return {
    url,
    deps: { logger, telemetry, clock, eventLog },
    logLines: lines,
    rows,
    outbox: (key) => rows<OutboxRow>(OUTBOX, [key ?? null]),
    counts: async (...tables) => {
      const sql = tables.map((table) => `SELECT count(*)::int AS n FROM ${table}`).join(' UNION ALL ');
      return (await rows<{ n: number }>(sql)).map(({ n }) => n);
    },
  };
}

/** Starts the order service on a bench, connected in process to the account and catalog services. */
export async function openOrderBench(
  stack: AsyncDisposableStack,
  clock: Clock = systemClock,
): Promise<{ bench: ServiceBench; clients: Clients }> {
  const bench = await openServiceBench('order', stack, clock);
  const postgres = stack.use(await openTestPostgres());
  const others = databaseEnvironment(await createShopDatabases(postgres));
  const env = { ...others, ORDER_DATABASE_URL: bench.url };
  const { clients } = await startServices(env, bench.deps, stack);
  return { bench, clients };
}

/** Asserts that one transaction wrote this version of the entity and its events. */
export async function assertOneTransaction(
  bench: ServiceBench,
  written: { table: string; id: string; version: number; events: number },
): Promise<void> {
  const { table, id, version, events } = written;
  const found = await bench.rows<{ xid: string; n: number }>(
    `SELECT xid, count(*)::int AS n FROM (
       SELECT xmin::text AS xid FROM ${table} WHERE id = $1::uuid
       UNION ALL SELECT xmin::text FROM outbox WHERE key = $1::text AND aggregate_version = $2
     ) AS written GROUP BY xid`,
    [id, version],
  );
  assert.deepEqual(
    found.map(({ n }) => n),
    [1 + events],
    `${table} ${id}: the row and its ${events} events must come from one transaction`,
  );
}
