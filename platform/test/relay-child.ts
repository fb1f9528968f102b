import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '#platform/clock.ts';
import type { EventLog, Message } from '#platform/events/event.ts';
import { startRelay } from '#platform/events/relay.ts';
import { createLogger } from '#platform/logger.ts';
import { openDatabase, type Database, type Statement } from '#platform/postgres/pool.ts';
import { openEventLog } from '#platform/service.ts';
import { createTelemetry } from '#platform/telemetry.ts';

/**
 * A relay in a process of its own, to be killed: node relay-child.ts <outbox URL> <event log URL> <kind>. It prints a
 * line when a batch was published, and marks it only a little later. The kinds other than `real` are known-bad.
 */
const [outboxUrl = '', eventsUrl = '', kind = 'real'] = process.argv.slice(2);
/** Long enough for the parent to kill it in between. */
const BEFORE_MARK_MS = 30;

const telemetry = createTelemetry();
const logger = await createLogger({ service: 'relay', level: 'fatal', format: 'json' });
const stack = new AsyncDisposableStack();
const database = openDatabase({ url: outboxUrl, name: 'test', telemetry });
const log = await openEventLog(eventsUrl, { logger, telemetry, clock: systemClock }, stack);
const announcing: Pick<EventLog, 'append'> = {
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
/** The order in which it takes rows: where it has to sort it goes wrong too seldom to be caught. */
const ORDER: Statement = {
  name: 'twin_order',
  text: 'CREATE INDEX IF NOT EXISTS twin_order ON outbox (id)',
};
const ALONE: Statement = { name: 'twin_alone', text: 'SELECT pg_advisory_xact_lock(4711901)' };
const LEASES: Statement = {
  name: 'twin_leases',
  text: 'CREATE TABLE IF NOT EXISTS twin_lease (one boolean PRIMARY KEY, holder integer, until timestamptz)',
};
/** Taken, or made longer by its holder. */
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
/** By which the parent sees that it is there. */
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

/** Goes on from the last id that was seen: what is committed later with a lower one is lost. */
async function rememberPosition(outbox: Database): Promise<void> {
  await outbox.query(POSITIONS, []);
  for (; ; await delay(2)) {
    const rows = await outbox.query<Row>(AFTER, []);
    if (rows.length === 0) continue;
    await announcing.append(rows.map(toMessage));
    await outbox.query(SEEN, [rows.at(-1)?.id]);
  }
}

/** Shares the outbox row by row: a later event of a key is published by one while another still has the earlier. */
async function skipLocked(outbox: Database): Promise<void> {
  await outbox.transaction(async (tx) => {
    await tx.query(ALONE, []);
    await tx.query(ORDER, []);
  });
  for (; ; await delay(2)) {
    await outbox.transaction(async (tx) => {
      const rows = await tx.query<Row>(TAKE, []);
      // Longer than the other takes for a whole batch now and then, however slow the log is.
      await delay(Math.random() * 150);
      if (rows.length > 0) await announcing.append(rows.map(toMessage));
      await tx.query(DELETE, [rows.map(({ id }) => id)]);
    });
  }
}

/** Holds the outbox by a lease: nobody carries on what a dead one held until it has run out. */
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
      await announcing.append(rows.map(toMessage));
      await session.query(DELETE, [rows.map(({ id }) => id)]);
    }
  });
}

const kinds: Record<string, () => unknown> = {
  real: () =>
    startRelay({
      database,
      log: announcing,
      source: '/fritzy/test',
      name: 'test',
      logger,
      telemetry,
      now: systemClock.now,
    }),
  position: () => rememberPosition(database),
  'skip-locked': () => skipLocked(database),
  lease: () => lease(database),
};
kinds[kind]?.();
