import type { Queryable, Statement } from '#platform/postgres/pool.ts';

/**
 * Work in numbered shares (the shards of an outbox, the partitions of a topic), each held by one session at a time:
 * a session advisory lock a share. When a process dies its connection closes, PostgreSQL frees its locks, and the next
 * `settle` of another session takes its shares over. There is no lease that a slow process could overstay: what a
 * session does through its own connection it does as the holder.
 */
export interface Shares {
  /** The shares that the session holds now. */
  readonly held: ReadonlySet<number>;
  /**
   * Takes and gives back shares until all sessions of the space hold about as many as each other. Call it about once
   * a second, while no work on a share is under way.
   */
  settle(): Promise<void>;
}

/** The lock that every session of a space holds with the others, so that they can be counted. */
const MEMBER = -1;

const JOIN: Statement = { name: 'join_shares', text: 'SELECT pg_advisory_lock_shared($1::int, $2::int)' };
const COUNT: Statement = {
  name: 'count_share_members',
  text: `
    SELECT greatest(1, count(*))::int AS members FROM pg_locks
    WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted AND objsubid = 2
      AND classid = ($1::int::bigint & 4294967295)::oid AND objid = ($2::int::bigint & 4294967295)::oid
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
};
const TRY: Statement = { name: 'try_share', text: 'SELECT pg_try_advisory_lock($1::int, $2::int) AS got' };
const GIVE_BACK: Statement = {
  name: 'give_back_share',
  text: 'SELECT pg_advisory_unlock($1::int, $2::int)',
};
/**
 * A dead machine sends no FIN: without keepalives its locks would stay for hours. With these PostgreSQL notices within
 * 4 s (https://www.postgresql.org/docs/18/runtime-config-connection.html; they do nothing on a Unix socket).
 */
const KEEPALIVE: Statement = {
  name: 'set_keepalives',
  text: `
    SELECT set_config('tcp_keepalives_idle', '2', false), set_config('tcp_keepalives_interval', '1', false),
      set_config('tcp_keepalives_count', '2', false), set_config('tcp_user_timeout', '4000', false)`,
};

/** Joins a space of `count` shares, numbered from 0. `space` is the number under which its locks are taken. */
export async function joinShares(session: Queryable, space: number, count: number): Promise<Shares> {
  await session.query(KEEPALIVE, []);
  await session.query(JOIN, [space, MEMBER]);
  const held = new Set<number>();
  return {
    held,
    async settle() {
      const [row] = await session.query<{ members: number }>(COUNT, [space, MEMBER]);
      const fairMax = Math.ceil(count / (row?.members ?? 1));
      for (const share of held) {
        if (held.size <= fairMax) break;
        await session.query(GIVE_BACK, [space, share]);
        held.delete(share);
      }
      // Each begins somewhere else, so that those who start together do not all ask for the same.
      const first = Math.floor(Math.random() * count);
      for (let step = 0; step < count && held.size < fairMax; step++) {
        const share = (first + step) % count;
        if (held.has(share)) continue;
        const [answer] = await session.query<{ got: boolean }>(TRY, [space, share]);
        if (answer?.got) held.add(share);
      }
    },
  };
}
