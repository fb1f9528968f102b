/**
 * The numbers of all advisory locks, in one place so that they do not collide. Never change or reuse a number: during a
 * rolling deployment the old and the new program must take the same lock. Locks belong to one database.
 * `pg_advisory_lock(number)` and `pg_advisory_lock(number, part)` are separate key spaces in PostgreSQL. The members of
 * a consumer group use `hashtext(group)` as their number (platform/events/postgres-group.ts). Numbers from 4,711,900
 * are for tests.
 */
export const ADVISORY_LOCKS = {
  /** Applying migrations to a database. */
  migration: 4_711_001,
  /** Appending to the event log: positions become visible in order. */
  eventLogAppend: 4_711_002,
  /** With the number of a shard: publishing this shard of an outbox. */
  outboxShard: 4_711_003,
  /** Changing the category tree, so that its limits hold. */
  categoryTree: 4_711_020,
  /** With a hash of the alias: rebuilding a search index. */
  searchIndexRebuild: 4_711_021,
} as const;
