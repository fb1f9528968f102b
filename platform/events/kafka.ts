import { ListOffsetTimestamps, type Admin } from '@platformatic/kafka';
import type { EventLog, PartitionLag } from '#platform/events/event.ts';
import {
  asAdmin,
  kafkaCluster,
  offsetsOf,
  type KafkaCluster,
  type KafkaDeps,
} from '#platform/events/kafka-cluster.ts';
import { consumeFromKafka, readTopic, watchKafka } from '#platform/events/kafka-consumer.ts';
import { kafkaProducer } from '#platform/events/kafka-producer.ts';

/**
 * The event log on Apache Kafka: topics with 6 partitions and 3 replicas, of which at least 2 must acknowledge a write.
 */
export function kafkaEventLog(deps: KafkaDeps): EventLog & AsyncDisposable {
  const cluster = kafkaCluster(deps);
  const producer = kafkaProducer(cluster);
  return {
    append: producer.append,
    consume: (subscription) => Promise.resolve(consumeFromKafka(cluster, subscription)),
    watch: (topics, see) => Promise.resolve(watchKafka(cluster, topics, see)),
    read: (topic, since) => readTopic(cluster, topic, since),
    lag: (group, topics) => asAdmin(cluster, (admin) => lagOf(admin, cluster, group, topics)),
    ping: () => asAdmin(cluster, async (admin) => void (await admin.metadata({ topics: [] }))),
    [Symbol.asyncDispose]: producer[Symbol.asyncDispose],
  };
}

async function lagOf(
  admin: Admin,
  cluster: KafkaCluster,
  group: string,
  topics: readonly string[],
): Promise<PartitionLag[]> {
  await cluster.ensureTopics(topics);
  const [ends, starts, committed] = await Promise.all([
    offsetsOf(admin, topics),
    offsetsOf(admin, topics, ListOffsetTimestamps.EARLIEST),
    admin.listConsumerGroupOffsets({ groups: [group] }),
  ]);
  const done = new Map(
    committed.flatMap((each) =>
      each.topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, committedOffset }) => [
          `${name}/${partitionIndex}`,
          committedOffset,
        ]),
      ),
    ),
  );
  return ends.map(({ topic, partition, offset: end }) => {
    const start = starts.find((each) => each.topic === topic && each.partition === partition)?.offset ?? 0n;
    const reached = done.get(`${topic}/${partition}`) ?? -1n;
    return { topic, partition, messages: end - (reached > start ? reached : start) };
  });
}
