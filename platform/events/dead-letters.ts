import { messageOf } from '#platform/errors.ts';
import { deadLetterTopic, type EventLog, type Message, type StoredMessage } from '#platform/events/event.ts';
import { traceIdOf } from '#platform/trace.ts';

/** The header of a replayed message: the group that it is replayed for. Other groups skip it. */
export const REPLAY_GROUP = 'fritzy_replay_group';

/** Headers that a dead letter has in addition to those of its message. */
const GROUP = 'dlq_group';
const PLACE = 'dlq_place';
const ERROR = 'dlq_error';
const ATTEMPTS = 'dlq_attempts';
const TIME = 'dlq_time';
/** The reason why the value is missing. */
const VALUE = 'dlq_value';
/** The header of a replay marker: the `dlq_place` and group of the replayed dead letter. */
const REPLAYED = 'dlq_replayed';

const ERROR_CHARACTERS_MAX = 1_000;
const REPLAY_BATCH_MAX = 500;

export interface DeadLetter {
  readonly eventId: string;
  readonly type: string;
  readonly key: string;
  /** The group in which the event failed. */
  readonly group: string;
  /** The message of the last error. */
  readonly error: string;
  readonly attempts: number;
  /** The trace id of the request that caused the event, as in the log lines; empty if it has none. */
  readonly traceId: string;
  /** The time when the event was moved to the dead letters. */
  readonly time: Date;
  readonly replayed: boolean;
}

/** Converts a message into a dead letter of its topic. */
export function deadLetter(
  message: StoredMessage,
  cause: { group: string; error: unknown; attempts: number; now: Date },
): Message {
  const { [REPLAY_GROUP]: _, ...headers } = message.headers;
  return {
    topic: deadLetterTopic(message.topic),
    key: message.key,
    id: message.id,
    headers: {
      ...headers,
      [GROUP]: cause.group,
      // The original position identifies a dead letter. A dead letter that is written twice has the same position both
      // times; an event that fails again after its replay has a new one.
      [PLACE]: `${message.partition}/${message.offset}`,
      [ERROR]: storable(messageOf(cause.error).slice(0, ERROR_CHARACTERS_MAX)),
      [ATTEMPTS]: String(cause.attempts),
      [TIME]: cause.now.toISOString(),
    },
    value: message.value,
  };
}

/** A dead letter without its value, for a message that is too large with the added headers. The value is lost. */
export function withoutValue(letter: Message): Message {
  return { ...letter, headers: { ...letter.headers, [VALUE]: 'too large' }, value: 'null' };
}

/** PostgreSQL's jsonb rejects lone surrogates and NUL. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

/** Lists the dead letters of a topic without duplicates, oldest first within a partition. */
export async function* listDeadLetters(
  log: Pick<EventLog, 'read'>,
  topic: string,
): AsyncGenerator<DeadLetter> {
  const replayed = await replayedIn(log, topic);
  for await (const letter of lettersIn(log, topic)) {
    const { headers, key, id } = letter;
    yield {
      eventId: id,
      type: headers['ce_type'] ?? '',
      key,
      group: headers[GROUP] ?? '',
      error: headers[ERROR] ?? '',
      attempts: Number(headers[ATTEMPTS]),
      traceId: traceIdOf(headers['traceparent']) ?? '',
      time: timeOf(letter),
      replayed: replayed.has(nameOf(letter)),
    };
  }
}

/**
 * Appends the dead letters of a topic to the topic again, for the group in which they failed. Each is replayed once,
 * even if this runs repeatedly. With `since`, only those that failed since then. Returns their number. If it stops between
 * an append and its replay marker, the next run appends the events again; the inbox makes their effect idempotent.
 */
export async function replayDeadLetters(
  log: Pick<EventLog, 'read' | 'append'>,
  topic: string,
  options: { since?: Date; newId: () => string },
): Promise<number> {
  const replayed = await replayedIn(log, topic);
  let count = 0;
  let waiting: StoredMessage[] = [];
  const flush = async (): Promise<void> => {
    await log.append(waiting.map((letter) => toReplay(letter, topic)));
    await log.append(waiting.map((letter) => toReplayMarker(letter, options.newId)));
    count += waiting.length;
    waiting = [];
  };
  for await (const letter of lettersIn(log, topic)) {
    if (replayed.has(nameOf(letter)) || (options.since && timeOf(letter) < options.since)) continue;
    waiting.push(letter);
    if (waiting.length === REPLAY_BATCH_MAX) await flush();
  }
  if (waiting.length > 0) await flush();
  return count;
}

async function* lettersIn(log: Pick<EventLog, 'read'>, topic: string): AsyncGenerator<StoredMessage> {
  const seen = new Set<string>();
  for await (const message of log.read(deadLetterTopic(topic))) {
    if (message.headers[REPLAYED] !== undefined || seen.has(nameOf(message))) continue;
    seen.add(nameOf(message));
    yield message;
  }
}

async function replayedIn(log: Pick<EventLog, 'read'>, topic: string): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const { headers } of log.read(deadLetterTopic(topic))) {
    const name = headers[REPLAYED];
    if (name !== undefined) names.add(name);
  }
  return names;
}

function nameOf({ headers }: StoredMessage): string {
  return `${headers[GROUP]} ${headers[PLACE]}`;
}

function timeOf({ headers, appendedAt }: StoredMessage): Date {
  const time = new Date(headers[TIME] ?? '');
  // Other programs may write to the topic.
  return Number.isNaN(time.getTime()) ? appendedAt : time;
}

function toReplay({ key, id, headers, value }: StoredMessage, topic: string): Message {
  const own = Object.entries(headers).filter(([name]) => !name.startsWith('dlq_'));
  return {
    topic,
    key,
    id,
    headers: { ...Object.fromEntries(own), [REPLAY_GROUP]: headers[GROUP] ?? '' },
    value,
  };
}

function toReplayMarker(letter: StoredMessage, newId: () => string): Message {
  const id = newId();
  return {
    topic: letter.topic,
    key: letter.key,
    id,
    headers: { ce_specversion: '1.0', ce_id: id, [REPLAYED]: nameOf(letter) },
    value: 'null',
  };
}
