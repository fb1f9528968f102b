import { fileURLToPath } from 'node:url';
import { consumeFromPostgres } from '#platform/events/postgres-group.ts';
import {
  DEAD_LETTER_RETENTION_MS,
  PARTITIONS,
  RETENTION_MS,
  type EventLog,
  type Message,
  type StoredMessage,
} from '#platform/events/event.ts';
import { toStored, type EventRow } from '#platform/events/postgres-rows.ts';
import { repeat } from '#platform/events/repeat.ts';
import type { Logger } from '#platform/logger.ts';
import type { Database, Statement } from '#platform/postgres/pool.ts';

export const EVENT_LOG_MIGRATIONS = fileURLToPath(new URL('./migrations/log', import.meta.url));

/** How often a watcher looks for new messages, in ms. */
const WATCH_REST_MS = 100;
const READ_SIZE_MAX = 500;
const RETENTION_REST_MS = 600_000;
const RETENTION_BATCH_MAX = 10_000;

/** Without it two appends could commit out of the order of their positions, and a reader would pass over one. */
const LOCK_LOG: Statement = { name: 'lock_event_log', text: 'SELECT pg_advisory_xact_lock(4711002)' };

const APPEND: Statement = {
  name: 'append_events',
  text: `
    INSERT INTO event (topic, key, ce_id, headers, value)
    SELECT topic, key, ce_id, headers, value
    FROM unnest($1::text[], $2::text[], $3::uuid[], $4::jsonb[], $5::json[])
      WITH ORDINALITY AS m(topic, key, ce_id, headers, value, nr)
    ORDER BY nr`,
};
const END: Statement = {
  name: 'event_log_end',
  text: 'SELECT coalesce(max(position), 0) AS position FROM event',
};
const WATCH: Statement = {
  name: 'watch_events',
  text: `
    SELECT position, topic, partition, key, ce_id, headers, value::text AS value, appended_at
    FROM event WHERE position > $1 AND topic = ANY($2::text[]) ORDER BY position LIMIT ${READ_SIZE_MAX}`,
};
const READ: Statement = {
  name: 'read_events',
  text: `
    SELECT position, topic, partition, key, ce_id, headers, value::text AS value, appended_at
    FROM event
    WHERE topic = $1 AND partition = $2 AND position > $3 AND position <= $4 AND appended_at >= $5
    ORDER BY position LIMIT ${READ_SIZE_MAX}`,
};
const LAG: Statement = {
  name: 'consumer_lag',
  text: `
    SELECT t.topic, p.partition, (
      SELECT count(*) FROM event
      WHERE event.topic = t.topic AND event.partition = p.partition AND event.position > coalesce((
        SELECT position FROM consumer_position AS c
        WHERE c.consumer_group = $1 AND c.topic = t.topic AND c.partition = p.partition), 0)
    ) AS messages
    FROM unnest($2::text[]) AS t(topic), generate_series(0, ${PARTITIONS - 1}) AS p(partition)
    ORDER BY t.topic, p.partition`,
};
const TRIM: Statement = {
  name: 'trim_events',
  text: `
    DELETE FROM event WHERE position = ANY(ARRAY(
      SELECT position FROM event
      WHERE appended_at < $1 AND (topic NOT LIKE '%.dlq' OR appended_at < $2)
      LIMIT ${RETENTION_BATCH_MAX}))
    RETURNING position`,
};

export interface PostgresEventLogDeps {
  readonly database: Database;
  readonly logger: Logger;
  readonly now: () => number;
}

/** The event log in PostgreSQL: what carries events where there is no Kafka. */
export function postgresEventLog(deps: PostgresEventLogDeps): EventLog {
  const { database } = deps;

  async function* readPartition(
    topic: string,
    partition: number,
    since: Date,
    end: bigint,
  ): AsyncGenerator<StoredMessage> {
    let last = 0n;
    for (;;) {
      const rows = await database.query<EventRow>(READ, [topic, partition, last, end, since]);
      yield* rows.map(toStored);
      if (rows.length < READ_SIZE_MAX) return;
      last = rows.at(-1)?.position ?? last;
    }
  }
  const endOfLog = async (): Promise<bigint> =>
    (await database.query<{ position: bigint }>(END, []))[0]?.position ?? 0n;

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

    consume: (subscription) => Promise.resolve(consumeFromPostgres(deps, subscription)),

    async watch(topics, see) {
      let last = await endOfLog();
      return repeat(WATCH_REST_MS, deps.logger, 'watching the event log', async () => {
        const rows = await database.query<EventRow>(WATCH, [last, topics]);
        for (const row of rows) {
          last = row.position;
          see(toStored(row));
        }
        return rows.length === READ_SIZE_MAX;
      });
    },

    async *read(topic, since = new Date(0)) {
      const end = await endOfLog();
      for (let partition = 0; partition < PARTITIONS; partition++)
        yield* readPartition(topic, partition, since, end);
    },

    lag: (group, topics) => database.query(LAG, [group, topics]),

    ping: database.ping,
  };
}

/** Deletes what is older than its retention, from time to time. One of the processes on a log is enough. */
export function trimEventLog(deps: PostgresEventLogDeps): AsyncDisposable {
  return repeat(RETENTION_REST_MS, deps.logger, 'deleting old events', async () => {
    const olderThan = (ms: number): Date => new Date(deps.now() - ms);
    const rows = await deps.database.query(TRIM, [
      olderThan(RETENTION_MS),
      olderThan(DEAD_LETTER_RETENTION_MS),
    ]);
    return rows.length === RETENTION_BATCH_MAX;
  });
}
