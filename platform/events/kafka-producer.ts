import { findErrorBy, ProduceAcks, Producer, stringSerializers } from '@platformatic/kafka';
import { AppError } from '#platform/errors.ts';
import type { Message } from '#platform/events/event.ts';
import type { KafkaCluster } from '#platform/events/kafka-cluster.ts';

/** Maximum bytes of one request: even if all of them go to one partition, they form one batch. */
const REQUEST_BYTES_MAX = 3 * 1024 * 1024;
/** The overhead of a message and of each of its headers. */
const FRAME_BYTES = 64;

/**
 * Appends to Kafka. All in-sync replicas acknowledge every message, and the order of a key is kept when the client
 * retries a request (idempotent producer). A failure replaces the producer, so that a repeated append does not depend
 * on the state after the failure; readers deduplicate messages.
 */
export function kafkaProducer(cluster: KafkaCluster): {
  append(messages: readonly Message[]): Promise<void>;
} & AsyncDisposable {
  const open = () =>
    new Producer<string, string, string, string>({
      ...cluster.client,
      idempotent: true,
      acks: ProduceAcks.ALL,
      serializers: stringSerializers,
    });
  let producer: ReturnType<typeof open> | undefined;

  const close = async (used = producer): Promise<void> => {
    // Another caller may have opened a new producer in the meantime: keep that one.
    if (producer === used) producer = undefined;
    await used?.close().catch(() => {});
  };

  return {
    async append(messages) {
      await cluster.ensureTopics(messages.map(({ topic }) => topic));
      for (const part of inRequests(messages)) {
        const used = (producer ??= open());
        try {
          await used.send({
            messages: part.map(({ topic, key, value, headers }) => ({ topic, key, value, headers })),
          });
        } catch (error) {
          await close(used);
          if (error instanceof Error && findErrorBy(error, 'apiId', 'MESSAGE_TOO_LARGE'))
            throw new AppError('INVALID_ARGUMENT', 'A message exceeds the maximum size of its topic.', {
              cause: error,
            });
          throw new AppError('UNAVAILABLE', 'Kafka did not accept the events. Try again in a moment.', {
            cause: error,
          });
        }
      }
    },
    [Symbol.asyncDispose]: () => close(),
  };
}

function* inRequests(messages: readonly Message[]): Generator<readonly Message[]> {
  let part: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = sizeOf(message);
    if (part.length > 0 && bytes + size > REQUEST_BYTES_MAX) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(message);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

function sizeOf({ key, value, headers }: Message): number {
  const texts = [key, value, ...Object.entries(headers).flat()];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text) + FRAME_BYTES, 0);
}
