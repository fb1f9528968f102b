import type { Queryable, Statement } from '#platform/postgres/pool.ts';

/** Until the sequence is first used, its last value is the first id that it will return. */
const LAST_ID: Statement = {
  name: 'outbox_last_id',
  text: 'SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END AS id FROM outbox_id_seq',
};
/**
 * The transactions that may have allocated an id. An INSERT locks the table before it allocates an id, and its
 * transaction holds the lock until its rows are visible or rolled back.
 */
const WRITERS: Statement = {
  name: 'outbox_writers',
  text: `
    SELECT virtualtransaction AS writer FROM pg_locks
    WHERE locktype = 'relation' AND relation = 'outbox'::regclass AND mode = 'RowExclusiveLock' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
};

/**
 * An exclusive lower bound for the ids of all rows that wait or can still become visible. It lets a relay skip deleted
 * rows that are not vacuumed: a long transaction anywhere in the database keeps millions of them. It is not a read
 * position. Ids are allocated before they are committed, so the minimum rises to the last allocated id only after every
 * transaction that was writing at that time has ended, and never above the lowest waiting id.
 */
export interface OutboxMinimumId {
  readonly id: bigint;
  /** Resets the minimum to 0, for shards that were not read before. */
  reset(): void;
  /** Advances the minimum by one step. Call it from time to time, between two reads. */
  observe(): Promise<void>;
  /** Reports the lowest id that a read above the minimum has found; undefined if it found none. */
  reportLowest(id: bigint | undefined): void;
}

export function outboxMinimumId(session: Queryable): OutboxMinimumId {
  let minimum = 0n;
  /** The last allocated id when the writers were listed. */
  let lastId = 0n;
  /** The writers that have not ended; undefined if none are awaited. */
  let writers: ReadonlySet<string> | undefined;
  const listWriters = async (): Promise<string[]> =>
    (await session.query<{ writer: string }>(WRITERS, [])).map(({ writer }) => writer);
  return {
    get id() {
      return minimum;
    },
    reset() {
      minimum = 0n;
      writers = undefined;
    },
    async observe() {
      if (writers === undefined) {
        // Read the id first: a transaction that allocated an id up to it is then among the writers, or has ended.
        const [row] = await session.query<{ id: bigint }>(LAST_ID, []);
        lastId = row?.id ?? 0n;
        if (lastId > minimum) writers = new Set(await listWriters());
      } else if (writers.size > 0) {
        const before = writers;
        // A transaction prepared for two-phase commit is listed under another name.
        const isStillWriting = (writer: string): boolean => before.has(writer) || writer.startsWith('-1/');
        writers = new Set((await listWriters()).filter(isStillWriting));
      }
    },
    reportLowest(id) {
      if (writers?.size !== 0) return;
      minimum = id !== undefined && id <= lastId ? id - 1n : lastId;
      writers = undefined;
    },
  };
}
