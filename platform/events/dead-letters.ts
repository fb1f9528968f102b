import { messageOf } from '#platform/errors.ts';
import { deadLetterTopic, type EventLog, type Message, type StoredMessage } from '#platform/events/event.ts';
import { traceIdOf } from '#platform/trace.ts';

/** The header of a replayed message: the group that it comes again for; others pass over it. */
export const REPLAY_GROUP = 'fritzy_replay_group';

/** Headers of a dead letter beside those of the message itself. */
const GROUP = 'dlq_group';
const PLACE = 'dlq_place';
const ERROR = 'dlq_error';
const ATTEMPTS = 'dlq_attempts';
const TIME = 'dlq_time';
/** Says why the value is missing. */
const VALUE = 'dlq_value';
/** The header of the note that a dead letter was replayed: names its `dlq_place` and group. */
const REPLAYED = 'dlq_replayed';

const ERROR_CHARACTERS_MAX = 1_000;
const REPLAY_BATCH_MAX = 500;

export interface DeadLetter {
  readonly eventId: string;
  readonly type: string;
  readonly key: string;
  /** The group that could not handle it. */
  readonly group: string;
  /** Why: the message of the last error. */
  readonly error: string;
  readonly attempts: number;
  /** The trace of the request that caused the event, as in the log lines; empty if it names none. */
  readonly traceId: string;
  /** When it was given up. */
  readonly time: Date;
  readonly replayed: boolean;
}

/** The message, as it goes to the dead letters of its topic. */
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
      // Where it lay: the same letter if it is written twice, another if it fails again after its replay.
      [PLACE]: `${message.partition}/${message.offset}`,
      [ERROR]: storable(messageOf(cause.error).slice(0, ERROR_CHARACTERS_MAX)),
      [ATTEMPTS]: String(cause.attempts),
      [TIME]: cause.now.toISOString(),
    },
    value: message.value,
  };
}

/** The letter for a message that leaves no room for the reasons: without its value, which cannot come back. */
export function withoutValue(letter: Message): Message {
  return { ...letter, headers: { ...letter.headers, [VALUE]: 'too large' }, value: 'null' };
}

/** PostgreSQL's jsonb takes no half characters and no NUL. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

/** The dead letters of a topic, oldest first within a partition, each once. */
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
 * Appends the dead letters of a topic to it again, each once however often this runs, for the group that could not
 * handle them. With `since` only those that were given up from then on. Returns how many. If it breaks off between an
 * append and the note of it, the next run appends those again: the inbox sees to it that they have one effect.
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
    await log.append(waiting.map((letter) => toNote(letter, options.newId)));
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
  // Others may write into the topic too.
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

function toNote(letter: StoredMessage, newId: () => string): Message {
  const id = newId();
  return {
    topic: letter.topic,
    key: letter.key,
    id,
    headers: { ce_specversion: '1.0', ce_id: id, [REPLAYED]: nameOf(letter) },
    value: 'null',
  };
}
