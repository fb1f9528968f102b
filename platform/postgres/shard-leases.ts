import type { Queryable, Statement } from '#platform/postgres/pool.ts';

/**
 * Leases on numbered shards (of an outbox, or the partitions of a topic), each held by one session at a time: one
 * session advisory lock per shard. When a process dies, its connection closes, PostgreSQL frees its locks, and the next
 * `rebalance` of another session takes over its shards. A lease does not expire: a session, even of a slow process, holds
 * its shards as long as its connection works.
 */
export interface ShardLeases {
  /** The shards that the session holds. */
  readonly held: ReadonlySet<number>;
  /**
   * Acquires and releases shards until all sessions of the space hold about the same number. Call it about once a
   * second, while no work on a shard is in progress.
   */
  rebalance(): Promise<void>;
}

/** A shared lock that every session of a space holds, so that the sessions can be counted. */
const MEMBER = -1;

const JOIN: Statement = {
  name: 'join_shard_leases',
  text: 'SELECT pg_advisory_lock_shared($1::int, $2::int)',
};
const COUNT: Statement = {
  name: 'count_shard_members',
  text: `
    SELECT greatest(1, count(*))::int AS members FROM pg_locks
    WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted AND objsubid = 2
      AND classid = ($1::int::bigint & 4294967295)::oid AND objid = ($2::int::bigint & 4294967295)::oid
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
};
const TRY: Statement = {
  name: 'try_shard',
  text: 'SELECT pg_try_advisory_lock($1::int, $2::int) AS is_ours',
};
const RELEASE: Statement = {
  name: 'release_shard',
  text: 'SELECT pg_advisory_unlock($1::int, $2::int)',
};
/**
 * A dead machine sends no FIN: without keepalives its locks would stay for hours. With these settings PostgreSQL
 * detects it within 4 s (https://www.postgresql.org/docs/18/runtime-config-connection.html; no effect on a Unix
 * socket).
 */
const KEEPALIVE: Statement = {
  name: 'set_keepalives',
  text: `
    SELECT set_config('tcp_keepalives_idle', '2', false), set_config('tcp_keepalives_interval', '1', false),
      set_config('tcp_keepalives_count', '2', false), set_config('tcp_user_timeout', '4000', false)`,
};

/** Joins a space of `count` shards, numbered from 0. `space` is the first key of its advisory locks. */
export async function leaseShards(session: Queryable, space: number, count: number): Promise<ShardLeases> {
  await session.query(KEEPALIVE, []);
  await session.query(JOIN, [space, MEMBER]);
  const held = new Set<number>();
  return {
    held,
    async rebalance() {
      const [row] = await session.query<{ members: number }>(COUNT, [space, MEMBER]);
      const fairMax = Math.ceil(count / (row?.members ?? 1));
      for (const shard of held) {
        if (held.size <= fairMax) break;
        await session.query(RELEASE, [space, shard]);
        held.delete(shard);
      }
      // A random start, so that sessions that join at the same time do not all try the same shards.
      const first = Math.floor(Math.random() * count);
      for (let step = 0; step < count && held.size < fairMax; step++) {
        const shard = (first + step) % count;
        if (held.has(shard)) continue;
        const [answer] = await session.query<{ is_ours: boolean }>(TRY, [space, shard]);
        if (answer?.is_ours) held.add(shard);
      }
    },
  };
}
