import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { writeOutbox } from '#platform/events/outbox.ts';
import type { Statement } from '#platform/postgres/pool.ts';
import type { TestPostgres } from '#testkit/postgres.ts';
import { eventually } from '#testkit/shop.ts';
import {
  consumerDeps,
  openEffects,
  withInbox,
  withoutInbox,
  type StartEffects,
} from './consumer-contract.ts';
import { newTopic, type LogUnderTest } from './event-log-contract.ts';
import { eventOf, openOutbox, type Outbox } from './event-service.ts';

/** The guarantee of the whole way, from the outbox to the effect, while relays are killed. */

const CHILD = fileURLToPath(new URL('./relay-child.ts', import.meta.url));
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f'];
/** What a killed relay held is published by another within this time. */
const TAKEOVER_MS_MAX = 5_000;
const DRAIN_MS_MAX = 30_000;
/** Events that wait at most before more are written. */
const WAITING_MAX = 200;
/** Each of so many rounds writes an event of every key: enough for every known-bad relay to go wrong. */
const ROUNDS_MIN = 150;

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
/** Relays that hold shards. */
const MEMBERS: Statement = {
  name: 'relay_members',
  text: `
    SELECT count(DISTINCT pid)::int AS members FROM pg_locks
    WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
};
const NAP: Statement = { name: 'nap', text: 'SELECT pg_sleep(random() * 0.02)' };

/** Writes events in transactions that commit in another order than they began. */
async function write(outbox: Outbox, topic: string, written: Map<string, number>): Promise<void> {
  await Promise.all(
    KEYS.map((key) =>
      outbox.database.transaction(async (tx) => {
        const [row] = await tx.query<{ version: number }>(NEXT_VERSION, [key]);
        const version = row?.version ?? 0;
        await writeOutbox(tx, [{ ...eventOf(key, version), topic }]);
        await tx.query(NAP, []);
        written.set(key, Math.max(version, written.get(key) ?? 0));
      }),
    ),
  );
}

interface Relays extends AsyncDisposable {
  /** Whether one has published; before, what is written proves nothing. */
  readonly work: boolean;
  /** Kills the next that has published and not yet marked, and starts another. */
  killOne(): Promise<void>;
}

/** Relays in processes of their own: two, but one of the kind whose losses another would make good. */
function startRelays(outboxUrl: string, eventsUrl: string, kind: string): Relays {
  let published = Promise.withResolvers<ChildProcess>();
  const died = Promise.withResolvers<never>();
  died.promise.catch(() => {});
  const running = new Set<ChildProcess>();
  let work = false;
  const start = (): void => {
    const child = spawn(process.execPath, [CHILD, outboxUrl, eventsUrl, kind], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.add(child);
    child.stdout.on('data', () => {
      work = true;
      published.resolve(child);
    });
    child.on(
      'exit',
      (code) => code !== null && died.reject(new Error(`a relay ended by itself with ${code}`)),
    );
  };
  const kill = async (child: ChildProcess): Promise<void> => {
    running.delete(child);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  start();
  if (kind !== 'position') start();
  return {
    get work() {
      return work;
    },
    async killOne() {
      published = Promise.withResolvers();
      const child = await Promise.race([published.promise, died.promise]);
      await kill(child);
      start();
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all([...running].map(kill))),
  };
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
  // A relay that is killed before it marks carries nothing on: while many events wait no more are written.
  const writing = (async () => {
    for (let round = 0; round < ROUNDS_MIN || kills.left > 0; round += relays.work ? 1 : 0) {
      if (options.kind === 'position' || (await outbox.waiting()) < WAITING_MAX)
        await write(outbox, topic, written);
      else await delay(20);
    }
  })();
  await Promise.all([killing, writing]);
  const of = (all: readonly string[], key: string) => all.filter((name) => name.startsWith(`${key}@`));
  const expected = (key: string) =>
    Array.from({ length: written.get(key) ?? 0 }, (_, index) => `${key}@${index + 1}`);
  await eventually(async () => {
    const all = await effects.of(topic);
    for (const key of KEYS)
      assert.ok(of(all, key).includes(expected(key).at(-1) ?? ''), `lost: the last of ${key}`);
  }, DRAIN_MS_MAX);
  const all = await effects.of(topic);
  for (const key of KEYS) assert.deepEqual(of(all, key), expected(key), 'lost, doubled or out of order');
  const onTheWire = await Array.fromAsync(backend.log.read(topic));
  return { duplicates: onTheWire.length - all.length };
}

export function relayCrashContract(
  name: string,
  open: () => Promise<LogUnderTest & { url: string }>,
  postgres: TestPostgres,
  skip: string | false,
): void {
  test(
    `${name}: a relay killed 50 times between publishing and marking loses nothing and doubles nothing`,
    { skip },
    async (t) => {
      const { duplicates } = await assertSurvivesKills(open, postgres, { kills: 50 });
      t.diagnostic(`${duplicates} duplicates in the log, none in the effects`);
      assert.ok(duplicates > 0, 'no relay was killed before it marked what it had published');
    },
  );

  test(`${name}: what a killed relay held is published by another within 5 s`, { skip }, async (t) => {
    await using backend = await open();
    await using outbox = await openOutbox(postgres);
    await outbox.database.query(NEW_TABLE, []);
    const topic = newTopic();
    await using relays = startRelays(outbox.url, backend.url, 'real');
    const allCarried = (withinMs: number) =>
      eventually(async () => assert.equal(await outbox.waiting(), 0), withinMs);
    await write(outbox, topic, new Map());
    await allCarried(DRAIN_MS_MAX);
    for (let kill = 0; kill < 3; kill++) {
      // The other one has to be there: how long a program takes to start is not the question.
      await eventually(
        async () => assert.deepEqual(await outbox.database.query(MEMBERS, []), [{ members: 2 }]),
        DRAIN_MS_MAX,
      );
      const killed = relays.killOne();
      await write(outbox, topic, new Map());
      await killed;
      const startedMs = performance.now();
      await allCarried(TAKEOVER_MS_MAX);
      t.diagnostic(`carried ${Math.round(performance.now() - startedMs)} ms after the kill`);
    }
  });

  for (const [what, options] of [
    ['that remembers the last id', { kind: 'position', kills: 0 }],
    ['that shares the outbox by SKIP LOCKED', { kind: 'skip-locked', kills: 3 }],
    ['before a consumer without an inbox', { consumer: withoutInbox, kills: 3 }],
  ] as const)
    test(`${name}: a relay ${what} is caught`, { skip }, async () => {
      await assert.rejects(assertSurvivesKills(open, postgres, options), /lost|doubled/);
    });
}
