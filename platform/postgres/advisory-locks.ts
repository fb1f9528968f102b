/**
 * The numbers of all advisory locks of the services, so that no two of them exclude each other by accident. A number never
 * changes and is never reused: during a rolling deploy the old and the new program must take the same lock.
 * Locks belong to one database. `pg_advisory_lock(number)` and `pg_advisory_lock(number, part)` are separate spaces in
 * PostgreSQL. The members of a consumer group use `hashtext(group)` as their number (platform/events/postgres-group.ts).
 * 4,711,900 and higher are for tests.
 */
export const ADVISORY_LOCKS = {
  /** One program at a time applies migrations to a database. */
  migration: 4_711_001,
  /** One append to the event log at a time: positions become visible in their order. */
  eventLogAppend: 4_711_002,
  /** With the number of the shard: one relay at a time publishes a shard of an outbox. */
  outboxShard: 4_711_003,
  /** One change of the category tree at a time, so that its bounds hold. */
  categoryTree: 4_711_020,
  /** With a hash of the alias: one rebuild of a search index at a time. */
  searchIndexRebuild: 4_711_021,
} as const;
