/** An event as a service writes it into its outbox. */
export interface Event {
  /** UUIDv7; the CloudEvents id. */
  readonly id: string;
  readonly topic: string;
  /** The aggregate's id: events of one key are published in order. */
  readonly key: string;
  /** For example `order_placed`; the CloudEvents type is prefixed with `fritzy.`. */
  readonly type: string;
  readonly occurredAt: Date;
  readonly aggregateVersion: bigint;
  readonly traceparent: string;
  /** The value of the topic table; amounts are whole minor units. */
  readonly payload: Readonly<Record<string, unknown>>;
}

/** An event as it lies in the event log: headers by the Kafka protocol binding of CloudEvents 1.0. */
export interface Message {
  readonly topic: string;
  readonly key: string;
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly value: string;
}

/** A message as it was read back. */
export interface StoredMessage extends Message {
  readonly partition: number;
  /** Its place in the partition; grows, not always by one. */
  readonly offset: bigint;
  /** When the log took it. */
  readonly appendedAt: Date;
}

/** Messages of one partition, in their order; at least one. */
export interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly StoredMessage[];
}

export interface Subscription {
  /** Members of one group share the partitions; each partition is one member's at a time. */
  readonly group: string;
  readonly topics: readonly string[];
  /**
   * Handles a batch. Once it resolves, the group goes on behind the batch; if it rejects, the same messages come again
   * after a rest that grows up to 5 s, and the partition waits. A batch can come again after a crash or a rebalance:
   * the effect must bear that. `signal` aborts when the member leaves or has lost the partition.
   */
  handle(batch: Batch, signal: AbortSignal): Promise<void>;
}

/** How far a group is behind in one partition. */
export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** Messages that the group has yet to handle. */
  readonly messages: bigint;
}

/** The log of events: topics of partitions, a key's messages always in the same one. Backends: postgres://, kafka://. */
export interface EventLog {
  /**
   * Appends messages in the order given. Durable for all when it resolves. When it rejects, some may have been
   * appended: append them all again, in the same order; readers recognise a message by its id.
   */
  append(messages: readonly Message[]): Promise<void>;
  /** Joins a group; a new group begins with the oldest message. Disposing leaves it after the batch in hand. */
  consume(subscription: Subscription): Promise<AsyncDisposable>;
  /**
   * Calls `see` for every message appended from now on, in every instance that watches: for what each instance keeps
   * to itself. Messages can be passed over while the log cannot be reached, so what rests on it needs a bound in time.
   */
  watch(topics: readonly string[], see: (message: StoredMessage) => void): Promise<AsyncDisposable>;
  /** What lies in a topic when it is called, from a moment on; a partition's messages in their order. */
  read(topic: string, since?: Date): AsyncIterable<StoredMessage>;
  /** PostgreSQL counts at most LAG_MAX messages of a partition; it stands for any number above it. */
  lag(group: string, topics: readonly string[]): Promise<PartitionLag[]>;
  /** Rejects while the log cannot be reached. */
  ping(): Promise<void>;
}

/** The partitions of every topic: as many members of a group work at once. Never lower it. */
export const PARTITIONS = 6;

/** How long a message is kept: long enough for a consumer that was down over a long week-end. */
export const RETENTION_MS = 7 * 86_400_000;
/** How long a dead letter waits for somebody to look at it. */
export const DEAD_LETTER_RETENTION_MS = 30 * 86_400_000;
/** The topic of the messages of a topic that could not be handled. */
export const deadLetterTopic = (topic: string): string => `${topic}.dlq`;

/** JSON text of a payload; int64 amounts become whole JSON numbers (all are below 2^53). */
export function payloadJson(payload: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(payload, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
}
