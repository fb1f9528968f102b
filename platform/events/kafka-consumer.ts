import { ListOffsetTimestamps, MessagesStreamFallbackModes, MessagesStreamModes } from '@platformatic/kafka';
import { AppError } from '#platform/errors.ts';
import type { StoredMessage, Subscription } from '#platform/events/event.ts';
import { handleRound, type Round } from '#platform/events/handle-round.ts';
import { asAdmin, offsetsOf, type KafkaCluster } from '#platform/events/kafka-cluster.ts';
import { newMember, rounds, toStored, type GroupConsumer } from '#platform/events/kafka-member.ts';
import { repeat, within } from '#platform/events/repeat.ts';

const COMMIT_MS_MAX = 15_000;
/** Reading a topic fails if no message arrives for this long. */
const STALLED_MS = 30_000;

/** A member of a consumer group on Kafka. After any failure it leaves the group, pauses, and joins again. */
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
        // The client rejoins if necessary and then commits the offsets in this array, even of partitions that another
        // member has acquired: empty the array when the partition is lost.
        const clear = (): void => void (offsets.length = 0);
        lost.addEventListener('abort', clear, { once: true });
        try {
          await within(consumer.commit({ offsets }), { ms: COMMIT_MS_MAX });
        } finally {
          lost.removeEventListener('abort', clear);
        }
      },
    };
    while (!ended.aborted) {
      const stream = await member.open({
        mode: MessagesStreamModes.COMMITTED,
        fallbackMode: MessagesStreamFallbackModes.EARLIEST,
      });
      // After a rebalance, a stream would continue at its old position and return messages fetched before, even of a
      // partition that another member had in between. A new stream begins at the committed position.
      const until = AbortSignal.any([ended, held.untilRebalance()]);
      for await (const messages of rounds(stream, until)) await handleRound(messages, round);
    }
    if (!stop.aborted) throw ended.reason;
    return false;
  });
}

/** Keeps a signal for each partition that fires when the member has lost it. */
function heldPartitions(consumer: GroupConsumer) {
  const held = new Map<string, AbortController>();
  let rebalanced = new AbortController();
  let lastMemberId: string | null = null;
  const nameOf = (topic: string, partition: number): string => `${topic}/${partition}`;
  const isOurs = (name: string): boolean =>
    (consumer.assignments ?? []).some(({ topic, partitions }) =>
      partitions.some((partition) => nameOf(topic, partition) === name),
    );
  consumer.on('consumer:group:join', () => {
    // A new member id means that the group had expelled the member: others had its partitions, even if it has them
    // again.
    const wasExpelled = consumer.memberId !== lastMemberId;
    lastMemberId = consumer.memberId;
    for (const [name, controller] of held) {
      if (!wasExpelled && isOurs(name)) continue;
      controller.abort();
      held.delete(name);
    }
    rebalanced.abort();
  });
  return {
    lossOf(topic: string, partition: number): AbortSignal {
      const name = nameOf(topic, partition);
      if (!isOurs(name)) return AbortSignal.abort();
      const controller = held.get(name) ?? new AbortController();
      held.set(name, controller);
      return controller.signal;
    },
    untilRebalance(): AbortSignal {
      rebalanced = new AbortController();
      return rebalanced.signal;
    },
  };
}

/**
 * Watches messages appended from now on: a consumer group with a unique name that starts at the end and commits
 * nothing.
 */
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

/** Reads the current messages of a topic, optionally only those since a time. */
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
  const endOffsets = new Map(ends.map(({ partition, offset }) => [partition, offset]));
  // Kafka returns -1 if no message is that recent.
  for (const { partition, offset } of starts)
    if (offset < 0n || offset >= (endOffsets.get(partition) ?? 0n)) endOffsets.delete(partition);
  if (endOffsets.size === 0) return;
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
    // Transaction markers are not messages: a topic that ends with one never returns its last offset.
    const awaitNext = (): void => {
      stalled = setTimeout(
        () => stream.destroy(new Error(`no message of ${topic} within ${STALLED_MS} ms`)),
        STALLED_MS,
      );
    };
    awaitNext();
    for await (const message of stream) {
      // The time that the reader takes does not count.
      clearTimeout(stalled);
      const end = endOffsets.get(message.partition);
      if (end !== undefined) {
        if (message.offset < end) yield toStored(message);
        if (message.offset >= end - 1n) endOffsets.delete(message.partition);
        if (endOffsets.size === 0) return;
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
