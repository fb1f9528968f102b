import type { EventLog, Message } from '#platform/events/event.ts';
import { outboxMinimumId, type OutboxMinimumId } from '#platform/events/outbox-minimum-id.ts';
import { repeat } from '#platform/events/repeat.ts';
import type { Logger } from '#platform/logger.ts';
import { ADVISORY_LOCKS } from '#platform/postgres/advisory-locks.ts';
import { setIndexOrder } from '#platform/postgres/index-order.ts';
import type { Database, Queryable, Statement } from '#platform/postgres/pool.ts';
import { leaseShards } from '#platform/postgres/shard-leases.ts';
import { pause } from '#platform/retry.ts';
import type { Telemetry } from '#platform/telemetry.ts';

export interface RelayDeps {
  /** The service's own database, which contains the outbox. */
  readonly database: Database;
  readonly log: Pick<EventLog, 'append'>;
  /** The CloudEvents source, e.g. `/fritzy/order`. */
  readonly source: string;
  /** The label db_namespace. */
  readonly name: string;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly now: () => number;
}

/** The shards of an outbox: as many relays can share it. The column `shard` is defined with this number. */
const SHARDS = 8;
/** The pause of the relay when no events wait. */
const IDLE_MS = 100;
/** The interval in which relays rebalance the shards: those of a dead relay are taken over within this time. */
const REBALANCE_INTERVAL_MS = 1_000;
const BATCH_SIZE_MAX = 2_000;
/** Maximum payload bytes of a batch: bounds memory and the size of an append. */
const BATCH_BYTES_MAX = 4_000_000;
/** Reads each shard in the order of the primary key; the results are merged without a sort. */
const OLDEST_OF_EACH = Array.from(
  { length: SHARDS },
  (_, shard) => `
          (SELECT * FROM outbox WHERE shard = ${shard} AND ${shard} = ANY($1::smallint[]) AND id > $2
          ORDER BY id LIMIT ${BATCH_SIZE_MAX})`,
).join(' UNION ALL');
/** Reads from the minimum id, never from the last id seen: a lower one may become visible later. */
const NEXT: Statement = {
  name: 'next_outbox',
  text: `
    SELECT shard, id, event_id, topic, key, event_type, occurred_at, aggregate_version, traceparent, payload
    FROM (
      SELECT *,
        sum(octet_length(payload)) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) - octet_length(payload) AS bytes_before
      FROM (
        SELECT shard, id, event_id, topic, key, event_type, occurred_at, aggregate_version, traceparent,
          payload::text AS payload
        FROM (${OLDEST_OF_EACH}
        ) AS waiting ORDER BY id LIMIT ${BATCH_SIZE_MAX}
      ) AS oldest
    ) AS counted
    WHERE bytes_before < ${BATCH_BYTES_MAX} ORDER BY id`,
};
const INDEX_ORDER = setIndexOrder('session');
/** Looks up each row separately: a join could be planned as a scan of all waiting rows. */
const DELETE: Statement = {
  name: 'delete_outbox',
  text: `
    DELETE FROM outbox WHERE ctid = ANY(ARRAY(
      SELECT waiting.ctid FROM unnest($1::smallint[], $2::bigint[]) AS published(shard, id)
      CROSS JOIN LATERAL (
        SELECT ctid FROM outbox WHERE shard = published.shard AND id = published.id LIMIT 1
      ) AS waiting))`,
};

interface OutboxRow {
  readonly shard: number;
  readonly id: bigint;
  readonly event_id: string;
  readonly topic: string;
  readonly key: string;
  readonly event_type: string;
  readonly occurred_at: Date;
  readonly aggregate_version: bigint;
  readonly traceparent: string;
  readonly payload: string;
}

/**
 * Publishes events from the outbox to the event log, in order per key and at least once: it publishes first and deletes
 * afterwards. Relays on one outbox share its shards; the shards of a relay that ends or dies are taken over within 1 s.
 */
export function startRelay(deps: RelayDeps): AsyncDisposable {
  return repeat(IDLE_MS, deps.logger, `relaying the events of ${deps.name}`, async (stop) => {
    await deps.database.session((session) => relayAsMember(deps, session, stop));
    return false;
  });
}

async function relayAsMember(deps: RelayDeps, session: Queryable, stop: AbortSignal): Promise<void> {
  await session.query(INDEX_ORDER, []);
  const leases = await leaseShards(session, ADVISORY_LOCKS.outboxShard, SHARDS);
  const minimum = outboxMinimumId(session);
  let shards: number[] = [];
  let rebalancedAtMs = -Infinity;
  while (!stop.aborted) {
    if (performance.now() - rebalancedAtMs >= REBALANCE_INTERVAL_MS) {
      await leases.rebalance();
      const before = new Set(shards);
      shards = [...leases.held];
      if (!leases.held.isSubsetOf(before)) minimum.reset();
      await minimum.observe();
      rebalancedAtMs = performance.now();
    }
    // Publish and delete on the connection that holds the shards: if it breaks, the shards are released.
    const published = await relayBatch(deps, session, shards, minimum);
    // The pause also lets events accumulate: a batch of one costs almost as much as a batch of a thousand.
    if (published < BATCH_SIZE_MAX / 2) await pause(IDLE_MS, stop);
  }
}

async function relayBatch(
  deps: RelayDeps,
  session: Queryable,
  shards: readonly number[],
  minimum: OutboxMinimumId,
): Promise<number> {
  const rows = await session.query<OutboxRow>(NEXT, [shards, minimum.id]);
  const [oldest] = rows;
  minimum.reportLowest(oldest?.id);
  const age = deps.telemetry.outboxAge.labels(deps.name);
  age.set(oldest ? Math.max(0, deps.now() - oldest.occurred_at.getTime()) / 1_000 : 0);
  if (rows.length === 0) return 0;
  await deps.log.append(rows.map((row) => toMessage(row, deps.source)));
  await session.query(DELETE, [rows.map((row) => row.shard), rows.map((row) => row.id)]);
  for (const row of rows) deps.telemetry.publishedMessages.labels(row.topic).inc();
  return rows.length;
}

function toMessage(row: OutboxRow, source: string): Message {
  return {
    topic: row.topic,
    key: row.key,
    id: row.event_id,
    headers: {
      ce_specversion: '1.0',
      ce_id: row.event_id,
      ce_source: source,
      ce_type: `fritzy.${row.event_type}`,
      ce_time: row.occurred_at.toISOString(),
      aggregate_version: String(row.aggregate_version),
      traceparent: row.traceparent,
    },
    value: row.payload,
  };
}
