import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { deadLetter, listDeadLetters, replayDeadLetters } from '#platform/events/dead-letters.ts';
import { deadLetterTopic, type EventLog } from '#platform/events/event.ts';
import { startInboxConsumer } from '#platform/events/inbox.ts';
import type { Queryable, Statement } from '#platform/postgres/pool.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { traceIdOf } from '#platform/trace.ts';
import type { TestPostgres } from '#testkit/postgres.ts';
import { eventually, memoryLogger } from '#testkit/shop.ts';
import { openEffects, withInbox, withoutInbox, type StartEffects } from './effects.ts';
import { messageIn, messagesIn, newTopic, type LogUnderTest } from './event-log-contract.ts';
import { TRACEPARENT } from './event-service.ts';

/** The contract of consumers, on each event log. */

/** As on a standby: later writes in this transaction fail with 25006. */
const READ_ONLY: Statement = { name: 'read_only', text: 'SET TRANSACTION READ ONLY' };

export function consumerDeps(log: EventLog) {
  const { logger, lines } = memoryLogger();
  return { log, logger, lines, telemetry: createTelemetry(), clock: systemClock };
}

/** The log contains the same events three times, once within a batch: each has one effect. */
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
      'duplicated or out of order',
    );
}

type Replay = (log: EventLog, topic: string) => Promise<number>;

const realReplay: Replay = (log, topic) => replayDeadLetters(log, topic, { newId: systemClock.newId });

/** Known-bad twin: writes no replay markers. */
const withoutMarkers: Replay = (log, topic) =>
  realReplay(
    { ...log, append: async (messages) => log.append(messages.filter((to) => to.topic === topic)) },
    topic,
  );

/** Dead letters of two keys are replayed twice: each is appended once, in order. */
async function assertReplayedOnce(open: () => Promise<LogUnderTest>, replay: Replay): Promise<void> {
  await using backend = await open();
  const { log } = backend;
  const topic = newTopic();
  const messages = messagesIn(topic, ['a', 'b'], 3);
  const cause = { group: topic, error: new Error('no such colour'), attempts: 5, now: new Date() };
  const letters = messages.map((message, index) =>
    deadLetter({ ...message, partition: 0, offset: BigInt(index), appendedAt: new Date() }, cause),
  );
  await log.append(letters);
  assert.equal(await replay(log, topic), letters.length);
  await replay(log, topic);
  const returned = await Array.fromAsync(log.read(topic));
  for (const key of ['a', 'b'])
    assert.deepEqual(
      returned.filter((message) => message.key === key).map(({ id }) => id),
      messages.filter((message) => message.key === key).map(({ id }) => id),
      'replayed twice or out of order',
    );
}

export function consumerContract(
  name: string,
  open: () => Promise<LogUnderTest>,
  postgres: TestPostgres,
  skip: string | false,
): void {
  suite(`consumers on ${name}`, { skip }, () => {
    test('an event that is in the log several times has one effect', async () => {
      await assertOneEffect(open, postgres, withInbox);
      await assert.rejects(assertOneEffect(open, postgres, withoutInbox), /duplicated or out of order/);
    });

    test('a poison message is moved to the dead letters, the partition continues, and a replay appends it once', async () => {
      await using backend = await open();
      await using effects = await openEffects(postgres);
      const { log } = backend;
      const [topic, deps] = [newTopic(), consumerDeps(log)];
      let isFixed = false;
      let attempts = 0;
      await using _ = await withInbox(deps, effects, {
        group: topic,
        topics: [topic],
        before: ({ key, aggregateVersion }) => {
          if (isFixed || key !== 'a' || aggregateVersion !== 2n) return;
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
      const line = deps.lines.find(({ msg }) => String(msg).includes(`make dlq-replay TOPIC=${topic}`));
      const traceId = traceIdOf(TRACEPARENT);
      assert.deepEqual(
        [line?.['event_id'], line?.['trace_id'], letters[0]?.traceId],
        [letters[0]?.eventId, traceId, traceId],
        'the log line and the list contain the trace id of the request that caused the event',
      );
      assert.match(await deps.telemetry.registry.metrics(), /^fritzy_dead_letters_total\{.*\} 1$/m);

      isFixed = true;
      const replay = (since?: Date): Promise<number> =>
        replayDeadLetters(log, topic, { newId: systemClock.newId, ...(since && { since }) });
      assert.equal(await replay(new Date(Date.now() + 60_000)), 0, 'no dead letter is that recent');
      assert.equal(await replay(new Date(Date.now() - 60_000)), 1);
      assert.equal(await replay(), 0, 'a second replay appends nothing');
      await eventually(async () => assert.deepEqual((await effects.of(topic)).at(-1), 'a@2'), 30_000);
      assert.deepEqual(
        (await Array.fromAsync(listDeadLetters(log, topic))).map(({ replayed }) => replayed),
        [true],
      );
      await log.append([messageIn(topic, 'a', 5)]);
      await eventually(async () => assert.equal((await effects.of(topic)).at(-1), 'a@5'), 30_000);
      await eventually(async () => assert.equal((await effects.of(`other-${topic}`)).at(-1), 'a@5'), 30_000);
      assert.deepEqual(await effects.of(topic), ['a@1', 'a@3', 'a@4', 'a@2', 'a@5']);
      assert.equal(
        (await effects.of(`other-${topic}`)).length,
        5,
        'a group that had handled it skips the replay',
      );
      await other[Symbol.asyncDispose]();
    });

    test('repeated replays append each dead letter once', async () => {
      await assertReplayedOnce(open, realReplay);
      await assert.rejects(assertReplayedOnce(open, withoutMarkers), /replayed twice or out of order/);
    });

    test('an event that fails again after its replay is a new dead letter', async () => {
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

    test('a message without the headers of an event is moved to the dead letters unchanged', async () => {
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

    test('event ids are compared case-insensitively', async () => {
      await using backend = await open();
      await using effects = await openEffects(postgres);
      const topic = newTopic();
      const [lowerCase, upperCase] = [messageIn(topic, 'a', 1), messageIn(topic, 'a', 2)];
      const upperCaseId = upperCase.id.toUpperCase();
      const sameEvent = {
        ...upperCase,
        id: upperCaseId,
        headers: { ...upperCase.headers, ce_id: upperCaseId },
      };
      await backend.log.append([lowerCase, sameEvent, upperCase, messageIn(topic, 'a', 3)]);
      await using _ = await withInbox(consumerDeps(backend.log), effects, { group: topic, topics: [topic] });
      await eventually(async () => assert.deepEqual(await effects.of(topic), ['a@1', 'a@2', 'a@3']), 30_000);
    });

    test('while the database is read-only, events wait and none becomes a dead letter', async () => {
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

    test('during transient failures events wait, and none becomes a dead letter', async () => {
      await using backend = await open();
      await using effects = await openEffects(postgres);
      const [topic, deps] = [newTopic(), consumerDeps(backend.log)];
      let failures = 0;
      await using _ = await withInbox(deps, effects, {
        group: topic,
        topics: [topic],
        before: () => {
          failures += 1;
          if (failures <= 8) throw new AppError('UNAVAILABLE', 'The engine cannot be reached.');
        },
      });
      await backend.log.append(messagesIn(topic, ['a'], 3));
      await eventually(async () => assert.deepEqual(await effects.of(topic), ['a@1', 'a@2', 'a@3']), 60_000);
      assert.deepEqual(await Array.fromAsync(listDeadLetters(backend.log, topic)), []);
    });
  });
}
