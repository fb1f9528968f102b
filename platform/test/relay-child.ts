import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '#platform/clock.ts';
import type { EventLog, Message } from '#platform/events/event.ts';
import { startRelay } from '#platform/events/relay.ts';
import { createLogger } from '#platform/logger.ts';
import { openDatabase, type Database, type Statement } from '#platform/postgres/pool.ts';
import { openEventLog } from '#platform/service.ts';
import { createTelemetry } from '#platform/telemetry.ts';

/**
 * A relay in a process that the tests kill: node relay-child.ts <outbox URL> <event log URL> <kind>. It prints a line
 * when a batch is published, and deletes it a little later. The kinds other than `real` are known-bad.
 */
const [outboxUrl = '', eventsUrl = '', kind = 'real'] = process.argv.slice(2);
/** Long enough for the parent to kill it before the delete. */
const BEFORE_MARK_MS = 30;

const telemetry = createTelemetry();
const logger = await createLogger({ service: 'relay', level: 'fatal', format: 'json' });
const stack = new AsyncDisposableStack();
const database = openDatabase({ url: outboxUrl, name: 'test', telemetry });
const log = await openEventLog(eventsUrl, { logger, telemetry, clock: systemClock }, stack);
const reportingLog: Pick<EventLog, 'append'> = {
  append: async (messages) => {
    await log.append(messages);
    process.stdout.write(`published ${messages.length}\n`);
    await delay(BEFORE_MARK_MS);
  },
};
interface Row {
  readonly id: bigint;
  readonly event_id: string;
  readonly topic: string;
  readonly key: string;
  readonly aggregate_version: bigint;
}
const AFTER: Statement = {
  name: 'twin_after',
  text: `
    SELECT id, event_id, topic, key, aggregate_version FROM outbox
    WHERE id > (SELECT coalesce(max(last), 0) FROM twin_position) ORDER BY id LIMIT 2000`,
};
const POSITIONS: Statement = {
  name: 'twin_positions',
  text: 'CREATE TABLE IF NOT EXISTS twin_position (last bigint)',
};
const SEEN: Statement = { name: 'twin_seen', text: 'INSERT INTO twin_position VALUES ($1)' };
const TAKE: Statement = {
  name: 'twin_take',
  text: `SELECT id, event_id, topic, key, aggregate_version FROM outbox ORDER BY id LIMIT 4 FOR UPDATE SKIP LOCKED`,
};
/** Defines the order in which it takes rows: with a sort it fails too rarely to be detected. */
const ORDER: Statement = {
  name: 'twin_order',
  text: 'CREATE INDEX IF NOT EXISTS twin_order ON outbox (id)',
};
const ALONE: Statement = { name: 'twin_alone', text: 'SELECT pg_advisory_xact_lock(4711901)' };
const LEASES: Statement = {
  name: 'twin_leases',
  text: 'CREATE TABLE IF NOT EXISTS twin_lease (one boolean PRIMARY KEY, holder integer, until timestamptz)',
};
/** Acquires the lease or extends it for its holder. */
const LEASE: Statement = {
  name: 'twin_lease',
  text: `
    INSERT INTO twin_lease VALUES (true, pg_backend_pid(), now() + interval '30 s')
    ON CONFLICT (one) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE twin_lease.holder = excluded.holder OR twin_lease.until < now()
    RETURNING holder`,
};
const OLDEST: Statement = {
  name: 'twin_oldest',
  text: 'SELECT id, event_id, topic, key, aggregate_version FROM outbox ORDER BY id LIMIT 2000',
};
/** Shows the parent that the process is running. */
const PRESENT: Statement = {
  name: 'twin_present',
  text: 'SELECT pg_advisory_lock(4711902, pg_backend_pid())',
};
const DELETE: Statement = { name: 'twin_delete', text: 'DELETE FROM outbox WHERE id = ANY($1::bigint[])' };

const toMessage = ({ event_id: id, topic, key, aggregate_version: version }: Row): Message => ({
  topic,
  key,
  id,
  headers: { ce_id: id, ce_type: 'fritzy.thing_changed', aggregate_version: String(version) },
  value: '{}',
});

/** Continues from the last id seen: events with a lower id that are committed later are lost. */
async function storePosition(outbox: Database): Promise<void> {
  await outbox.query(POSITIONS, []);
  for (; ; await delay(2)) {
    const rows = await outbox.query<Row>(AFTER, []);
    if (rows.length === 0) continue;
    await reportingLog.append(rows.map(toMessage));
    await outbox.query(SEEN, [rows.at(-1)?.id]);
  }
}

/**
 * Shares the outbox row by row: one relay can publish a later event of a key while another still holds the earlier one.
 */
async function skipLocked(outbox: Database): Promise<void> {
  await outbox.transaction(async (tx) => {
    await tx.query(ALONE, []);
    await tx.query(ORDER, []);
  });
  for (; ; await delay(2)) {
    await outbox.transaction(async (tx) => {
      const rows = await tx.query<Row>(TAKE, []);
      // Occasionally longer than the time that the other relay takes for a whole batch, even if the log is slow.
      await delay(Math.random() * 150);
      if (rows.length > 0) await reportingLog.append(rows.map(toMessage));
      await tx.query(DELETE, [rows.map(({ id }) => id)]);
    });
  }
}

/** Holds the outbox by a lease: no other relay takes over from a dead one until the lease expires. */
async function lease(outbox: Database): Promise<void> {
  await outbox.transaction(async (tx) => {
    await tx.query(ALONE, []);
    await tx.query(LEASES, []);
  });
  await outbox.session(async (session) => {
    await session.query(PRESENT, []);
    for (; ; await delay(20)) {
      const [held] = await session.query(LEASE, []);
      const rows = held ? await session.query<Row>(OLDEST, []) : [];
      if (rows.length === 0) continue;
      await reportingLog.append(rows.map(toMessage));
      await session.query(DELETE, [rows.map(({ id }) => id)]);
    }
  });
}

const kinds: Record<string, () => unknown> = {
  real: () =>
    startRelay({
      database,
      log: reportingLog,
      source: '/fritzy/test',
      name: 'test',
      logger,
      telemetry,
      now: systemClock.now,
    }),
  position: () => storePosition(database),
  'skip-locked': () => skipLocked(database),
  lease: () => lease(database),
};
kinds[kind]?.();
