import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { PARTITIONS, type EventLog, type Message, type StoredMessage } from '#platform/events/event.ts';
import { traceIdOf } from '#platform/trace.ts';
import { eventually } from '#testkit/shop.ts';
import { TRACEPARENT } from './event-service.ts';

/** The contract of every event log, on each backend. */

export interface LogUnderTest extends AsyncDisposable {
  readonly log: EventLog;
  /** The log lines of background work. */
  readonly lines: readonly Record<string, unknown>[];
}

/** A topic name that no other test uses. */
export const newTopic = (): string => `test-${systemClock.newId()}`;

export function messageIn(topic: string, key: string, version: number): Message {
  const id = systemClock.newId();
  return {
    topic,
    key,
    id,
    headers: {
      ce_specversion: '1.0',
      ce_id: id,
      ce_source: '/fritzy/test',
      ce_type: 'fritzy.thing_changed',
      ce_time: '2026-01-31T12:00:00.000Z',
      aggregate_version: String(version),
      traceparent: TRACEPARENT,
    },
    value: JSON.stringify({ key, version }),
  };
}

/** Versions 1 to `versions` of each key, interleaved by key. */
export function messagesIn(topic: string, keys: readonly string[], versions: number, from = 1): Message[] {
  return Array.from({ length: versions }, (_, index) =>
    keys.map((key) => messageIn(topic, key, from + index)),
  ).flat();
}

export const keysUpTo = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `key-${index}`);

/** The versions of each key in the order in which they were first seen. */
export function versionsByKey(
  messages: Iterable<Pick<Message, 'key' | 'headers' | 'id'>>,
): Map<string, number[]> {
  const seen = new Set<string>();
  const versions = new Map<string, number[]>();
  for (const { key, headers, id } of messages) {
    if (seen.has(id)) continue;
    seen.add(id);
    versions.set(key, [...(versions.get(key) ?? []), Number(headers['aggregate_version'])]);
  }
  return versions;
}

/** Asserts the guarantee: all versions of each key, in order. */
export function assertComplete(
  messages: Iterable<Pick<Message, 'key' | 'headers' | 'id'>>,
  keys: readonly string[],
  versions: number,
): void {
  const found = versionsByKey(messages);
  const expected = Array.from({ length: versions }, (_, index) => index + 1);
  for (const key of keys) assert.deepEqual(found.get(key), expected, `lost or out of order: ${key}`);
}

export function eventLogContract(
  name: string,
  open: () => Promise<LogUnderTest>,
  skip: string | false,
): void {
  suite(`event log on ${name}`, { skip }, () => {
    test('appended messages are read back completely, those of a key in order from one partition', async () => {
      await using backend = await open();
      const { log } = backend;
      const topic = newTopic();
      const keys = keysUpTo(40);
      const messages = messagesIn(topic, keys, 3);
      await log.append(messages);
      const stored = await Array.fromAsync(log.read(topic));
      assertComplete(stored, keys, 3);
      assert.equal(stored.length, messages.length);
      const [first] = messages;
      const found = stored.find(({ id }) => id === first?.id);
      assert.deepEqual(
        { key: found?.key, headers: found?.headers, value: JSON.parse(found?.value ?? '') as unknown },
        { key: first?.key, headers: first?.headers, value: JSON.parse(first?.value ?? '') as unknown },
      );
      for (const [key, rows] of Map.groupBy(stored, (one) => one.key))
        assert.equal(
          new Set(rows.map(({ partition }) => partition)).size,
          1,
          `${key} is in several partitions`,
        );
      const partitions = new Set(stored.map(({ partition }) => partition));
      assert.ok(partitions.size > PARTITIONS / 2, 'keys are distributed over the partitions');
      assert.ok([...partitions].every((partition) => partition >= 0 && partition < PARTITIONS));
    });

    test('a topic can be read from a given time', async () => {
      await using backend = await open();
      const { log } = backend;
      const topic = newTopic();
      assert.deepEqual(await Array.fromAsync(log.read(topic)), []);
      await log.append(messagesIn(topic, ['a', 'b'], 2));
      const early = await Array.fromAsync(log.read(topic));
      const since = new Date(Math.max(...early.map(({ appendedAt }) => appendedAt.getTime())) + 2);
      await eventually(() => assert.ok(Date.now() > since.getTime()));
      await log.append(messagesIn(topic, ['a'], 1, 3));
      const late = await Array.fromAsync(log.read(topic, since));
      assert.deepEqual([...versionsByKey(late)], [['a', [3]]]);
    });

    test('members of a group share the partitions, and one takes over those of a member that leaves', async () => {
      await using backend = await open();
      const { log } = backend;
      const topic = newTopic();
      const keys = keysUpTo(30);
      const seen: StoredMessage[] = [];
      const counts = [0, 0];
      const join = (index: number) =>
        log.consume({
          group: `group-${topic}`,
          topics: [topic],
          handle: async ({ messages }) => {
            seen.push(...messages);
            counts[index] = (counts[index] ?? 0) + messages.length;
          },
        });
      await using first = await join(0);
      await using _second = await join(1);
      let versions = 0;
      const appendAndSee = async (): Promise<void> => {
        versions += 1;
        await log.append(messagesIn(topic, keys, 1, versions));
        await eventually(() => assertComplete(seen, keys, versions), 30_000);
      };
      await eventually(async () => {
        await appendAndSee();
        assert.ok(!counts.includes(0), 'both members receive messages');
      }, 60_000);
      await first[Symbol.asyncDispose]();
      const before = counts[0];
      await appendAndSee();
      assert.equal(counts[0], before, 'a member that left receives no messages');
    });

    test('a group continues after the messages it has handled, and a new group begins with the oldest message', async () => {
      await using backend = await open();
      const { log } = backend;
      const topic = newTopic();
      const seeAll = async (group: string, versions: number): Promise<StoredMessage[]> => {
        const seen: StoredMessage[] = [];
        await using _ = await log.consume({
          group: `${group}-${topic}`,
          topics: [topic],
          handle: async ({ messages }) => void seen.push(...messages),
        });
        await eventually(() => assert.equal(versionsByKey(seen).get('a')?.at(-1), versions), 30_000);
        return seen;
      };
      await log.append(messagesIn(topic, ['a'], 5));
      assertComplete(await seeAll('one', 5), ['a'], 5);
      await log.append(messagesIn(topic, ['a'], 1, 6));
      assert.deepEqual(versionsByKey(await seeAll('one', 6)).get('a'), [6]);
      assertComplete(await seeAll('another', 6), ['a'], 6);
    });

    test('messages whose handling failed are redelivered in order', async () => {
      await using backend = await open();
      const { log } = backend;
      const topic = newTopic();
      const keys = keysUpTo(12);
      await log.append(messagesIn(topic, keys, 4));
      const failures = new Map<number, number>();
      const handled: StoredMessage[] = [];
      await using _ = await log.consume({
        group: `group-${topic}`,
        topics: [topic],
        handle: async ({ messages, partition }) => {
          const failed = failures.get(partition) ?? 0;
          failures.set(partition, failed + 1);
          if (failed < 2) throw new Error('not yet');
          handled.push(...messages);
        },
      });
      await eventually(() => assertComplete(handled, keys, 4), 30_000);
      const line = backend.lines.find(({ msg }) => String(msg).includes('handling events failed'));
      assert.equal(
        line?.['trace_id'],
        traceIdOf(TRACEPARENT),
        'the log line contains the trace id of the request',
      );
    });

    test('the lag is the number of messages that a group has not handled', async () => {
      await using backend = await open();
      const { log } = backend;
      const topic = newTopic();
      const group = `group-${topic}`;
      const lag = async (): Promise<number> =>
        (await log.lag(group, [topic])).reduce((sum, { messages }) => sum + Number(messages), 0);
      assert.equal(await lag(), 0);
      await log.append(messagesIn(topic, keysUpTo(10), 3));
      assert.equal(await lag(), 30);
      const { promise: mayResume, resolve: resume } = Promise.withResolvers<void>();
      await using _ = await log.consume({ group, topics: [topic], handle: () => mayResume });
      assert.equal(await lag(), 30);
      resume();
      await eventually(async () => assert.equal(await lag(), 0), 30_000);
      assert.equal((await log.lag(group, [topic])).length, PARTITIONS);
    });

    test('every watching instance receives the messages appended from then on', async () => {
      await using backend = await open();
      const { log } = backend;
      const topic = newTopic();
      await log.append([messageIn(topic, 'a', 1)]);
      const seen: StoredMessage[][] = [[], []];
      await using _one = await log.watch([topic], (message) => void seen[0]?.push(message));
      await using _two = await log.watch([topic], (message) => void seen[1]?.push(message));
      // There is no signal that a watcher has started: append until all watchers have received a message.
      let version = 1;
      await eventually(async () => {
        version += 1;
        await log.append([messageIn(topic, 'a', version)]);
        await eventually(() => {
          for (const messages of seen) assert.equal(versionsByKey(messages).get('a')?.at(-1), version);
        }, 1_000);
      }, 30_000);
      const next = messagesIn(topic, keysUpTo(8), 2);
      await log.append(next);
      await eventually(() => {
        for (const messages of seen) assertComplete(messages, keysUpTo(8), 2);
      });
      for (const messages of seen) assert.ok(!versionsByKey(messages).get('a')?.includes(1));
    });

    test('ping resolves if the log can be reached', async () => {
      await using backend = await open();
      await backend.log.ping();
    });
  });
}
