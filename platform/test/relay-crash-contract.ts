import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { writeOutbox } from '#platform/events/outbox.ts';
import type { Statement } from '#platform/postgres/pool.ts';
import type { TestPostgres } from '#testkit/postgres.ts';
import { rounds } from '#testkit/rounds.ts';
import { eventually } from '#testkit/shop.ts';
import { consumerDeps } from './consumer-contract.ts';
import { assertEffects, openEffects, withInbox, withoutInbox, type StartEffects } from './effects.ts';
import { newTopic, type LogUnderTest } from './event-log-contract.ts';
import { eventOf, openOutbox, type Outbox } from './event-service.ts';
import { startKillable, type Killable } from './killable.ts';

/** The guarantee of the complete flow, from the outbox to the effect, while relays are killed. */

const CHILD = fileURLToPath(new URL('./relay-child.ts', import.meta.url));
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f'];
/** Events of a killed relay are published by another one within this time. */
const TAKEOVER_MS_MAX = 5_000;
const DRAIN_MS_MAX = 30_000;
/** The maximum number of waiting events before more are written. */
const WAITING_MAX = 200;
/** Each round writes an event of every key: enough rounds for every known-bad relay to fail. */
const ROUNDS_MIN = 150;
const KILLS = rounds(50, 3);

const NEW_TABLE: Statement = {
  name: 'create_thing',
  text: 'CREATE TABLE thing (key text PRIMARY KEY, version integer NOT NULL)',
};
const NEXT_VERSION: Statement = {
  name: 'next_version',
  text: `
    INSERT INTO thing (key, version) VALUES ($1, 1)
    ON CONFLICT (key) DO UPDATE SET version = thing.version + 1 RETURNING version`,
};
/** The relays that hold shards. */
const MEMBERS: Statement = {
  name: 'relay_members',
  text: `
    SELECT count(DISTINCT pid)::int AS members FROM pg_locks
    WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
};
const SLEEP: Statement = { name: 'nap', text: 'SELECT pg_sleep(random() * 0.02)' };

/** Writes events in transactions that commit in another order than they begin. */
async function write(outbox: Outbox, topic: string, written: Map<string, number>): Promise<void> {
  await Promise.all(
    KEYS.map((key) =>
      outbox.database.transaction(async (tx) => {
        const [row] = await tx.query<{ version: number }>(NEXT_VERSION, [key]);
        const version = row?.version ?? 0;
        await writeOutbox(tx, [{ ...eventOf(key, version), topic }]);
        await tx.query(SLEEP, []);
        written.set(key, Math.max(version, written.get(key) ?? 0));
      }),
    ),
  );
}

/** Starts two relays in separate processes, or one of a kind whose losses a second relay would hide. */
function startRelays(outboxUrl: string, eventsUrl: string, kind: string): Killable {
  return startKillable(CHILD, [outboxUrl, eventsUrl, kind], kind === 'position' ? 1 : 2);
}

async function assertSurvivesKills(
  open: () => Promise<LogUnderTest & { url: string }>,
  postgres: TestPostgres,
  options: { kills: number; kind?: string; consumer?: StartEffects },
): Promise<{ duplicates: number }> {
  await using backend = await open();
  await using effects = await openEffects(postgres);
  await using outbox = await openOutbox(postgres);
  await outbox.database.query(NEW_TABLE, []);
  const topic = newTopic();
  const start = options.consumer ?? withInbox;
  await using _ = await start(consumerDeps(backend.log), effects, { group: topic, topics: [topic] });
  await using relays = startRelays(outbox.url, backend.url, options.kind ?? 'real');
  const written = new Map<string, number>();
  const kills = { left: options.kills };
  const killing = (async () => {
    for (; kills.left > 0; kills.left--) await relays.killOne();
  })();
  // Events written before a relay has published prove nothing. A relay that is killed before it deletes makes no
  // progress: write no more while many events wait.
  const writing = (async () => {
    for (let round = 0; round < ROUNDS_MIN || kills.left > 0; round += relays.lines.length > 0 ? 1 : 0) {
      if (options.kind === 'position' || (await outbox.waiting()) < WAITING_MAX)
        await write(outbox, topic, written);
      else await delay(20);
    }
  })();
  await Promise.all([killing, writing]);
  await eventually(async () => {
    const all = await effects.of(topic);
    for (const [key, last] of written) assert.ok(all.includes(`${key}@${last}`), `lost: the last of ${key}`);
  }, DRAIN_MS_MAX);
  const all = await effects.of(topic);
  assertEffects(all, written);
  const onTheWire = await Array.fromAsync(backend.log.read(topic));
  return { duplicates: onTheWire.length - all.length };
}

async function assertTakenOver(
  open: () => Promise<LogUnderTest & { url: string }>,
  postgres: TestPostgres,
  kind: string,
  t: TestContext,
): Promise<void> {
  await using backend = await open();
  await using outbox = await openOutbox(postgres);
  await outbox.database.query(NEW_TABLE, []);
  const topic = newTopic();
  await using relays = startRelays(outbox.url, backend.url, kind);
  const allPublished = (withinMs: number, problem: string) =>
    eventually(async () => assert.equal(await outbox.waiting(), 0, problem), withinMs);
  await write(outbox, topic, new Map());
  await allPublished(DRAIN_MS_MAX, 'no event is published');
  for (let kill = 0; kill < 3; kill++) {
    // Wait until the other relay is running: the start time of a program is not measured.
    await eventually(
      async () => assert.deepEqual(await outbox.database.query(MEMBERS, []), [{ members: 2 }]),
      DRAIN_MS_MAX,
    );
    const killed = relays.killOne();
    await write(outbox, topic, new Map());
    await killed;
    const startedMs = performance.now();
    await allPublished(TAKEOVER_MS_MAX, 'not taken over');
    t.diagnostic(`published ${Math.round(performance.now() - startedMs)} ms after the kill`);
  }
}

export function relayCrashContract(
  name: string,
  open: () => Promise<LogUnderTest & { url: string }>,
  postgres: TestPostgres,
  skip: string | false,
): void {
  test(
    `${name}: a relay killed ${KILLS} times between publishing and deleting loses and duplicates nothing`,
    { skip },
    async (t) => {
      const { duplicates } = await assertSurvivesKills(open, postgres, { kills: KILLS });
      t.diagnostic(`${duplicates} duplicates in the log, none in the effects`);
      assert.ok(duplicates > 0, 'no relay was killed between publishing and deleting');
    },
  );

  test(
    `${name}: the events of a killed relay are published by another one within 5 s`,
    { skip },
    async (t) => {
      await assertTakenOver(open, postgres, 'real', t);
    },
  );

  test(
    `${name}: known-bad twin: a relay whose lease outlives it by 30 s is detected`,
    { skip },
    async (t) => {
      await assert.rejects(assertTakenOver(open, postgres, 'lease', t), /not taken over/);
    },
  );

  for (const [what, options] of [
    ['that stores the last id', { kind: 'position', kills: 0 }],
    ['that shares the outbox by SKIP LOCKED', { kind: 'skip-locked', kills: 3 }],
    ['before a consumer without an inbox', { consumer: withoutInbox, kills: 3 }],
  ] as const)
    test(`${name}: known-bad twin: a relay ${what} is detected`, { skip }, async () => {
      await assert.rejects(assertSurvivesKills(open, postgres, options), /lost|duplicated|out of order/);
    });
}
