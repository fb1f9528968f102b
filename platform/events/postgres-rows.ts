import type { StoredMessage } from '#platform/events/event.ts';

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
