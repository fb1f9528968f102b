import {
  Consumer,
  ListOffsetTimestamps,
  MessagesStreamFallbackModes,
  MessagesStreamModes,
  stringDeserializers,
  type Message,
  type MessagesStream,
} from '@platformatic/kafka';
import { AppError } from '#platform/errors.ts';
import type { StoredMessage, Subscription } from '#platform/events/event.ts';
import { handleRound } from '#platform/events/handle-round.ts';
import { asAdmin, offsetsOf, type KafkaCluster } from '#platform/events/kafka-cluster.ts';
import { repeat } from '#platform/events/repeat.ts';

type KafkaMessage = Message<string, string, string, string>;
type Stream = MessagesStream<string, string, string, string>;

type GroupConsumer = Consumer<string, string, string, string>;

/** Messages of one round. */
const ROUND_SIZE_MAX = 2_000;
/** How soon a member that died is noticed; the least that brokers accept by default is 6 s. */
const SESSION_TIMEOUT_MS = 6_000;
/** A topic that is read gives the next message within that time, or the reading is given up. */
const STALLED_MS = 30_000;

function openConsumer(cluster: KafkaCluster, groupId: string): GroupConsumer {
  return new Consumer<string, string, string, string>({
    ...cluster.client,
    groupId,
    deserializers: stringDeserializers,
    autocommit: false,
    sessionTimeout: SESSION_TIMEOUT_MS,
    rebalanceTimeout: 10_000,
    heartbeatInterval: 1_000,
    maxWaitTime: 500,
    highWaterMark: ROUND_SIZE_MAX,
  });
}

/** A member of a consumer group on Kafka. Whatever fails, it leaves the group, rests, and joins it again. */
export function consumeFromKafka(cluster: KafkaCluster, subscription: Subscription): AsyncDisposable {
  const { group, topics } = subscription;
  return repeat(0, cluster.logger, `consuming as ${group}`, async (stop) => {
    await cluster.ensureTopics(topics);
    const consumer = openConsumer(cluster, group);
    try {
      const stream = await consumer.consume({
        topics: [...topics],
        mode: MessagesStreamModes.COMMITTED,
        fallbackMode: MessagesStreamFallbackModes.EARLIEST,
      });
      const held = heldPartitions(consumer, stop);
      await eachRound(consumer, stream, stop, (messages) =>
        handleRound(messages, {
          subscription,
          logger: cluster.logger,
          signalOf: held.signalOf,
          commit: async ({ topic, partition, offset }) => {
            // The client commits under its newest membership, also for what is another member's by now.
            if (held.signalOf(topic, partition).aborted) return;
            await consumer.commit({ offsets: [{ topic, partition, offset: offset + 1n, leaderEpoch: -1 }] });
          },
        }),
      );
    } finally {
      await consumer.close(true).catch(() => {});
    }
    return true;
  });
}

/** A signal for each partition that fires when a rebalance has taken it from the member, or when it leaves. */
function heldPartitions(consumer: GroupConsumer, stop: AbortSignal) {
  const held = new Map<string, { signal: AbortSignal; abort(): void }>();
  const nameOf = (topic: string, partition: number): string => `${topic}/${partition}`;
  const isOurs = (name: string): boolean =>
    (consumer.assignments ?? []).some(({ topic, partitions }) =>
      partitions.some((partition) => nameOf(topic, partition) === name),
    );
  consumer.on('consumer:group:join', () => {
    for (const [name, { abort }] of held) {
      if (isOurs(name)) continue;
      abort();
      held.delete(name);
    }
  });
  return {
    signalOf(topic: string, partition: number): AbortSignal {
      const name = nameOf(topic, partition);
      if (!isOurs(name)) return AbortSignal.abort();
      const known = held.get(name);
      if (known) return known.signal;
      const controller = new AbortController();
      const abort = (): void => controller.abort();
      stop.addEventListener('abort', abort, { signal: controller.signal });
      held.set(name, { signal: controller.signal, abort });
      return controller.signal;
    },
  };
}

/** Sees what is appended from now on: a group of its own that begins at the end and remembers nothing. */
export function watchKafka(
  cluster: KafkaCluster,
  topics: readonly string[],
  see: (message: StoredMessage) => void,
): AsyncDisposable {
  return repeat(0, cluster.logger, 'watching the event log', async (stop) => {
    await cluster.ensureTopics(topics);
    const consumer = openConsumer(cluster, `fritzy-watch-${cluster.newId()}`);
    try {
      const stream = await consumer.consume({ topics: [...topics], mode: MessagesStreamModes.LATEST });
      await eachRound(consumer, stream, stop, async (messages) => {
        for (const message of messages) see(message);
      });
    } finally {
      await consumer.close(true).catch(() => {});
    }
    return true;
  });
}

/** What lies in a topic now, from a moment on. */
export async function* readTopic(
  cluster: KafkaCluster,
  topic: string,
  since?: Date,
): AsyncGenerator<StoredMessage> {
  await cluster.ensureTopics([topic]);
  const from = since ? BigInt(since.getTime()) : ListOffsetTimestamps.EARLIEST;
  const { starts, ends } = await asAdmin(cluster, async (admin) => ({
    starts: await offsetsOf(admin, [topic], from),
    ends: await offsetsOf(admin, [topic]),
  }));
  const left = new Map(ends.map(({ partition, offset }) => [partition, offset]));
  // Kafka says -1 where no message is that young.
  for (const { partition, offset } of starts)
    if (offset < 0n || offset >= (left.get(partition) ?? 0n)) left.delete(partition);
  if (left.size === 0) return;
  const consumer = openConsumer(cluster, `fritzy-read-${cluster.newId()}`);
  let stalled: NodeJS.Timeout | undefined;
  try {
    const stream = await consumer.consume({
      topics: [topic],
      mode: MessagesStreamModes.MANUAL,
      offsets: starts.map(({ partition, offset }) => ({
        topic,
        partition,
        offset: offset < 0n ? (ends.find((end) => end.partition === partition)?.offset ?? 0n) : offset,
      })),
    });
    consumer.on('error', (error) => stream.destroy(error));
    // Marks of transactions are no messages: a topic that ends with one never shows its last offset.
    stalled = setTimeout(() => stream.destroy(new Error(`reading ${topic} stalls`)), STALLED_MS);
    for await (const message of stream) {
      const end = left.get(message.partition);
      if (end === undefined) continue;
      if (message.offset < end) yield toStored(message);
      stalled.refresh();
      if (message.offset >= end - 1n) left.delete(message.partition);
      if (left.size === 0) return;
    }
  } catch (error) {
    throw new AppError('UNAVAILABLE', 'Kafka cannot be read. Try again in a moment.', { cause: error });
  } finally {
    clearTimeout(stalled);
    await consumer.close(true).catch(() => {});
  }
}

/**
 * Calls `work` with what has come, again and again, until `stop` fires; rejects when the stream breaks. The listener
 * for `readable` stays for good: a stream that has none for a moment stops fetching, and does not begin again.
 */
async function eachRound(
  consumer: GroupConsumer,
  stream: Stream,
  stop: AbortSignal,
  work: (messages: StoredMessage[]) => Promise<void>,
): Promise<void> {
  let woken = Promise.withResolvers<void>();
  const wake = (): void => woken.resolve();
  let broken: Error | undefined;
  const fail = (error: Error): void => {
    broken ??= error;
    wake();
  };
  stream.on('readable', wake);
  stream.on('error', fail);
  // A rebalance that fails is an error of the client itself, which sends no heartbeats any more.
  consumer.on('error', fail);
  stream.on('close', () => {
    broken ??= new Error('the stream of events ended');
    wake();
  });
  stop.addEventListener('abort', wake);
  try {
    while (!stop.aborted) {
      if (broken) throw broken;
      woken = Promise.withResolvers();
      const messages = takeUpTo(stream, ROUND_SIZE_MAX);
      if (messages.length > 0) await work(messages);
      else await woken.promise;
    }
  } finally {
    stop.removeEventListener('abort', wake);
  }
}

function takeUpTo(stream: Stream, sizeMax: number): StoredMessage[] {
  const messages: StoredMessage[] = [];
  while (messages.length < sizeMax) {
    const message = stream.read() as KafkaMessage | null;
    if (message === null) break;
    messages.push(toStored(message));
  }
  return messages;
}

function toStored({ topic, partition, offset, key, value, headers, timestamp }: KafkaMessage): StoredMessage {
  const named = Object.fromEntries(headers);
  return {
    topic,
    partition,
    offset,
    // Others may write messages without key or value; ours have both.
    key: key ?? '',
    id: named['ce_id'] ?? '',
    headers: named,
    value: value ?? '',
    appendedAt: new Date(Number(timestamp)),
  };
}
