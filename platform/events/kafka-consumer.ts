import {
  Consumer,
  ListOffsetTimestamps,
  MessagesStreamFallbackModes,
  MessagesStreamModes,
  stringDeserializers,
  type ConsumeOptions,
  type Message,
  type MessagesStream,
} from '@platformatic/kafka';
import { AppError } from '#platform/errors.ts';
import type { StoredMessage, Subscription } from '#platform/events/event.ts';
import { handleRound, PartitionLost, type Round } from '#platform/events/handle-round.ts';
import { asAdmin, offsetsOf, type KafkaCluster } from '#platform/events/kafka-cluster.ts';
import { repeat, within } from '#platform/events/repeat.ts';

type KafkaMessage = Message<string, string, string, string>;
type Stream = MessagesStream<string, string, string, string>;
type StreamOptions = ConsumeOptions<string, string, string, string>;
type GroupConsumer = Consumer<string, string, string, string>;

/** Messages of one round. */
const ROUND_SIZE_MAX = 2_000;
/** What a broker sends at once, and of one partition; a larger message comes alone. All brokers' lie in memory. */
const FETCH_BYTES_MAX = 4 * 1024 * 1024;
const PARTITION_BYTES_MAX = 1024 * 1024;
/** How soon a member that died is noticed; the least that brokers accept by default is 6 s. */
const SESSION_TIMEOUT_MS = 6_000;
/** Joining waits for the others of the group (10 s), with the client's own retries. */
const JOIN_MS_MAX = 45_000;
const COMMIT_MS_MAX = 15_000;
const LEAVE_MS_MAX = 2_000;
const CLOSE_MS_MAX = 2_000;
/** A topic that is read gives the next message within that time, or the reading is given up. */
const STALLED_MS = 30_000;

/** A client of the cluster in a group. Disposing leaves the group; nothing of it is left then. */
interface Member extends AsyncDisposable {
  readonly consumer: GroupConsumer;
  /** Fires when it is to stop, or when the client cannot go on. */
  readonly ended: AbortSignal;
  /** Joins the group, if need be, and opens a stream in the place of the one before. */
  open(options: StreamOptions): Promise<Stream>;
}

function newMember(cluster: KafkaCluster, groupId: string, stop?: AbortSignal): Member {
  const consumer: GroupConsumer = new Consumer({
    ...cluster.client,
    groupId,
    deserializers: stringDeserializers,
    autocommit: false,
    sessionTimeout: SESSION_TIMEOUT_MS,
    rebalanceTimeout: 10_000,
    heartbeatInterval: 1_000,
    // By then the group has given its partitions to others.
    heartbeatStallTimeout: SESSION_TIMEOUT_MS,
    maxWaitTime: 500,
    maxBytes: FETCH_BYTES_MAX,
    maxBytesPerPartition: PARTITION_BYTES_MAX,
    highWaterMark: ROUND_SIZE_MAX,
  });
  const failing = new AbortController();
  const ended = AbortSignal.any([failing.signal, ...(stop ? [stop] : [])]);
  // A rebalance that fails is an error of the client itself, which sends no heartbeats any more.
  consumer.on('error', (error) => failing.abort(error));
  consumer.on('consumer:heartbeat:stalled', () =>
    failing.abort(new Error('the group does not answer heartbeats')),
  );
  let current: Stream | undefined;
  ended.addEventListener('abort', () => current?.destroy(ended.reason as Error));
  return {
    consumer,
    ended,
    async open(options) {
      const opening = consumer.consume(options);
      const discard = (late: Stream): void => void late.on('error', () => {}).destroy();
      const next = await within(opening, { ms: JOIN_MS_MAX, signal: ended }).catch((error: unknown) => {
        opening.then(discard, () => {});
        throw error;
      });
      next.on('error', () => {});
      // After the new one was opened: the client leaves a topic that no stream of it reads.
      current?.destroy();
      current = next;
      return next;
    },
    async [Symbol.asyncDispose]() {
      current?.destroy();
      // Leaving comes first: a client that is closed while it joins goes on with its heartbeats, and keeps partitions.
      const left = new Promise<void>((resolve) => consumer.leaveGroup(true, () => resolve()));
      await within(left, { ms: LEAVE_MS_MAX }).catch(() => {});
      await within(consumer.close(true), { ms: CLOSE_MS_MAX }).catch(() => {});
      // A client that could not leave does not close either.
      await within(consumer.connections.close(), { ms: CLOSE_MS_MAX }).catch(() => {});
    },
  };
}

/** A member of a consumer group on Kafka. Whatever fails, it leaves the group, rests, and joins it again. */
export function consumeFromKafka(cluster: KafkaCluster, subscription: Subscription): AsyncDisposable {
  const { group, topics } = subscription;
  return repeat(0, cluster.logger, `consuming as ${group}`, async (stop) => {
    await cluster.ensureTopics(topics);
    await using member = newMember(cluster, group, stop);
    const { consumer, ended } = member;
    const held = heldPartitions(consumer, ended);
    const round: Round = {
      subscription,
      logger: cluster.logger,
      signalOf: held.signalOf,
      async commit({ topic, partition, offset }) {
        const offsets = [{ topic, partition, offset: offset + 1n, leaderEpoch: -1 }];
        await within(consumer.commit({ offsets }), { ms: COMMIT_MS_MAX });
      },
    };
    while (!ended.aborted) {
      const stream = await member.open({
        topics: [...topics],
        mode: MessagesStreamModes.COMMITTED,
        fallbackMode: MessagesStreamFallbackModes.EARLIEST,
      });
      // A stream that outlives a rebalance goes on where it was and gives what it had fetched before, also of a
      // partition that another member had meanwhile. A new one begins behind what the group has committed.
      const until = AbortSignal.any([ended, held.untilRebalance()]);
      for await (const messages of rounds(stream, until)) await handleRound(messages, round);
    }
    if (!stop.aborted) throw ended.reason;
    return false;
  });
}

/** A signal for each partition that fires when a rebalance has taken it from the member, or when it ends. */
function heldPartitions(consumer: GroupConsumer, ended: AbortSignal) {
  const held = new Map<string, AbortController>();
  let rebalanced = new AbortController();
  const nameOf = (topic: string, partition: number): string => `${topic}/${partition}`;
  const isOurs = (name: string): boolean =>
    (consumer.assignments ?? []).some(({ topic, partitions }) =>
      partitions.some((partition) => nameOf(topic, partition) === name),
    );
  consumer.on('consumer:group:join', () => {
    for (const [name, holding] of held) {
      if (isOurs(name)) continue;
      holding.abort(new PartitionLost());
      held.delete(name);
    }
    rebalanced.abort();
  });
  return {
    signalOf(topic: string, partition: number): AbortSignal {
      const name = nameOf(topic, partition);
      if (!isOurs(name)) return AbortSignal.abort(new PartitionLost());
      const holding = held.get(name) ?? new AbortController();
      held.set(name, holding);
      return AbortSignal.any([holding.signal, ended]);
    },
    untilRebalance(): AbortSignal {
      rebalanced = new AbortController();
      return rebalanced.signal;
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
    await using member = newMember(cluster, `fritzy-watch-${cluster.newId()}`, stop);
    const stream = await member.open({ topics: [...topics], mode: MessagesStreamModes.LATEST });
    for await (const messages of rounds(stream, member.ended)) for (const message of messages) see(message);
    if (!stop.aborted) throw member.ended.reason;
    return false;
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
  await using member = newMember(cluster, `fritzy-read-${cluster.newId()}`);
  let stalled: NodeJS.Timeout | undefined;
  try {
    const stream = await member.open({
      topics: [topic],
      mode: MessagesStreamModes.MANUAL,
      offsets: starts.map(({ partition, offset }) => ({
        topic,
        partition,
        offset: offset < 0n ? (ends.find((end) => end.partition === partition)?.offset ?? 0n) : offset,
      })),
    });
    // Marks of transactions are no messages: a topic that ends with one never shows its last offset.
    const awaitNext = (): void => {
      stalled = setTimeout(() => stream.destroy(new Error(`reading ${topic} stalls`)), STALLED_MS);
    };
    awaitNext();
    for await (const message of stream) {
      // Who reads may take their time.
      clearTimeout(stalled);
      const end = left.get(message.partition);
      if (end !== undefined) {
        if (message.offset < end) yield toStored(message);
        if (message.offset >= end - 1n) left.delete(message.partition);
        if (left.size === 0) return;
      }
      awaitNext();
    }
    throw new Error(`reading ${topic} ended early`);
  } catch (error) {
    throw new AppError('UNAVAILABLE', 'Kafka cannot be read. Try again in a moment.', { cause: error });
  } finally {
    clearTimeout(stalled);
  }
}

/**
 * What has come, again and again, until `until` fires; throws when the stream breaks. The listener for `readable` stays
 * for good: a stream that has none for a moment stops fetching, and does not begin again.
 */
async function* rounds(stream: Stream, until: AbortSignal): AsyncGenerator<StoredMessage[]> {
  let woken = Promise.withResolvers<void>();
  const wake = (): void => woken.resolve();
  let broken: Error | undefined;
  const fail = (error: Error): void => {
    broken ??= error;
    wake();
  };
  stream.on('readable', wake);
  stream.on('error', fail);
  stream.on('close', () => fail(new Error('the stream of events ended')));
  until.addEventListener('abort', wake);
  try {
    while (!until.aborted) {
      if (broken) throw broken;
      woken = Promise.withResolvers();
      const messages = takeUpTo(stream, ROUND_SIZE_MAX);
      if (messages.length > 0) yield messages;
      else await woken.promise;
    }
  } finally {
    until.removeEventListener('abort', wake);
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
