import { systemClock } from '#platform/clock.ts';
import type { Event, EventLog, Message } from '#platform/events/event.ts';
import { writeOutbox } from '#platform/events/outbox.ts';
import { postgresEventLog } from '#platform/events/postgres.ts';
import { startRelay } from '#platform/events/relay.ts';
import { INDEX_ORDER_SETTINGS } from '#platform/postgres/index-order.ts';
import { openDatabase, type Database, type Statement } from '#platform/postgres/pool.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import type { TestPostgres } from '#testkit/postgres.ts';
import { memoryLogger } from '#testkit/shop.ts';

/** An event log and services that write to it, for the tests of the outbox, the relay and the log. */

export const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

/** The event for `version` of `key`. */
export function eventOf(key: string, version: number): Event {
  return {
    id: systemClock.newId(),
    topic: 'test.events',
    key,
    type: 'thing_changed',
    occurredAt: new Date(Date.UTC(2026, 0, 31, 12, 0, 0, version)),
    aggregateVersion: BigInt(version),
    traceparent: TRACEPARENT,
    payload: { key, version: BigInt(version) },
  };
}

export function messageOf(key: string, version: number): Message {
  const { id, topic } = eventOf(key, version);
  return { topic, key, id, headers: { aggregate_version: String(version) }, value: '{}' };
}

export interface LogRow {
  readonly position: bigint;
  readonly topic: string;
  readonly key: string;
  readonly ce_id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: unknown;
}

const AFTER: Statement = {
  name: 'read_log',
  text: 'SELECT position, topic, key, ce_id, headers, value FROM event WHERE position > $1 ORDER BY position',
};

/** Removes redelivered events: the log is written at least once, and its readers deduplicate events by id. */
export const firstOf = (rows: readonly LogRow[]): LogRow[] =>
  rows.filter((row, index) => rows.findIndex((other) => other.ce_id === row.ce_id) === index);

/** `key@version` of each event. */
export const namesOf = (rows: readonly LogRow[]): string[] =>
  rows.map((row) => `${row.key}@${row.headers['aggregate_version']}`);

/** The event log of one test. */
export async function openLog(postgres: TestPostgres) {
  const database = openDatabase({
    url: await postgres.createDatabase('events'),
    name: 'events',
    telemetry: createTelemetry(),
    settings: INDEX_ORDER_SETTINGS,
  });
  return {
    database,
    log: postgresEventLog({ database, logger: memoryLogger().logger, now: systemClock.now }),
    /** Returns the rows after a position, as a reader with a stored position gets them. */
    after: (position: bigint): Promise<LogRow[]> => database.query<LogRow>(AFTER, [position]),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** Starts a relay from a service's outbox to a log: the real one, or a known-bad twin. */
export type Start = (outbox: Outbox, log: Pick<EventLog, 'append'>) => AsyncDisposable;
export type Outbox = Awaited<ReturnType<typeof openOutbox>>;

const COUNT: Statement = { name: 'count_outbox', text: 'SELECT count(*)::int AS count FROM outbox' };

/** A service that has only an outbox. */
export async function openOutbox(postgres: TestPostgres) {
  const url = await postgres.createDatabase('outbox');
  const telemetry = createTelemetry();
  const { logger, lines } = memoryLogger();
  const database: Database = openDatabase({ url, name: 'test', telemetry });
  return {
    url,
    database,
    telemetry,
    logger,
    lines,
    write: (...events: Event[]): Promise<void> => database.transaction((tx) => writeOutbox(tx, events)),
    /** Writes an event in a transaction that stays open. Returns the function that commits it. */
    writeUncommitted: (event: Event): Promise<() => Promise<void>> => writeUncommitted(database, event),
    waiting: async (): Promise<number> => (await database.query<{ count: number }>(COUNT, []))[0]?.count ?? 0,
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

async function writeUncommitted(database: Database, event: Event): Promise<() => Promise<void>> {
  const mayCommit = Promise.withResolvers<void>();
  const written = Promise.withResolvers<void>();
  const transaction = database.transaction(async (tx) => {
    await writeOutbox(tx, [event]);
    written.resolve();
    await mayCommit.promise;
  });
  await written.promise;
  return () => {
    mayCommit.resolve();
    return transaction;
  };
}

export const realRelay: Start = (outbox, log) =>
  startRelay({ ...outbox, log, source: '/fritzy/test', name: 'test', now: systemClock.now });
