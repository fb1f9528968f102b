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
import { partitionAfter, toStored, type EventRow } from '#platform/events/postgres-rows.ts';
import { repeat } from '#platform/events/repeat.ts';
import type { Logger } from '#platform/logger.ts';
import { ADVISORY_LOCKS } from '#platform/postgres/advisory-locks.ts';
import type { Database, Statement } from '#platform/postgres/pool.ts';

export const EVENT_LOG_MIGRATIONS = fileURLToPath(new URL('./migrations/log', import.meta.url));

/** The polling interval of a watcher. */
const WATCH_INTERVAL_MS = 100;
const READ_SIZE_MAX = 500;
/** Maximum lag that is counted per partition; it stands for any larger number. */
export const LAG_MAX = 10_000n;
const TRIM_INTERVAL_MS = 600_000;
const TRIM_SIZE_MAX = 1_000;

/** Without this lock, two appends could commit in another order than their positions, and a reader would skip one. */
const LOCK_LOG: Statement = {
  name: 'lock_event_log',
  text: `SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.eventLogAppend})`,
};

const APPEND: Statement = {
  name: 'append_events',
  text: `
    INSERT INTO event (topic, key, ce_id, headers, value)
    SELECT topic, key, ce_id, headers, value
    FROM unnest($1::text[], $2::text[], $3::uuid[], $4::jsonb[], $5::json[])
      WITH ORDINALITY AS m(topic, key, ce_id, headers, value, ordinal)
    ORDER BY ordinal`,
};
const END: Statement = {
  name: 'event_log_end',
  text: 'SELECT position FROM event ORDER BY position DESC LIMIT 1',
};
/**
 * Returns the messages of the topics among the next READ_SIZE_MAX messages of all topics, at least one row: the
 * position advances even if the topics have no new message, so that no message is read twice.
 */
const WATCH: Statement = {
  name: 'watch_events',
  text: `
    WITH next AS MATERIALIZED (
      SELECT position, topic, partition, key, ce_id, headers, value, appended_at
      FROM event WHERE position > $1 ORDER BY position LIMIT ${READ_SIZE_MAX}
    )
    SELECT place.read_to, place.rows_read,
      position, topic, partition, key, ce_id, headers, value::text AS value, appended_at
    FROM (SELECT coalesce(max(position), $1) AS read_to, count(*)::int AS rows_read FROM next) AS place
    LEFT JOIN next ON next.topic = ANY($2::text[])
    ORDER BY next.position`,
};
const READ: Statement = {
  name: 'read_events',
  text: `
    SELECT position, topic, partition, key, ce_id, headers, value::text AS value, appended_at
    FROM event
    WHERE position <= $4 AND appended_at >= $5
      AND ${partitionAfter('$1::text', '$2::smallint', '$3::bigint', READ_SIZE_MAX)}`,
};
const LAG: Statement = {
  name: 'consumer_lag',
  text: `
    SELECT t.topic, p.partition, (
      SELECT count(*) FROM (
        SELECT FROM event WHERE ${partitionAfter(
          't.topic',
          'p.partition::smallint',
          `coalesce((
            SELECT c.position FROM consumer_position AS c
            WHERE c.consumer_group = $1 AND c.topic = t.topic AND c.partition = p.partition), 0)`,
          String(LAG_MAX),
        )}
      ) AS waiting
    ) AS messages
    FROM unnest($2::text[]) AS t(topic), generate_series(0, ${PARTITIONS - 1}) AS p(partition)
    ORDER BY t.topic, p.partition`,
};
/** Reads the oldest messages after a position and deletes those that are old and not dead letters. */
const TRIM: Statement = {
  name: 'trim_events',
  text: `
    WITH oldest AS MATERIALIZED (
      SELECT ctid, position, topic, appended_at < $2 AS is_old
      FROM event WHERE position > $1 ORDER BY position LIMIT ${TRIM_SIZE_MAX}
    ), deleted AS (
      DELETE FROM event
      WHERE ctid = ANY(ARRAY(SELECT ctid FROM oldest WHERE is_old AND topic NOT LIKE '%.dlq'))
    )
    SELECT count(*)::int AS rows_read, max(position) AS last,
      min(position) FILTER (WHERE NOT is_old) AS first_kept
    FROM oldest`,
};
const TRIM_DEAD_LETTERS: Statement = {
  name: 'trim_dead_letters',
  text: `
    DELETE FROM event WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM event WHERE topic LIKE '%.dlq' AND appended_at < $1
      ORDER BY appended_at LIMIT ${TRIM_SIZE_MAX}))
    RETURNING position`,
};

type WatchRow = (EventRow | { readonly position: null }) & {
  /** The position of the last message read, of any topic. */
  readonly read_to: bigint;
  readonly rows_read: number;
};

interface TrimRow {
  readonly rows_read: number;
  readonly last: bigint | null;
  readonly first_kept: bigint | null;
}

export interface PostgresEventLogDeps {
  /** Opened with INDEX_ORDER_SETTINGS. */
  readonly database: Database;
  readonly logger: Logger;
  readonly now: () => number;
}

/** The event log in PostgreSQL, used where there is no Kafka. */
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
      return repeat(WATCH_INTERVAL_MS, deps.logger, 'watching the event log', async () => {
        const rows = await database.query<WatchRow>(WATCH, [last, topics]);
        for (const row of rows) {
          if (row.position === null) continue;
          last = row.position;
          see(toStored(row));
        }
        last = rows[0]?.read_to ?? last;
        return rows[0]?.rows_read === READ_SIZE_MAX;
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

/** Deletes messages past their retention at an interval. One process per log is enough. */
export function trimEventLog({ database, logger, now }: PostgresEventLogDeps): AsyncDisposable {
  /** Up to this position only dead letters are left: they are not read again. */
  let trimmedTo = 0n;
  const trim = async (): Promise<boolean> => {
    const [row] = await database.query<TrimRow>(TRIM, [trimmedTo, new Date(now() - RETENTION_MS)]);
    if (!row || row.last === null) return false;
    trimmedTo = row.first_kept === null ? row.last : row.first_kept - 1n;
    return row.first_kept === null && row.rows_read === TRIM_SIZE_MAX;
  };
  const trimDeadLetters = async (): Promise<boolean> => {
    const rows = await database.query(TRIM_DEAD_LETTERS, [new Date(now() - DEAD_LETTER_RETENTION_MS)]);
    return rows.length === TRIM_SIZE_MAX;
  };
  return repeat(TRIM_INTERVAL_MS, logger, 'deleting old events', async () => {
    const more = await trim();
    return (await trimDeadLetters()) || more;
  });
}
