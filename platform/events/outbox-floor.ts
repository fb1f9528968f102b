import type { Queryable, Statement } from '#platform/postgres/pool.ts';

/** Until the sequence is first used, its last value is the first id that it will give. */
const LAST_ID: Statement = {
  name: 'outbox_last_id',
  text: 'SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END AS id FROM outbox_id_seq',
};
/**
 * The transactions that may have drawn an id. An INSERT locks the table before it draws one, and its transaction keeps
 * the lock until its rows are visible or gone.
 */
const WRITERS: Statement = {
  name: 'outbox_writers',
  text: `
    SELECT virtualtransaction AS writer FROM pg_locks
    WHERE locktype = 'relation' AND relation = 'outbox'::regclass AND mode = 'RowExclusiveLock' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
};

/**
 * An id that is below all that waits or can still become visible, so that a relay need not read past rows that are
 * deleted but not vacuumed: a long transaction anywhere in the database keeps millions of them. It is no position of
 * reading. Ids are drawn before they are committed, so it rises to the last id that was drawn only after every
 * transaction that was writing then has ended, and never above the lowest id that waits.
 */
export interface OutboxFloor {
  readonly id: bigint;
  /** Begins with 0 again: for shards that were not read so far. */
  reset(): void;
  /** Takes one step of the way. Call it from time to time, between two reads. */
  observe(): Promise<void>;
  /** Notes the lowest id that a read behind the floor has found; undefined if there was none. */
  sawLowest(id: bigint | undefined): void;
}

export function outboxFloor(session: Queryable): OutboxFloor {
  let floor = 0n;
  /** The last id that was drawn when the writers were listed. */
  let lastId = 0n;
  /** Those of them that have not ended; undefined if none are awaited. */
  let writers: ReadonlySet<string> | undefined;
  const listWriters = async (): Promise<string[]> =>
    (await session.query<{ writer: string }>(WRITERS, [])).map(({ writer }) => writer);
  return {
    get id() {
      return floor;
    },
    reset() {
      floor = 0n;
      writers = undefined;
    },
    async observe() {
      if (writers === undefined) {
        // The id first: a transaction that drew one up to it is then among the writers, or has ended.
        const [row] = await session.query<{ id: bigint }>(LAST_ID, []);
        lastId = row?.id ?? 0n;
        if (lastId > floor) writers = new Set(await listWriters());
      } else if (writers.size > 0) {
        const before = writers;
        // A transaction that was prepared for a two-phase commit is listed under another name.
        const remain = (writer: string): boolean => before.has(writer) || writer.startsWith('-1/');
        writers = new Set((await listWriters()).filter(remain));
      }
    },
    sawLowest(id) {
      if (writers?.size !== 0) return;
      floor = id !== undefined && id <= lastId ? id - 1n : lastId;
      writers = undefined;
    },
  };
}
