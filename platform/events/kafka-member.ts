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

/** Messages of one round. */
const ROUND_SIZE_MAX = 2_000;
/** What a broker sends at once, and of one partition; a larger message comes alone. All brokers' lie in memory. */
const FETCH_BYTES_MAX = 4 * 1024 * 1024;
const PARTITION_BYTES_MAX = 1024 * 1024;
/** How soon a member that died is noticed; the least that brokers accept by default is 6 s. */
const SESSION_TIMEOUT_MS = 6_000;
/** Joining waits for the others of the group (10 s), with the client's own retries. */
const JOIN_MS_MAX = 45_000;
const LEAVE_MS_MAX = 2_000;
const CLOSE_MS_MAX = 2_000;

/** A client of the cluster in a group. Disposing leaves the group; nothing of it is left then. */
export interface Member extends AsyncDisposable {
  readonly consumer: GroupConsumer;
  /** Fires when it is to stop, or with the reason why it cannot go on: the client, its group or its stream failed. */
  readonly ended: AbortSignal;
  /** Joins the group, if need be, and opens a stream in the place of the one before. */
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
    // By then the group has given its partitions to others.
    heartbeatStallTimeout: SESSION_TIMEOUT_MS,
    maxWaitTime: 500,
    maxBytes: FETCH_BYTES_MAX,
    maxBytesPerPartition: PARTITION_BYTES_MAX,
    highWaterMark: ROUND_SIZE_MAX,
  });
  // What it subscribes to does not hang on its stream: a leader without topics would assign nothing to anybody.
  consumer.topics.trackAll(...topics);
  const failing = new AbortController();
  const ended = AbortSignal.any([failing.signal, ...(stop ? [stop] : [])]);
  // A rebalance that fails is an error of the client itself, which sends no heartbeats any more.
  consumer.on('error', (error) => failing.abort(error));
  consumer.on('consumer:heartbeat:stalled', () =>
    failing.abort(new Error('the group does not answer heartbeats')),
  );
  let current: Stream | undefined;
  const replace = (next: Stream | undefined): void => {
    const before = current;
    current = next;
    before?.destroy();
  };
  const onBroken = (stream: Stream, error: Error): void => {
    if (stream === current) failing.abort(error);
  };
  ended.addEventListener('abort', () => replace(undefined), { once: true });

  /** A stream fails in the very turn in which the client gives it, if that was closed while it joined. */
  function consume(options: StreamOptions): Promise<Stream> {
    const { promise, resolve, reject } = Promise.withResolvers<Stream>();
    consumer.consume(options, (error, stream) => {
      if (error || !stream) return reject(error ?? new Error('the client gave no stream'));
      stream.on('error', (problem) => onBroken(stream, problem));
      stream.on('close', () => onBroken(stream, new Error('the stream of events ended')));
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
      // Also lets go of what listens to `ended`, which lives as long as `stop` otherwise.
      failing.abort();
      // Also a stream that came in the very turn in which it ended.
      replace(undefined);
      // Leaving comes first: a client that is closed while it joins goes on with its heartbeats, and keeps partitions.
      const left = new Promise<void>((resolve) => consumer.leaveGroup(true, () => resolve()));
      await within(left, { ms: LEAVE_MS_MAX }).catch(() => {});
      await within(consumer.close(true), { ms: CLOSE_MS_MAX }).catch(() => {});
      // A client that could not leave does not close either.
      await within(consumer.connections.close(), { ms: CLOSE_MS_MAX }).catch(() => {});
    },
  };
}

/**
 * What has come, again and again, until `until` fires. The listener for `readable` stays for good: a stream that has
 * none for a moment stops fetching, and does not begin again.
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
    // Others may write messages without key or value; ours have both.
    key: key ?? '',
    id: named['ce_id'] ?? '',
    headers: named,
    value: value ?? '',
    appendedAt: new Date(Number(timestamp)),
  };
}
