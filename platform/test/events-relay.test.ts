import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '#platform/clock.ts';
import type { EventLog, Message } from '#platform/events/event.ts';
import { writeOutbox } from '#platform/events/outbox.ts';
import type { Statement } from '#platform/postgres/pool.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { eventually } from '#testkit/shop.ts';
import {
  eventOf,
  firstOf,
  namesOf,
  openLog,
  openOutbox,
  realRelay,
  TRACEPARENT,
  type Start,
} from './event-service.ts';

const postgres = await openTestPostgres();
after(() => postgres[Symbol.asyncDispose]());

/**
 * The time for which a check waits for an event that must arrive. Known-bad twins get less time, because theirs never arrives.
 */
const TIMEOUT_MS = 10_000;
const TWIN_TIMEOUT_MS = 600;

interface Row {
  readonly id: bigint;
  readonly event_id: string;
  readonly topic: string;
  readonly key: string;
  readonly aggregate_version: bigint;
}
const SELECT: Statement = {
  name: 'twin_select',
  text: 'SELECT id, event_id, topic, key, aggregate_version FROM outbox WHERE id > $1 ORDER BY id',
};
const DELETE: Statement = { name: 'twin_delete', text: 'DELETE FROM outbox WHERE id = ANY($1::bigint[])' };

const toMessages = (rows: readonly Row[]): Message[] =>
  rows.map(({ event_id: id, topic, key, aggregate_version: version }) => ({
    topic,
    key,
    id,
    headers: { aggregate_version: String(version) },
    value: '{}',
  }));

/** A known-bad relay: repeats its step and continues after a failure. */
function repeating(step: () => Promise<void>): AsyncDisposable {
  const stop = new AbortController();
  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await step().catch(() => {});
      await delay(2);
    }
  };
  const stopped = loop();
  return {
    [Symbol.asyncDispose]: () => {
      stop.abort();
      return stopped;
    },
  };
}

/** Continues from the last id that it saw, and skips ids that become visible later. */
const storesPosition: Start = ({ database }, log) => {
  let last = 0n;
  return repeating(async () => {
    const rows = await database.query<Row>(SELECT, [last]);
    if (rows.length > 0) await log.append(toMessages(rows));
    last = rows.at(-1)?.id ?? last;
  });
};

/** Deletes, then publishes: a crash in between loses events. */
const deletesFirst: Start = ({ database }, log) =>
  repeating(async () => {
    const rows = await database.query<Row>(SELECT, [0]);
    await database.query(DELETE, [rows.map(({ id }) => id)]);
    if (rows.length > 0) await log.append(toMessages(rows));
  });

/** Publishes and deletes in the right order, but without excluding other relays. */
const withoutLock: Start = ({ database }, log) =>
  repeating(async () => {
    const rows = await database.query<Row>(SELECT, [0]);
    if (rows.length > 0) await log.append(toMessages(rows));
    await database.query(DELETE, [rows.map(({ id }) => id)]);
  });

/** The log receives no event ids, so republished events are duplicates. */
const withoutIds: Start = (outbox, log) =>
  realRelay(outbox, {
    append: (messages) =>
      log.append(messages.map((message) => Object.assign({}, message, { id: systemClock.newId() }))),
  });

/** An event whose id was allocated first is committed last. */
async function assertLateCommitArrives(start: Start, timeoutMs: number): Promise<void> {
  await using log = await openLog(postgres);
  await using outbox = await openOutbox(postgres);
  await using _ = start(outbox, log.log);
  const commitLate = await outbox.writeUncommitted(eventOf('late', 1));
  await outbox.write(eventOf('early', 1));
  await eventually(async () => assert.deepEqual(namesOf(await log.after(0n)), ['early@1']));
  await commitLate();
  await eventually(
    async () => assert.deepEqual(namesOf(await log.after(0n)), ['early@1', 'late@1']),
    timeoutMs,
  );
}

test('an event that is committed after events with higher ids is published', async () => {
  await assertLateCommitArrives(realRelay, TIMEOUT_MS);
  await assert.rejects(assertLateCommitArrives(storesPosition, TWIN_TIMEOUT_MS), {
    name: 'AssertionError',
  });
});

const LEADER: Statement = {
  name: 'end_leader',
  text: `SELECT pg_terminate_backend(pid) FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
};

/**
 * The relay fails before and after an append, and loses its connection after one: the log contains each event once, in
 * order.
 */
async function assertSurvivesCrashes(start: Start, timeoutMs: number): Promise<void> {
  await using log = await openLog(postgres);
  await using outbox = await openOutbox(postgres);
  const crashes = ['before', 'after', 'connection'];
  const broken: Pick<EventLog, 'append'> = {
    append: async (messages) => {
      const crash = crashes.shift();
      if (crash === 'before') throw new Error('crashed before the append');
      await log.log.append(messages);
      if (crash === 'after') throw new Error('crashed after the append');
      // Terminates the connection that holds the shards: it can no longer delete the published events.
      if (crash === 'connection') await outbox.database.query(LEADER, []);
    },
  };
  await using _ = start(outbox, broken);
  const expected: string[] = [];
  for (let version = 1; version <= 6; version++) {
    await outbox.write(eventOf('a', version), eventOf('b', version));
    expected.push(`a@${version}`, `b@${version}`);
  }
  const seen = async (): Promise<string[]> => namesOf(firstOf(await log.after(0n)));
  await eventually(async () => assert.deepEqual((await seen()).toSorted(), expected.toSorted()), timeoutMs);
  await eventually(async () => assert.equal(await outbox.waiting(), 0), timeoutMs);
  const names = await seen();
  for (const key of ['a', 'b'])
    assert.deepEqual(
      names.filter((name) => name.startsWith(key)),
      expected.filter((name) => name.startsWith(key)),
    );
}

test('a relay that fails between publishing and deleting loses and duplicates nothing', async () => {
  await assertSurvivesCrashes(realRelay, TIMEOUT_MS);
  for (const twin of [deletesFirst, withoutIds])
    await assert.rejects(assertSurvivesCrashes(twin, TWIN_TIMEOUT_MS), { name: 'AssertionError' });
});

const KEYS = Array.from({ length: 24 }, (_, index) => `key-${index}`);

/** Two relays on one outbox: each publishes a part, no event twice, and one takes over when the other ends. */
async function assertShared(start: Start): Promise<void> {
  await using log = await openLog(postgres);
  await using outbox = await openOutbox(postgres);
  const appended = [0, 0];
  const relays = appended.map((_, index) =>
    start(outbox, {
      append: (messages) => {
        appended[index] = (appended[index] ?? 0) + messages.length;
        return log.log.append(messages);
      },
    }),
  );
  let version = 0;
  const writeAndSee = async (): Promise<void> => {
    version += 1;
    await outbox.write(...KEYS.map((key) => eventOf(key, version)));
    await eventually(async () => assert.equal(await outbox.waiting(), 0));
    for (const [key, rows] of Map.groupBy(await log.after(0n), (row) => row.key)) {
      const expected = Array.from({ length: version }, (_, index) => `${key}@${index + 1}`);
      assert.deepEqual(namesOf(rows), expected, 'duplicated or out of order');
    }
  };
  try {
    await eventually(async () => {
      await writeAndSee();
      assert.ok(!appended.includes(0), `one relay published nothing: ${appended.join(' and ')}`);
    });
    await relays[0]?.[Symbol.asyncDispose]();
    const before = appended[0];
    await writeAndSee();
    assert.equal(appended[0], before);
  } finally {
    await Promise.all(relays.map((relay) => relay[Symbol.asyncDispose]()));
  }
}

test('two relays share the shards of an outbox, and one takes over all of them when the other ends', async () => {
  await assertShared(realRelay);
  await assert.rejects(assertShared(withoutLock), /duplicated or out of order/);
});

test('while the log fails, events stay in the outbox and a warning is logged; afterwards they are published', async () => {
  await using log = await openLog(postgres);
  await using outbox = await openOutbox(postgres);
  let down = true;
  const failing: Pick<EventLog, 'append'> = {
    append: (messages) => (down ? Promise.reject(new Error('the log is down')) : log.log.append(messages)),
  };
  await using _ = realRelay(outbox, failing);
  for (let version = 1; version <= 3; version++) await outbox.write(eventOf('a', version));
  await eventually(() => assert.ok(outbox.lines.length >= 2, 'no warning'));
  for (const line of outbox.lines) {
    assert.equal(line['level'], 40);
    assert.match(String(line['msg']), /relaying the events of test failed/);
    assert.match(JSON.stringify(line['err']), /the log is down/);
  }
  const [first, second] = outbox.lines;
  assert.equal(second?.['retry_in_ms'], Number(first?.['retry_in_ms']) * 2, 'the backoff does not grow');
  assert.equal(await outbox.waiting(), 3);
  const metric = async (name: string): Promise<number> =>
    Number(
      new RegExp(`^${name}\\{.*\\} (\\S+)$`, 'm').exec(await outbox.telemetry.registry.metrics())?.[1] ?? 0,
    );
  assert.ok((await metric('fritzy_outbox_oldest_age_seconds')) > 0);
  assert.equal(await metric('messaging_client_published_messages_total'), 0);
  down = false;
  await eventually(async () => assert.equal(await metric('fritzy_outbox_oldest_age_seconds'), 0));
  assert.equal(await metric('messaging_client_published_messages_total'), 3);
  assert.equal(await outbox.waiting(), 0);
  assert.deepEqual(namesOf(firstOf(await log.after(0n))), ['a@1', 'a@2', 'a@3']);
});

test('the log contains an event as a CloudEvent with the trace of its request', async () => {
  await using log = await openLog(postgres);
  await using outbox = await openOutbox(postgres);
  await using _ = realRelay(outbox, log.log);
  const event = eventOf('a', 7);
  await outbox.write(event);
  const [row] = await eventually(async () => {
    const rows = await log.after(0n);
    assert.equal(rows.length, 1);
    return rows;
  });
  assert.equal(row?.topic, 'test.events');
  assert.equal(row.key, 'a');
  assert.deepEqual(row.value, { key: 'a', version: 7 });
  assert.deepEqual(row.headers, {
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_source: '/fritzy/test',
    ce_type: 'fritzy.thing_changed',
    ce_time: '2026-01-31T12:00:00.007Z',
    aggregate_version: '7',
    traceparent: TRACEPARENT,
  });
});

test('an event is written atomically with its change', async () => {
  await using outbox = await openOutbox(postgres);
  const failed = outbox.database.transaction(async (tx) => {
    await writeOutbox(tx, [eventOf('a', 1)]);
    throw new Error('the change failed');
  });
  await assert.rejects(failed, /the change failed/);
  assert.equal(await outbox.waiting(), 0);
});
