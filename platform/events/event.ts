/** An event as a service writes it into its outbox. */
export interface Event {
  /** UUIDv7; the CloudEvents id. */
  readonly id: string;
  readonly topic: string;
  /** The aggregate's id. Events of one key are published in order. */
  readonly key: string;
  /** For example `order_placed`; the CloudEvents type is prefixed with `fritzy.`. */
  readonly type: string;
  readonly occurredAt: Date;
  readonly aggregateVersion: bigint;
  readonly traceparent: string;
  /** The value of the message; amounts are integers in minor units. */
  readonly payload: Readonly<Record<string, unknown>>;
}

/** A message of the event log, with headers according to the Kafka protocol binding of CloudEvents 1.0. */
export interface Message {
  readonly topic: string;
  readonly key: string;
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly value: string;
}

/** A message read from the event log. */
export interface StoredMessage extends Message {
  readonly partition: number;
  /** The position in the partition; increases, not always by one. */
  readonly offset: bigint;
  /** The time when it was appended. */
  readonly appendedAt: Date;
}

/** Messages of one partition, in order; at least one. */
export interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly StoredMessage[];
}

export interface Subscription {
  /** The members of a group share the partitions; each partition has one member at a time. */
  readonly group: string;
  readonly topics: readonly string[];
  /**
   * Handles a batch. When it resolves, the group's position moves past the batch. When it rejects, the same messages
   * are passed again after a backoff of up to 5 s, and the partition waits. A batch can be redelivered after a crash or
   * a rebalance: the effect must be idempotent. `signal` aborts when the member leaves or has lost the partition.
   */
  handle(batch: Batch, signal: AbortSignal): Promise<void>;
}

/** The lag of a group in one partition. */
export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** Messages that the group has not handled yet. */
  readonly messages: bigint;
}

/**
 * The event log: topics with partitions; all messages of a key are in the same partition. Backends: postgres://,
 * kafka://.
 */
export interface EventLog {
  /**
   * Appends messages in the given order. All are durable when it resolves. When it rejects, some may have been
   * appended: append all of them again, in the same order; readers deduplicate messages by id.
   */
  append(messages: readonly Message[]): Promise<void>;
  /** Joins a group; a new group begins with the oldest message. Disposing leaves the group after the current batch. */
  consume(subscription: Subscription): Promise<AsyncDisposable>;
  /**
   * Calls `see` for every message appended from now on, in every watching instance: for per-instance state such as
   * caches. Messages can be missed while the log cannot be reached, so such state needs a maximum age.
   */
  watch(topics: readonly string[], see: (message: StoredMessage) => void): Promise<AsyncDisposable>;
  /**
   * Reads the messages that a topic contains at the time of the call, optionally only those appended since a time; the
   * messages of a partition in order.
   */
  read(topic: string, since?: Date): AsyncIterable<StoredMessage>;
  /** Returns the lag of each partition. PostgreSQL counts at most LAG_MAX messages of a partition. */
  lag(group: string, topics: readonly string[]): Promise<PartitionLag[]>;
  /** Rejects while the log cannot be reached. */
  ping(): Promise<void>;
}

/** The number of partitions of every topic, and of members of a group that work in parallel. Never lower it. */
export const PARTITIONS = 6;

/** The retention of a message: enough for a consumer that is down over a long weekend. */
export const RETENTION_MS = 7 * 86_400_000;
/** The retention of a dead letter. */
export const DEAD_LETTER_RETENTION_MS = 30 * 86_400_000;
/** The dead letter topic of a topic. */
export const deadLetterTopic = (topic: string): string => `${topic}.dlq`;

/** The JSON text of a payload. int64 amounts become JSON numbers (all are below 2^53). */
export function payloadJson(payload: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(payload, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
}
