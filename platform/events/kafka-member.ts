import {
  Consumer,
  stringDeserializers,
  type ConsumeOptions,
  type Message,
  type MessagesStream,
} from '@platformatic/kafka';
import type { StoredMessage } from '#platform/events/event.ts';
import type { KafkaCluster } from '#platform/events/kafka-cluster.ts';
import { within } from '#platform/events/repeat.ts';

type KafkaMessage = Message<string, string, string, string>;
export type Stream = MessagesStream<string, string, string, string>;
type StreamOptions = ConsumeOptions<string, string, string, string>;
export type GroupConsumer = Consumer<string, string, string, string>;

/** Maximum messages of one round. */
const ROUND_SIZE_MAX = 2_000;
/**
 * Maximum bytes per fetch from a broker, and per partition; a larger message is sent alone. Memory holds one response
 * per broker.
 */
const FETCH_BYTES_MAX = 4 * 1024 * 1024;
const PARTITION_BYTES_MAX = 1024 * 1024;
/** The time until a dead member is detected; brokers accept 6 s or more by default. */
const SESSION_TIMEOUT_MS = 6_000;
/** Joining waits for the other members (10 s), plus the client's own retries. */
const JOIN_MS_MAX = 45_000;
const LEAVE_MS_MAX = 2_000;
const CLOSE_MS_MAX = 2_000;

/** A member of a consumer group. Disposing leaves the group and closes the client. */
export interface Member extends AsyncDisposable {
  readonly consumer: GroupConsumer;
  /** Fires when the member must stop, or with the error of the client, the group or the stream. */
  readonly ended: AbortSignal;
  /** Joins the group if necessary and opens a stream that replaces the previous one. */
  open(options: Omit<StreamOptions, 'topics'>): Promise<Stream>;
}

export function newMember(
  cluster: KafkaCluster,
  groupId: string,
  topics: readonly string[],
  stop?: AbortSignal,
): Member {
  const consumer: GroupConsumer = new Consumer({
    ...cluster.client,
    groupId,
    deserializers: stringDeserializers,
    autocommit: false,
    sessionTimeout: SESSION_TIMEOUT_MS,
    rebalanceTimeout: 10_000,
    heartbeatInterval: 1_000,
    // After this time the group has reassigned the partitions of the member.
    heartbeatStallTimeout: SESSION_TIMEOUT_MS,
    maxWaitTime: 500,
    maxBytes: FETCH_BYTES_MAX,
    maxBytesPerPartition: PARTITION_BYTES_MAX,
    highWaterMark: ROUND_SIZE_MAX,
  });
  // The subscription must not depend on a stream: a group leader without topics would assign no partition to anyone.
  consumer.topics.trackAll(...topics);
  const failing = new AbortController();
  const ended = AbortSignal.any([failing.signal, ...(stop ? [stop] : [])]);
  // A failed rebalance is an error of the client, which then stops sending heartbeats.
  consumer.on('error', (error) => failing.abort(error));
  consumer.on('consumer:heartbeat:stalled', () =>
    failing.abort(new Error('the group does not respond to heartbeats')),
  );
  let current: Stream | undefined;
  const replace = (next: Stream | undefined): void => {
    const before = current;
    current = next;
    before?.destroy();
  };
  const onStreamEnd = (stream: Stream, error: Error): void => {
    if (stream === current) failing.abort(error);
  };
  ended.addEventListener('abort', () => replace(undefined), { once: true });

  /**
   * If the client was closed while it joined, the stream fails in the same turn of the event loop in which it is
   * returned.
   */
  function consume(options: StreamOptions): Promise<Stream> {
    const { promise, resolve, reject } = Promise.withResolvers<Stream>();
    consumer.consume(options, (error, stream) => {
      if (error || !stream) return reject(error ?? new Error('the client returned no stream'));
      stream.on('error', (problem) => onStreamEnd(stream, problem));
      stream.on('close', () => onStreamEnd(stream, new Error('the stream of events ended')));
      resolve(stream);
    });
    return promise;
  }

  return {
    consumer,
    ended,
    async open(options) {
      replace(undefined);
      const opening = consume({ ...options, topics: [...topics] });
      try {
        const stream = await within(opening, { ms: JOIN_MS_MAX, signal: ended });
        replace(stream);
        return stream;
      } catch (error) {
        opening.then(
          (late) => late.destroy(),
          () => {},
        );
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      // Also removes the listeners of `ended`, which otherwise live as long as `stop`.
      failing.abort();
      // Also closes a stream that opened in the same turn in which the member ended.
      replace(undefined);
      // Leave first: a client that is closed while it joins continues its heartbeats and keeps its partitions.
      const left = new Promise<void>((resolve) => consumer.leaveGroup(true, () => resolve()));
      await within(left, { ms: LEAVE_MS_MAX }).catch(() => {});
      await within(consumer.close(true), { ms: CLOSE_MS_MAX }).catch(() => {});
      // A client that failed to leave does not close its connections.
      await within(consumer.connections.close(), { ms: CLOSE_MS_MAX }).catch(() => {});
    },
  };
}

/**
 * Yields the messages that have arrived, until `until` fires. The `readable` listener is never removed: a stream
 * without one stops fetching and does not resume.
 */
export async function* rounds(stream: Stream, until: AbortSignal): AsyncGenerator<StoredMessage[]> {
  let woken = Promise.withResolvers<void>();
  const wake = (): void => woken.resolve();
  stream.on('readable', wake);
  until.addEventListener('abort', wake);
  try {
    while (!until.aborted) {
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

export function toStored({
  topic,
  partition,
  offset,
  key,
  value,
  headers,
  timestamp,
}: KafkaMessage): StoredMessage {
  const named = Object.fromEntries(headers);
  return {
    topic,
    partition,
    offset,
    // Other programs may write messages without key or value.
    key: key ?? '',
    id: named['ce_id'] ?? '',
    headers: named,
    value: value ?? '',
    appendedAt: new Date(Number(timestamp)),
  };
}
