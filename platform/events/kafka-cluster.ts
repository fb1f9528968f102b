import { Admin, findErrorBy, ListOffsetTimestamps } from '@platformatic/kafka';
import { AppError } from '#platform/errors.ts';
import { DEAD_LETTER_RETENTION_MS, PARTITIONS, RETENTION_MS } from '#platform/events/event.ts';
import { within } from '#platform/events/repeat.ts';
import type { Logger } from '#platform/logger.ts';

export interface KafkaDeps {
  /** `host:port` of some brokers; the others are found through them. */
  readonly brokers: readonly string[];
  readonly logger: Logger;
  readonly newId: () => string;
}

export interface KafkaCluster extends KafkaDeps {
  /**
   * What a client of the cluster is made with. Each asks another broker first: one that hangs is waited for again and
   * again by the clients that begin with it.
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
  /** Makes the topics that are not there yet. */
  ensureTopics(topics: Iterable<string>): Promise<void>;
}

/** What a broker accepts in one batch of records. */
export const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
/** Nobody waits longer for what an administrative client is lent for, whichever broker hangs. */
const ADMIN_MS_MAX = 10_000;
/** Replicas of each message: one broker may die and another may be down for maintenance. Fewer on smaller clusters. */
const REPLICAS = 3;

/**
 * Retries of the client are short: while it retries it keeps what it knew of the cluster, and a long retry asks a dead
 * broker again and again. Whoever appends or consumes tries again, with what the cluster says then.
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
 * Makes the topics that are not there yet; those that are stay as they are. Returns the new ones. A topic keeps the
 * number of copies that it is made with, so `brokersMin` brokers have to be up: all that the URL names.
 */
export async function createTopics(
  admin: Admin,
  topics: readonly string[],
  brokersMin: number,
): Promise<string[]> {
  const there = new Set(await admin.listTopics());
  const missing = topics.filter((topic) => !there.has(topic));
  if (missing.length === 0) return [];
  const { brokers } = await admin.metadata({ topics: [] });
  if (brokers.size < brokersMin)
    throw new Error(`${brokers.size} of ${brokersMin} brokers are up, and topics are to be made`);
  const replicas = Math.min(REPLICAS, brokers.size);
  for (const topic of missing) {
    const config = {
      'retention.ms': topic.endsWith('.dlq') ? DEAD_LETTER_RETENTION_MS : RETENTION_MS,
      // A dead letter is its message with some headers more.
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
      // Another process was faster.
      if (!(error instanceof Error) || !findErrorBy(error, 'apiId', 'TOPIC_ALREADY_EXISTS')) throw error;
    }
  }
  return missing;
}

/** Lends an administrative client. Its failures are UNAVAILABLE: it only asks what every cluster answers. */
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

/** Offsets of the end of each partition, or of the first message from a moment on. */
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
