import { fileURLToPath } from 'node:url';
import { payloadJson, type Event } from '#platform/events/event.ts';
import type { Queryable, Statement } from '#platform/postgres/pool.ts';

export const OUTBOX_MIGRATIONS = fileURLToPath(new URL('./migrations/outbox', import.meta.url));

/** The columns of an outbox row, in the order of `outboxValues`. */
const COLUMNS = [
  ['event_id', 'uuid'],
  ['topic', 'text'],
  ['key', 'text'],
  ['event_type', 'text'],
  ['occurred_at', 'timestamptz'],
  ['aggregate_version', 'bigint'],
  ['traceparent', 'text'],
  ['payload', 'json'],
] as const;

/** The number of parameters of `outboxInsert`. */
export const OUTBOX_COLUMNS = COLUMNS.length;

/**
 * The INSERT for a WITH clause of a business statement, so that the change and its events are one commit: `WITH …,
 * published AS (${outboxInsert(5)}) …` takes its values from parameter $5 on.
 */
export function outboxInsert(firstParameter: number): string {
  const names = COLUMNS.map(([name]) => name).join(', ');
  const arrays = COLUMNS.map(([, type], index) => `$${firstParameter + index}::${type}[]`).join(', ');
  return (
    `INSERT INTO outbox (${names}) SELECT ${names} ` +
    `FROM unnest(${arrays}) WITH ORDINALITY AS e(${names}, ordinal) ORDER BY ordinal`
  );
}

/** One array per column. */
export function outboxValues(events: readonly Event[]): unknown[] {
  return [
    events.map((event) => event.id),
    events.map((event) => event.topic),
    events.map((event) => event.key),
    events.map((event) => event.type),
    events.map((event) => event.occurredAt),
    events.map((event) => event.aggregateVersion),
    events.map((event) => event.traceparent),
    events.map((event) => payloadJson(event.payload)),
  ];
}

const INSERT: Statement = { name: 'insert_outbox', text: outboxInsert(1) };

/** Writes events within a transaction. */
export async function writeOutbox(tx: Queryable, events: readonly Event[]): Promise<void> {
  await tx.query(INSERT, outboxValues(events));
}
