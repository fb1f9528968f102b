import { fileURLToPath } from 'node:url';
import type { EventLog, Message } from '#platform/events/event.ts';
import type { Database, Statement } from '#platform/postgres/pool.ts';

export const EVENT_LOG_MIGRATIONS = fileURLToPath(new URL('./migrations/log', import.meta.url));
export const OUTBOX_MIGRATIONS = fileURLToPath(new URL('./migrations/outbox', import.meta.url));

/** Without it two appends could commit out of the order of their positions, and a reader would pass over one. */
const LOCK_LOG: Statement = { name: 'lock_event_log', text: 'SELECT pg_advisory_xact_lock(4711002)' };

const APPEND: Statement = {
  name: 'append_events',
  text: `
    INSERT INTO event (topic, key, ce_id, headers, value)
    SELECT topic, key, ce_id, headers, value
    FROM unnest($1::text[], $2::text[], $3::uuid[], $4::jsonb[], $5::json[])
      WITH ORDINALITY AS m(topic, key, ce_id, headers, value, nr)
    ORDER BY nr
    ON CONFLICT (ce_id) DO NOTHING`,
};

/** The event log in PostgreSQL: what carries events where there is no Kafka. */
export function postgresEventLog(database: Database): EventLog {
  return {
    append: (messages: readonly Message[]) =>
      database.transaction(async (tx) => {
        await tx.query(LOCK_LOG, []);
        await tx.query(APPEND, [
          messages.map((message) => message.topic),
          messages.map((message) => message.key),
          messages.map((message) => message.id),
          messages.map((message) => JSON.stringify(message.headers)),
          messages.map((message) => message.value),
        ]);
      }),
  };
}
