import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TestPostgres } from '#testkit/postgres.ts';
import { eventually } from '#testkit/shop.ts';
import { assertEffects, openEffects } from './effects.ts';
import { messagesIn, newTopic, type LogUnderTest } from './event-log-contract.ts';
import { startKillable } from './killable.ts';

/** The guarantee of a consumer group while its members are killed, on each event log. */

const CHILD = fileURLToPath(new URL('./consumer-child.ts', import.meta.url));
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f'];
const MEMBERS = 2;
/** The interval at which an event of every key is written; the backlog of a minute without a member stays small. */
const WRITE_INTERVAL_MS = 50;
/** Kafka detects a dead member after 6 s. */
const DRAIN_MS_MAX = 60_000;

async function assertSurvivesKills(
  open: () => Promise<LogUnderTest & { url: string }>,
  postgres: TestPostgres,
  options: { kills: number; kind?: string },
): Promise<{ repeated: number }> {
  await using backend = await open();
  await using effects = await openEffects(postgres);
  const topic = newTopic();
  const args = [effects.url, backend.url, topic, options.kind ?? 'real'];
  await using members = startKillable(CHILD, args, MEMBERS);
  const kills = { left: options.kills };
  const killing = (async () => {
    for (; kills.left > 0; kills.left--) await members.killOne();
  })();
  let version = 0;
  const writing = (async () => {
    for (; kills.left > 0; await delay(WRITE_INTERVAL_MS))
      await backend.log.append(messagesIn(topic, KEYS, 1, ++version));
  })();
  await Promise.all([killing, writing]);
  await eventually(async () => {
    const all = await effects.of(topic);
    for (const key of KEYS) assert.ok(all.includes(`${key}@${version}`), `lost: the last of ${key}`);
  }, DRAIN_MS_MAX);
  assertEffects(await effects.of(topic), new Map(KEYS.map((key) => [key, version])));
  const handled = members.lines.reduce((sum, line) => sum + Number(line), 0);
  return { repeated: handled - KEYS.length * version };
}

export function consumerCrashContract(
  name: string,
  open: () => Promise<LogUnderTest & { url: string }>,
  postgres: TestPostgres,
  skip: string | false,
): void {
  test(
    `${name}: a consumer that is killed 5 times between effect and commit applies each event once, in order`,
    { skip },
    async (t) => {
      const { repeated } = await assertSurvivesKills(open, postgres, { kills: 5 });
      t.diagnostic(`${repeated} events were redelivered without a second effect`);
      assert.ok(repeated > 0, 'no member was killed between effect and commit');
    },
  );

  test(
    `${name}: known-bad twin: a consumer without an inbox that is killed there is detected`,
    { skip },
    async () => {
      await assert.rejects(
        assertSurvivesKills(open, postgres, { kills: 2, kind: 'without-inbox' }),
        /duplicated/,
      );
    },
  );
}
