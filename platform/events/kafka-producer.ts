import { ProduceAcks, Producer, stringSerializers } from '@platformatic/kafka';
import { AppError } from '#platform/errors.ts';
import type { Message } from '#platform/events/event.ts';
import type { KafkaCluster } from '#platform/events/kafka-cluster.ts';

/** What one request carries at the most: even if all of it goes to one partition it is one batch. */
const REQUEST_BYTES_MAX = 3 * 1024 * 1024;
/** Headers, key and framing of a message: ids and times, all bounded. */
const FRAME_BYTES = 700;

/**
 * Appends to Kafka: every message acknowledged by all replicas in sync, and in the order of its key also when the
 * client repeats a request (idempotent producer). After a failure a new producer begins, so that what is appended
 * again does not depend on the state that the failure left; readers recognise what lies there twice.
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

  const close = async (): Promise<void> => {
    const closing = producer;
    producer = undefined;
    await closing?.close().catch(() => {});
  };

  return {
    async append(messages) {
      await cluster.ensureTopics(messages.map(({ topic }) => topic));
      for (const part of inRequests(messages)) {
        producer ??= open();
        try {
          await producer.send({
            messages: part.map(({ topic, key, value, headers }) => ({ topic, key, value, headers })),
          });
        } catch (error) {
          await close();
          throw new AppError('UNAVAILABLE', 'Kafka did not take the events. Try again in a moment.', {
            cause: error,
          });
        }
      }
    },
    [Symbol.asyncDispose]: close,
  };
}

function* inRequests(messages: readonly Message[]): Generator<readonly Message[]> {
  let part: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = Buffer.byteLength(message.value) + FRAME_BYTES;
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
