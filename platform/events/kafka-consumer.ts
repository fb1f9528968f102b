import {
  Consumer,
  ListOffsetTimestamps,
  MessagesStreamFallbackModes,
  MessagesStreamModes,
  stringDeserializers,
  type Message,
  type MessagesStream,
} from '@platformatic/kafka';
import type { StoredMessage, Subscription } from '#platform/events/event.ts';
import { handleRound } from '#platform/events/handle-round.ts';
import { asAdmin, offsetsOf, type KafkaCluster } from '#platform/events/kafka-cluster.ts';
import { repeat } from '#platform/events/repeat.ts';

type KafkaMessage = Message<string, string, string, string>;
type Stream = MessagesStream<string, string, string, string>;

/** Messages of one round. */
const ROUND_SIZE_MAX = 2_000;
/** How soon a member that died is noticed; the least that brokers accept by default is 6 s. */
const SESSION_TIMEOUT_MS = 6_000;

function openConsumer(cluster: KafkaCluster, groupId: string): Consumer<string, string, string, string> {
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
      await eachRound(stream, stop, async (messages) => {
        const done = await handleRound(messages, subscription, cluster.logger, stop);
        if (done.length === 0) return;
        const offsets = done.map(({ topic, partition, offset }) => ({
          topic,
          partition,
          offset: offset + 1n,
          leaderEpoch: -1,
        }));
        await consumer.commit({ offsets });
      });
    } finally {
      await consumer.close(true).catch(() => {});
    }
    return true;
  });
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
      await eachRound(stream, stop, async (messages) => {
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
    for await (const message of stream) {
      const end = left.get(message.partition);
      if (end === undefined) continue;
      if (message.offset < end) yield toStored(message);
      if (message.offset >= end - 1n) left.delete(message.partition);
      if (left.size === 0) return;
    }
  } finally {
    await consumer.close(true).catch(() => {});
  }
}

/**
 * Calls `work` with what has come, again and again, until `stop` fires; rejects when the stream breaks. The listener
 * for `readable` stays for good: a stream that has none for a moment stops fetching, and does not begin again.
 */
async function eachRound(
  stream: Stream,
  stop: AbortSignal,
  work: (messages: StoredMessage[]) => Promise<void>,
): Promise<void> {
  let woken = Promise.withResolvers<void>();
  const wake = (): void => woken.resolve();
  let broken: Error | undefined;
  stream.on('readable', wake);
  stream.on('error', (error) => {
    broken = error;
    wake();
  });
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
    key,
    id: named['ce_id'] ?? '',
    headers: named,
    value,
    appendedAt: new Date(Number(timestamp)),
  };
}
