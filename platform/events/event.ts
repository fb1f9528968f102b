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

/** Where events go. Appending a message again changes nothing. */
export interface EventLog {
  /** Durable for all messages when it resolves, in the order given; nothing is appended when it rejects. */
  append(messages: readonly Message[]): Promise<void>;
}

/** JSON text of a payload; int64 amounts become whole JSON numbers (all are below 2^53). */
export function payloadJson(payload: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(payload, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
}
