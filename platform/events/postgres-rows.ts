import type { StoredMessage } from '#platform/events/event.ts';

/** A row of the table `event`, its value as text. */
export interface EventRow {
  readonly position: bigint;
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly ce_id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
  readonly appended_at: Date;
}

/** The message that a row of the table `event` holds. */
export function toStored(row: EventRow): StoredMessage {
  const { topic, partition, key, headers, value } = row;
  return {
    topic,
    partition,
    offset: row.position,
    key,
    id: row.ce_id,
    headers,
    value,
    appendedAt: row.appended_at,
  };
}
