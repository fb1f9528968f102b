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
  namesOf,
  openLog,
  openOutbox,
  realRelay,
  TRACEPARENT,
  type Start,
} from './event-service.ts';

const postgres = await openTestPostgres();
after(() => postgres[Symbol.asyncDispose]());

/** How long a check waits for what must come: known-bad twins are given less, they never get there. */
const PATIENCE_MS = 10_000;
const TWIN_PATIENCE_MS = 600;

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

/** A wrong relay: repeats its step, and goes on after a failure. */
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

/** Goes on from the last id that it saw, and passes over those that become visible later. */
const remembersPosition: Start = ({ database }, log) => {
  let last = 0n;
  return repeating(async () => {
    const rows = await database.query<Row>(SELECT, [last]);
    if (rows.length > 0) await log.append(toMessages(rows));
    last = rows.at(-1)?.id ?? last;
  });
};

/** Deletes, then publishes: what it dies with is lost. */
const deletesFirst: Start = ({ database }, log) =>
  repeating(async () => {
    const rows = await database.query<Row>(SELECT, [0]);
    await database.query(DELETE, [rows.map(({ id }) => id)]);
    if (rows.length > 0) await log.append(toMessages(rows));
  });

/** Publishes and deletes in the right order, but asks nobody whether another does so too. */
const leaderless: Start = ({ database }, log) =>
  repeating(async () => {
    const rows = await database.query<Row>(SELECT, [0]);
    if (rows.length > 0) await log.append(toMessages(rows));
    await database.query(DELETE, [rows.map(({ id }) => id)]);
  });

/** The log is not told which event it is: what comes again lies there twice. */
const nameless: Start = (outbox, log) =>
  realRelay(outbox, {
    append: (messages) =>
      log.append(messages.map((message) => Object.assign({}, message, { id: systemClock.newId() }))),
  });

/** An event whose id was drawn first is committed last. */
async function assertLateCommitArrives(start: Start, patienceMs: number): Promise<void> {
  await using log = await openLog(postgres);
  await using outbox = await openOutbox(postgres);
  await using _ = start(outbox, log.log);
  const holdOn = Promise.withResolvers<void>();
  const written = Promise.withResolvers<void>();
  const late = outbox.database.transaction(async (tx) => {
    await writeOutbox(tx, [eventOf('late', 1)]);
    written.resolve();
    await holdOn.promise;
  });
  await written.promise;
  await outbox.write(eventOf('early', 1));
  await eventually(async () => assert.deepEqual(namesOf(await log.after(0n)), ['early@1']));
  holdOn.resolve();
  await late;
  await eventually(
    async () => assert.deepEqual(namesOf(await log.after(0n)), ['early@1', 'late@1']),
    patienceMs,
  );
}

test('an event that is committed after later ones arrives as well', async () => {
  await assertLateCommitArrives(realRelay, PATIENCE_MS);
  await assert.rejects(assertLateCommitArrives(remembersPosition, TWIN_PATIENCE_MS), {
    name: 'AssertionError',
  });
});

const LEADER: Statement = {
  name: 'end_leader',
  text: `SELECT pg_terminate_backend(pid) FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
};

/** The relay breaks before, after and right behind an append: each event lies in the log once, in order. */
async function assertSurvivesCrashes(start: Start, patienceMs: number): Promise<void> {
  await using log = await openLog(postgres);
  await using outbox = await openOutbox(postgres);
  const crashes = ['before', 'after', 'connection'];
  const broken: EventLog = {
    append: async (messages) => {
      const crash = crashes.shift();
      if (crash === 'before') throw new Error('crashed before the append');
      await log.log.append(messages);
      if (crash === 'after') throw new Error('crashed after the append');
      // The connection that has the lead ends: what was published cannot be deleted by it any more.
      if (crash === 'connection') await outbox.database.query(LEADER, []);
    },
  };
  await using _ = start(outbox, broken);
  const expected: string[] = [];
  for (let version = 1; version <= 6; version++) {
    await outbox.write(eventOf('a', version), eventOf('b', version));
    expected.push(`a@${version}`, `b@${version}`);
  }
  await eventually(async () => assert.deepEqual(namesOf(await log.after(0n)), expected), patienceMs);
  await eventually(async () => assert.equal(await outbox.waiting(), 0), patienceMs);
  assert.deepEqual(namesOf(await log.after(0n)), expected);
}

test('a relay that breaks between publishing and deleting loses and doubles nothing', async () => {
  await assertSurvivesCrashes(realRelay, PATIENCE_MS);
  for (const twin of [deletesFirst, nameless])
    await assert.rejects(assertSurvivesCrashes(twin, TWIN_PATIENCE_MS), { name: 'AssertionError' });
});

/** Two relays on one outbox: one of them publishes, and the other goes on when it ends. */
async function assertOneLeads(start: Start): Promise<void> {
  await using log = await openLog(postgres);
  await using outbox = await openOutbox(postgres);
  const appends = [0, 0];
  const relays = appends.map((_, nr) =>
    start(outbox, {
      append: (messages) => {
        appends[nr] = (appends[nr] ?? 0) + 1;
        return log.log.append(messages);
      },
    }),
  );
  let version = 0;
  const writeAndSee = async (): Promise<void> => {
    version += 1;
    await outbox.write(eventOf('a', version));
    const expected = Array.from({ length: version }, (_, index) => `a@${index + 1}`);
    await eventually(async () => assert.deepEqual(namesOf(await log.after(0n)), expected));
  };
  try {
    for (let round = 0; round < 12; round++) await writeAndSee();
    assert.ok(appends.includes(0), `both publish: ${appends.join(' and ')} times`);
    const leader = appends[0] ? 0 : 1;
    const before = appends[leader];
    await relays[leader]?.[Symbol.asyncDispose]();
    await writeAndSee();
    assert.equal(appends[leader], before);
    assert.notEqual(appends[1 - leader], 0);
  } finally {
    await Promise.all(relays.map((relay) => relay[Symbol.asyncDispose]()));
  }
}

test('of two relays one has the lead, and the other goes on when it ends', async () => {
  await assertOneLeads(realRelay);
  await assert.rejects(assertOneLeads(leaderless), /both publish/);
});

test('while the log fails events stay in the outbox with a warning, and then they drain', async () => {
  await using log = await openLog(postgres);
  await using outbox = await openOutbox(postgres);
  let down = true;
  const failing: EventLog = {
    append: (messages) => (down ? Promise.reject(new Error('the log is down')) : log.log.append(messages)),
  };
  await using _ = realRelay(outbox, failing);
  for (let version = 1; version <= 3; version++) await outbox.write(eventOf('a', version));
  await eventually(() => assert.ok(outbox.lines.length >= 2, 'no warning'));
  for (const line of outbox.lines) {
    assert.equal(line['level'], 40);
    assert.match(String(line['msg']), /they stay in the outbox/);
    assert.match(JSON.stringify(line['err']), /the log is down/);
  }
  const [first, second] = outbox.lines;
  assert.equal(second?.['retry_in_ms'], Number(first?.['retry_in_ms']) * 2, 'it rests longer each time');
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
  assert.deepEqual(namesOf(await log.after(0n)), ['a@1', 'a@2', 'a@3']);
});

test('an event lies in the log as a CloudEvent with the trace of its cause', async () => {
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

test('an event is written with its change or not at all', async () => {
  await using outbox = await openOutbox(postgres);
  const failed = outbox.database.transaction(async (tx) => {
    await writeOutbox(tx, [eventOf('a', 1)]);
    throw new Error('the change failed');
  });
  await assert.rejects(failed, /the change failed/);
  assert.equal(await outbox.waiting(), 0);
});
