import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { startConsumer, type ConsumerDeps, type ReceivedEvent } from '#platform/events/consumer.ts';
import { listDeadLetters, replayDeadLetters } from '#platform/events/dead-letters.ts';
import { deadLetterTopic, type EventLog } from '#platform/events/event.ts';
import { startInboxConsumer } from '#platform/events/inbox.ts';
import { openDatabase, type Database, type Queryable, type Statement } from '#platform/postgres/pool.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import type { TestPostgres } from '#testkit/postgres.ts';
import { eventually, memoryLogger } from '#testkit/shop.ts';
import { messageIn, messagesIn, newTopic, type LogUnderTest } from './event-log-contract.ts';

/** What consumers promise, on each event log. */

const NEW_TABLE: Statement = {
  name: 'create_effect',
  text: `
    CREATE TABLE effect (
      nr bigint GENERATED ALWAYS AS IDENTITY, consumer text NOT NULL, key text NOT NULL, version bigint NOT NULL)`,
};
const APPLY: Statement = {
  name: 'apply_effect',
  text: `
    INSERT INTO effect (consumer, key, version)
    SELECT $1, key, version FROM unnest($2::text[], $3::bigint[]) WITH ORDINALITY AS e(key, version, nr) ORDER BY nr`,
};
/** As on a standby: what follows in this transaction is refused with 25006. */
const READ_ONLY: Statement = { name: 'read_only', text: 'SET TRANSACTION READ ONLY' };
const EFFECTS: Statement = {
  name: 'effects',
  text: 'SELECT key, version::int AS version FROM effect WHERE consumer = $1 ORDER BY nr',
};

/** A consumer's database: every event that has an effect leaves a row. */
export async function openEffects(postgres: TestPostgres) {
  const url = await postgres.createDatabase('inbox');
  const database: Database = openDatabase({ url, name: 'test', telemetry: createTelemetry() });
  await database.query(NEW_TABLE, []);
  return {
    database,
    apply: async (tx: Queryable, consumer: string, events: readonly ReceivedEvent[]): Promise<void> => {
      const versions = events.map(({ aggregateVersion }) => aggregateVersion);
      await tx.query(APPLY, [consumer, events.map(({ key }) => key), versions]);
    },
    /** `key@version` in the order of the effects. */
    of: async (consumer: string): Promise<string[]> => {
      const rows = await database.query<{ key: string; version: number }>(EFFECTS, [consumer]);
      return rows.map(({ key, version }) => `${key}@${version}`);
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}
export type Effects = Awaited<ReturnType<typeof openEffects>>;

/** Makes a consumer whose effects are rows: the real one, and the wrong one that tests show to be caught. */
export type StartEffects = (
  deps: ConsumerDeps,
  effects: Effects,
  consumption: { group: string; topics: readonly string[]; before?: (event: ReceivedEvent) => void },
) => Promise<AsyncDisposable>;

export const withInbox: StartEffects = (deps, effects, { group, topics, before }) =>
  startInboxConsumer(
    { ...deps, database: effects.database },
    {
      group,
      topics,
      effect: (tx, events) => {
        for (const event of events) before?.(event);
        return effects.apply(tx, group, events);
      },
    },
  );

/** Known-bad twin: remembers nothing, and so does again what comes again. */
export const withoutInbox: StartEffects = (deps, effects, { group, topics, before }) =>
  startConsumer(deps, {
    group,
    topics,
    effect: (events) => {
      for (const event of events) before?.(event);
      return effects.apply(effects.database, group, events);
    },
  });

export function consumerDeps(log: EventLog) {
  const { logger, lines } = memoryLogger();
  return { log, logger, lines, telemetry: createTelemetry(), clock: systemClock };
}

/** The same events lie in the log three times, once within a batch: each has one effect. */
async function assertOneEffect(
  open: () => Promise<LogUnderTest>,
  postgres: TestPostgres,
  start: StartEffects,
) {
  await using backend = await open();
  await using effects = await openEffects(postgres);
  const topic = newTopic();
  const messages = messagesIn(topic, ['a', 'b'], 3);
  await backend.log.append([...messages, ...messages.slice(2)]);
  await using _ = await start(consumerDeps(backend.log), effects, { group: topic, topics: [topic] });
  await eventually(async () => assert.ok((await effects.of(topic)).length >= messages.length), 30_000);
  await backend.log.append([...messages, messageIn(topic, 'a', 4), messageIn(topic, 'b', 4)]);
  const of = async (key: string) => (await effects.of(topic)).filter((name) => name.startsWith(key));
  await eventually(async () => {
    assert.ok((await of('a')).includes('a@4'));
    assert.ok((await of('b')).includes('b@4'));
  }, 30_000);
  for (const key of ['a', 'b'])
    assert.deepEqual(
      await of(key),
      [1, 2, 3, 4].map((version) => `${key}@${version}`),
      'doubled or out of order',
    );
}

export function consumerContract(
  name: string,
  open: () => Promise<LogUnderTest>,
  postgres: TestPostgres,
  skip: string | false,
): void {
  suite(`consumers on ${name}`, { skip }, () => {
    test('an event that lies in the log several times has one effect', async () => {
      await assertOneEffect(open, postgres, withInbox);
      await assert.rejects(assertOneEffect(open, postgres, withoutInbox), /doubled or out of order/);
    });

    test('a poison message goes to the dead letters, the partition goes on, and a replay returns it once', async () => {
      await using backend = await open();
      await using effects = await openEffects(postgres);
      const { log } = backend;
      const [topic, deps] = [newTopic(), consumerDeps(log)];
      let mended = false;
      let attempts = 0;
      await using _ = await withInbox(deps, effects, {
        group: topic,
        topics: [topic],
        before: ({ key, aggregateVersion }) => {
          if (mended || key !== 'a' || aggregateVersion !== 2n) return;
          attempts += 1;
          throw new Error('no such colour');
        },
      });
      await using other = await withInbox(consumerDeps(log), effects, {
        group: `other-${topic}`,
        topics: [topic],
      });
      await log.append(messagesIn(topic, ['a'], 4));
      await eventually(async () => assert.deepEqual(await effects.of(topic), ['a@1', 'a@3', 'a@4']), 30_000);
      await eventually(async () => assert.equal((await effects.of(`other-${topic}`)).length, 4), 30_000);
      assert.ok(attempts >= 5, `${attempts} attempts`);

      const letters = await Array.fromAsync(listDeadLetters(log, topic));
      assert.deepEqual(
        letters.map(({ key, group, type, error, attempts: tried, replayed }) => [
          key,
          group,
          type,
          error,
          tried,
          replayed,
        ]),
        [['a', topic, 'fritzy.thing_changed', 'no such colour', 5, false]],
      );
      assert.ok(deps.lines.some(({ msg }) => String(msg).includes(`make dlq-replay TOPIC=${topic}`)));
      assert.match(await deps.telemetry.registry.metrics(), /^fritzy_dead_letters_total\{.*\} 1$/m);

      mended = true;
      const replay = (since?: Date): Promise<number> =>
        replayDeadLetters(log, topic, { newId: systemClock.newId, ...(since && { since }) });
      assert.equal(await replay(new Date(Date.now() + 60_000)), 0, 'nothing was given up that late');
      assert.equal(await replay(new Date(Date.now() - 60_000)), 1);
      assert.equal(await replay(), 0, 'a second replay returns nothing');
      await eventually(async () => assert.deepEqual((await effects.of(topic)).at(-1), 'a@2'), 30_000);
      assert.deepEqual(
        (await Array.fromAsync(listDeadLetters(log, topic))).map(({ replayed }) => replayed),
        [true],
      );
      await log.append([messageIn(topic, 'a', 5)]);
      await eventually(async () => assert.equal((await effects.of(topic)).at(-1), 'a@5'), 30_000);
      await eventually(async () => assert.equal((await effects.of(`other-${topic}`)).at(-1), 'a@5'), 30_000);
      assert.deepEqual(await effects.of(topic), ['a@1', 'a@3', 'a@4', 'a@2', 'a@5']);
      assert.equal((await effects.of(`other-${topic}`)).length, 5, 'who had handled it is not bothered');
      await other[Symbol.asyncDispose]();
    });

    test('what fails again after its replay is a new dead letter', async () => {
      await using backend = await open();
      await using effects = await openEffects(postgres);
      const topic = newTopic();
      await using _ = await withInbox(consumerDeps(backend.log), effects, {
        group: topic,
        topics: [topic],
        before: () => {
          throw new Error('never');
        },
      });
      await backend.log.append([messageIn(topic, 'a', 1)]);
      const letters = () => Array.fromAsync(listDeadLetters(backend.log, topic));
      await eventually(async () => assert.equal((await letters()).length, 1), 30_000);
      assert.equal(await replayDeadLetters(backend.log, topic, { newId: systemClock.newId }), 1);
      await eventually(
        async () =>
          assert.deepEqual(
            (await letters()).map(({ replayed }) => replayed),
            [true, false],
          ),
        30_000,
      );
      assert.deepEqual(await effects.of(topic), []);
    });

    test('a message that is no event of ours goes to the dead letters as it is', async () => {
      await using backend = await open();
      await using effects = await openEffects(postgres);
      const topic = newTopic();
      const { ce_type: _type, ...untyped } = messageIn(topic, 'a', 1).headers;
      await backend.log.append([{ ...messageIn(topic, 'a', 1), headers: untyped }, messageIn(topic, 'a', 2)]);
      await using _ = await withInbox(consumerDeps(backend.log), effects, { group: topic, topics: [topic] });
      await eventually(async () => assert.deepEqual(await effects.of(topic), ['a@2']), 30_000);
      const [letter] = await Array.fromAsync(backend.log.read(deadLetterTopic(topic)));
      assert.equal(letter?.headers['ce_type'], undefined);
      assert.match(letter?.headers['dlq_error'] ?? '', /lacks ce_id, ce_type or aggregate_version/);
      assert.deepEqual(JSON.parse(letter?.value ?? ''), { key: 'a', version: 1 });
    });

    test('an id is the same in capitals', async () => {
      await using backend = await open();
      await using effects = await openEffects(postgres);
      const topic = newTopic();
      const [small, loud] = [messageIn(topic, 'a', 1), messageIn(topic, 'a', 2)];
      const shouted = loud.id.toUpperCase();
      const capitals = { ...loud, id: shouted, headers: { ...loud.headers, ce_id: shouted } };
      await backend.log.append([small, capitals, loud, messageIn(topic, 'a', 3)]);
      await using _ = await withInbox(consumerDeps(backend.log), effects, { group: topic, topics: [topic] });
      await eventually(async () => assert.deepEqual(await effects.of(topic), ['a@1', 'a@2', 'a@3']), 30_000);
    });

    test('while the database takes no writes events wait, and none becomes a dead letter', async () => {
      await using backend = await open();
      await using effects = await openEffects(postgres);
      const topic = newTopic();
      let failures = 0;
      const readOnlyFor = async (tx: Queryable): Promise<void> => {
        failures += 1;
        if (failures <= 7) await tx.query(READ_ONLY, []);
      };
      await using _ = await startInboxConsumer(
        { ...consumerDeps(backend.log), database: effects.database },
        {
          group: topic,
          topics: [topic],
          effect: async (tx, events) => {
            await readOnlyFor(tx);
            await effects.apply(tx, topic, events);
          },
        },
      );
      await backend.log.append(messagesIn(topic, ['a'], 3));
      await eventually(async () => assert.deepEqual(await effects.of(topic), ['a@1', 'a@2', 'a@3']), 60_000);
      assert.deepEqual(await Array.fromAsync(listDeadLetters(backend.log, topic)), []);
    });

    test('while the surroundings fail events wait, and none becomes a dead letter', async () => {
      await using backend = await open();
      await using effects = await openEffects(postgres);
      const [topic, deps] = [newTopic(), consumerDeps(backend.log)];
      let failures = 0;
      await using _ = await withInbox(deps, effects, {
        group: topic,
        topics: [topic],
        before: () => {
          failures += 1;
          if (failures <= 8) throw new AppError('UNAVAILABLE', 'The engine is away.');
        },
      });
      await backend.log.append(messagesIn(topic, ['a'], 3));
      await eventually(async () => assert.deepEqual(await effects.of(topic), ['a@1', 'a@2', 'a@3']), 60_000);
      assert.deepEqual(await Array.fromAsync(listDeadLetters(backend.log, topic)), []);
    });
  });
}
