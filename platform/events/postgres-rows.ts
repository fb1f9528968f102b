import type { StoredMessage } from '#platform/events/event.ts';

/** A row of the table `event`, with its value as text. */
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

/**
 * The condition, order and limit of a read of one partition after a position. Row comparisons make
 * event_partition_position the only usable index: with `topic = … AND partition = …` PostgreSQL may choose the primary
 * key and read the events of all topics.
 */
export function partitionAfter(
  topic: string,
  partition: string,
  position: string,
  limit: number | string,
): string {
  return (
    `(topic, partition, position) > (${topic}, ${partition}, ${position}) ` +
    `AND (topic, partition, position) <= (${topic}, ${partition}, ${POSITION_MAX}) ` +
    `ORDER BY topic, partition, position LIMIT ${limit}`
  );
}

const POSITION_MAX = '9223372036854775807';

/** Converts a row of the table `event` into a message. */
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
