import { Admin, findErrorBy, ListOffsetTimestamps } from '@platformatic/kafka';
import { AppError } from '#platform/errors.ts';
import { DEAD_LETTER_RETENTION_MS, PARTITIONS, RETENTION_MS } from '#platform/events/event.ts';
import { within } from '#platform/events/repeat.ts';
import type { Logger } from '#platform/logger.ts';

export interface KafkaDeps {
  /** `host:port` of some brokers; the client discovers the others. */
  readonly brokers: readonly string[];
  readonly logger: Logger;
  readonly newId: () => string;
}

export interface KafkaCluster extends KafkaDeps {
  /**
   * The options of a client of the cluster. Each client starts with another broker, so that not every client waits for
   * a broker that hangs.
   */
  readonly client: {
    clientId: string;
    bootstrapBrokers: string[];
    connectTimeout: number;
    requestTimeout: number;
    timeout: number;
    retries: number;
    retryDelay: number;
    metadataMaxAge: number;
  };
  /** Creates the topics that do not exist. */
  ensureTopics(topics: Iterable<string>): Promise<void>;
}

/** The maximum size of a record batch that a broker accepts. */
export const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
/** The timeout of an administrative request if any broker hangs. */
const ADMIN_MS_MAX = 10_000;
/** Replicas of each message: one broker may fail while another is down for maintenance. Fewer on smaller clusters. */
const REPLICAS = 3;

/**
 * The client retries only briefly: it keeps its old cluster metadata while it retries, and would send to a dead broker
 * again and again. The code that appends or consumes retries with new metadata.
 */
export function kafkaCluster(deps: KafkaDeps): KafkaCluster {
  const known = new Set<string>();
  const cluster: KafkaCluster = {
    ...deps,
    get client() {
      return {
        clientId: 'fritzy',
        bootstrapBrokers: shuffled(deps.brokers),
        connectTimeout: 1_000,
        requestTimeout: 5_000,
        timeout: 3_000,
        retries: 2,
        retryDelay: 200,
        metadataMaxAge: 500,
      };
    },
    async ensureTopics(topics) {
      const unknown = [...new Set(topics)].filter((topic) => !known.has(topic));
      if (unknown.length === 0) return;
      await asAdmin(cluster, (admin) => createTopics(admin, unknown, deps.brokers.length));
      for (const topic of unknown) known.add(topic);
    },
  };
  return cluster;
}

function shuffled<T>(all: readonly T[]): T[] {
  const ranked = all.map((one) => ({ one, rank: Math.random() }));
  return ranked.sort((a, b) => a.rank - b.rank).map(({ one }) => one);
}

/**
 * Creates the topics that do not exist, leaves the others unchanged and returns the new ones. The number of replicas of
 * a topic is fixed at its creation, so `brokersMin` brokers must be up: all those in the URL.
 */
export async function createTopics(
  admin: Admin,
  topics: readonly string[],
  brokersMin: number,
): Promise<string[]> {
  const existing = new Set(await admin.listTopics());
  const missing = topics.filter((topic) => !existing.has(topic));
  if (missing.length === 0) return [];
  const { brokers } = await admin.metadata({ topics: [] });
  if (brokers.size < brokersMin)
    throw new Error(
      `${brokers.size} of ${brokersMin} brokers are up: topics are created only when all are up`,
    );
  const replicas = Math.min(REPLICAS, brokers.size);
  for (const topic of missing) {
    const config = {
      'retention.ms': topic.endsWith('.dlq') ? DEAD_LETTER_RETENTION_MS : RETENTION_MS,
      // A dead letter is its message with additional headers.
      'max.message.bytes': topic.endsWith('.dlq') ? MESSAGE_BYTES_MAX + 65_536 : MESSAGE_BYTES_MAX,
      'min.insync.replicas': Math.max(1, replicas - 1),
    };
    try {
      await admin.createTopics({
        topics: [topic],
        partitions: PARTITIONS,
        replicas,
        configs: Object.entries(config).map(([name, value]) => ({ name, value: String(value) })),
      });
    } catch (error) {
      // Another process created it first.
      if (!(error instanceof Error) || !findErrorBy(error, 'apiId', 'TOPIC_ALREADY_EXISTS')) throw error;
    }
  }
  return missing;
}

/**
 * Runs `work` with an administrative client. Failures become UNAVAILABLE, because the requests are valid on every
 * cluster.
 */
export async function asAdmin<T>(
  { client }: Pick<KafkaCluster, 'client'>,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = new Admin(client);
  try {
    return await within(work(admin), { ms: ADMIN_MS_MAX });
  } catch (error) {
    throw new AppError('UNAVAILABLE', 'Kafka cannot be reached. Try again in a moment.', { cause: error });
  } finally {
    await admin.close().catch(() => {});
  }
}

/** Returns the end offset of each partition, or the offset of the first message since a timestamp. */
export async function offsetsOf(
  admin: Admin,
  topics: readonly string[],
  timestamp: bigint = ListOffsetTimestamps.LATEST,
): Promise<{ topic: string; partition: number; offset: bigint }[]> {
  const { topics: described } = await admin.metadata({ topics: [...topics] });
  const listed = await admin.listOffsets({
    topics: topics.map((name) => ({
      name,
      partitions: Array.from({ length: described.get(name)?.partitionsCount ?? 0 }, (_, partitionIndex) => ({
        partitionIndex,
        timestamp,
      })),
    })),
  });
  return listed.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, offset }) => ({ topic: name, partition: partitionIndex, offset })),
  );
}
