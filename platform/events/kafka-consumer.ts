import { ListOffsetTimestamps, MessagesStreamFallbackModes, MessagesStreamModes } from '@platformatic/kafka';
import { AppError } from '#platform/errors.ts';
import type { StoredMessage, Subscription } from '#platform/events/event.ts';
import { handleRound, type Round } from '#platform/events/handle-round.ts';
import { asAdmin, offsetsOf, type KafkaCluster } from '#platform/events/kafka-cluster.ts';
import { newMember, rounds, toStored, type GroupConsumer } from '#platform/events/kafka-member.ts';
import { repeat, within } from '#platform/events/repeat.ts';

const COMMIT_MS_MAX = 15_000;
/** A topic that is read gives the next message within that time, or the reading is given up. */
const STALLED_MS = 30_000;

/** A member of a consumer group on Kafka. Whatever fails, it leaves the group, rests, and joins it again. */
export function consumeFromKafka(cluster: KafkaCluster, subscription: Subscription): AsyncDisposable {
  const { group, topics } = subscription;
  return repeat(0, cluster.logger, `consuming as ${group}`, async (stop) => {
    await cluster.ensureTopics(topics);
    await using member = newMember(cluster, group, topics, stop);
    const { consumer, ended } = member;
    const held = heldPartitions(consumer);
    const round: Round = {
      subscription,
      logger: cluster.logger,
      ended,
      lossOf: held.lossOf,
      async commit({ topic, partition, offset }, lost) {
        const offsets = [{ topic, partition, offset: offset + 1n, leaderEpoch: -1 }];
        // The client joins anew if it has to, and then commits what stands here, also for what is another's by now.
        const forget = (): void => void (offsets.length = 0);
        lost.addEventListener('abort', forget, { once: true });
        try {
          await within(consumer.commit({ offsets }), { ms: COMMIT_MS_MAX });
        } finally {
          lost.removeEventListener('abort', forget);
        }
      },
    };
    while (!ended.aborted) {
      const stream = await member.open({
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

/** A signal for each partition that fires when the member has lost it to another. */
function heldPartitions(consumer: GroupConsumer) {
  const held = new Map<string, AbortController>();
  let rebalanced = new AbortController();
  let joinedAs: string | null = null;
  const nameOf = (topic: string, partition: number): string => `${topic}/${partition}`;
  const isOurs = (name: string): boolean =>
    (consumer.assignments ?? []).some(({ topic, partitions }) =>
      partitions.some((partition) => nameOf(topic, partition) === name),
    );
  consumer.on('consumer:group:join', () => {
    // Who is known under another name was given up by the group: others had its partitions, even if it has them again.
    const wasGivenUp = consumer.memberId !== joinedAs;
    joinedAs = consumer.memberId;
    for (const [name, holding] of held) {
      if (!wasGivenUp && isOurs(name)) continue;
      holding.abort();
      held.delete(name);
    }
    rebalanced.abort();
  });
  return {
    lossOf(topic: string, partition: number): AbortSignal {
      const name = nameOf(topic, partition);
      if (!isOurs(name)) return AbortSignal.abort();
      const holding = held.get(name) ?? new AbortController();
      held.set(name, holding);
      return holding.signal;
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
    await using member = newMember(cluster, `fritzy-watch-${cluster.newId()}`, topics, stop);
    const stream = await member.open({ mode: MessagesStreamModes.LATEST });
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
  await using member = newMember(cluster, `fritzy-read-${cluster.newId()}`, [topic]);
  let stalled: NodeJS.Timeout | undefined;
  try {
    const stream = await member.open({
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
