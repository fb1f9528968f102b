import { setTimeout as delay } from 'node:timers/promises';
import type { EventLog, Message } from '#platform/events/event.ts';
import type { Logger } from '#platform/logger.ts';
import type { Database, Queryable, Statement } from '#platform/postgres/pool.ts';
import type { Telemetry } from '#platform/telemetry.ts';

export interface RelayDeps {
  /** The service's own database: holds the outbox. */
  readonly database: Database;
  readonly log: EventLog;
  /** The CloudEvents source, e.g. `/fritzy/order`. */
  readonly source: string;
  /** The label db_namespace. */
  readonly name: string;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly now: () => number;
}

/** How long the relay rests when nothing waits. */
const IDLE_MS = 100;
/** How long it rests when another instance has the lead: the lead is taken over within that time. */
const STANDBY_MS = 1_000;
/** The rest after a failure doubles from IDLE_MS up to this. */
const BACKOFF_MS_MAX = 5_000;
const BATCH_SIZE_MAX = 1_000;
/** The session lock of the relay that has the lead; it dies with the connection. */
const LEAD: Statement = { name: 'lead_relay', text: 'SELECT pg_try_advisory_lock(4711003) AS led' };
const NEXT: Statement = {
  name: 'next_outbox',
  text: `
    SELECT id, event_id, topic, key, event_type, occurred_at, aggregate_version, traceparent, payload::text AS payload
    FROM outbox ORDER BY id LIMIT ${BATCH_SIZE_MAX}`,
};
const DELETE: Statement = { name: 'delete_outbox', text: 'DELETE FROM outbox WHERE id = ANY($1::bigint[])' };

interface OutboxRow {
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
 * Carries events from the outbox to the event log, in order, at least once: it publishes first and deletes then.
 * Of several instances one has the lead (an advisory lock held by its connection); the others wait for it.
 */
export function startRelay(deps: RelayDeps): AsyncDisposable {
  const stopping = new AbortController();
  const stopped = keepRelaying(deps, stopping.signal);
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await stopped;
    },
  };
}

async function keepRelaying(deps: RelayDeps, stop: AbortSignal): Promise<void> {
  let restMs = IDLE_MS;
  while (!stop.aborted) {
    try {
      await deps.database.session(async (session) => {
        const [row] = await session.query<{ led: boolean }>(LEAD, []);
        if (!row?.led) return await rest(STANDBY_MS, stop);
        // Publishing and deleting go through the connection that holds the lock: when it breaks, so does the lead.
        while (!stop.aborted) {
          const published = await relayBatch(deps, session);
          restMs = IDLE_MS;
          if (published < BATCH_SIZE_MAX) await rest(IDLE_MS, stop);
        }
      });
      await rest(IDLE_MS, stop);
    } catch (error) {
      if (stop.aborted) return;
      deps.logger.warn(
        { err: error, retry_in_ms: restMs },
        'relaying events failed; they stay in the outbox',
      );
      await rest(restMs, stop);
      restMs = Math.min(restMs * 2, BACKOFF_MS_MAX);
    }
  }
}

async function rest(ms: number, stop: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal: stop }).catch(() => {});
}

async function relayBatch(deps: RelayDeps, session: Queryable): Promise<number> {
  const rows = await session.query<OutboxRow>(NEXT, []);
  const [oldest] = rows;
  const age = deps.telemetry.outboxAge.labels(deps.name);
  age.set(oldest ? Math.max(0, deps.now() - oldest.occurred_at.getTime()) / 1_000 : 0);
  if (rows.length === 0) return 0;
  await deps.log.append(rows.map((row) => toMessage(row, deps.source)));
  await session.query(DELETE, [rows.map((row) => row.id)]);
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
