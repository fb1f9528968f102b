import type { Clock } from '#platform/clock.ts';
import { AppError, type Reason } from '#platform/errors.ts';
import { deadLetter, REPLAY_GROUP, withoutValue } from '#platform/events/dead-letters.ts';
import type { EventLog, Message, StoredMessage } from '#platform/events/event.ts';
import { repeat } from '#platform/events/repeat.ts';
import type { Logger } from '#platform/logger.ts';
import { requireUuid } from '#platform/input.ts';
import { sqlState } from '#platform/postgres/pool.ts';
import { retry, type RetryBudget } from '#platform/retry.ts';
import type { Telemetry } from '#platform/telemetry.ts';
import { traceIdOf } from '#platform/trace.ts';

export interface ConsumerDeps {
  readonly log: EventLog;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

/** An event as a consumer receives it. */
export interface ReceivedEvent {
  /** The CloudEvents id; a redelivered event has the same id. */
  readonly id: string;
  /** The aggregate's id. */
  readonly key: string;
  readonly aggregateVersion: bigint;
  /** The parsed value; not validated. */
  readonly payload: unknown;
}

export interface Consumption {
  /** The consumer group, e.g. `catalog-search`. */
  readonly group: string;
  readonly topics: readonly string[];
  /**
   * Applies events of one partition, in order. Must be idempotent: the same events may be passed again. Transient
   * failures (an unreachable engine, a deadline, a lock) are retried until they pass. After any other failure each
   * event is retried alone, five times; then the event is moved to the dead letters and the others continue.
   */
  effect(events: readonly ReceivedEvent[], signal: AbortSignal): Promise<void>;
}

const ATTEMPTS_MAX = 5;
/** The pause after the first failed attempt. It doubles: five attempts pause for 1.5 s in total. */
const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 800;
/** The total pause of a batch: in a batch with many failing events, the later ones are retried without pauses. */
const BATCH_PAUSE_MS_MAX = 5_000;
const LAG_INTERVAL_MS = 10_000;

/** Consumes topics as a member of a group, with bounded retries and dead letters. */
export async function startConsumer(deps: ConsumerDeps, consumption: Consumption): Promise<AsyncDisposable> {
  const { group, topics } = consumption;
  await using stack = new AsyncDisposableStack();
  stack.use(
    await deps.log.consume({
      group,
      topics,
      handle: async ({ topic, messages }, signal) => {
        const relevant = messages.filter(({ headers }) => (headers[REPLAY_GROUP] ?? group) === group);
        if (relevant.length > 0)
          await handle(deps, consumption, relevant, { signal, budget: { pauseMsLeft: BATCH_PAUSE_MS_MAX } });
        deps.telemetry.consumedMessages.labels(group, topic).inc(messages.length);
      },
    }),
  );
  stack.use(
    repeat(LAG_INTERVAL_MS, deps.logger, `measuring the lag of ${group}`, async () => {
      const lags = await deps.log.lag(group, topics);
      for (const topic of topics) {
        const behind = lags.filter((lag) => lag.topic === topic).reduce((sum, lag) => sum + lag.messages, 0n);
        deps.telemetry.consumerLag.labels(group, topic).set(Number(behind));
      }
      return false;
    }),
  );
  const started = stack.move();
  return { [Symbol.asyncDispose]: () => started.disposeAsync() };
}

interface Handling {
  readonly signal: AbortSignal;
  readonly budget: RetryBudget;
}

/** Applies all messages at once. If that fails, applies each half separately, down to the single failing event. */
async function handle(
  deps: ConsumerDeps,
  consumption: Consumption,
  messages: readonly StoredMessage[],
  handling: Handling,
): Promise<void> {
  const [first, ...others] = messages;
  if (!first) return;
  if (others.length === 0) return handleOne(deps, consumption, first, handling);
  try {
    await consumption.effect(messages.map(toReceived), handling.signal);
  } catch (error) {
    if (handling.signal.aborted || isTransient(error)) throw error;
    const half = Math.ceil(messages.length / 2);
    await handle(deps, consumption, messages.slice(0, half), handling);
    await handle(deps, consumption, messages.slice(half), handling);
  }
}

async function handleOne(
  deps: ConsumerDeps,
  { group, effect }: Consumption,
  message: StoredMessage,
  { signal, budget }: Handling,
): Promise<void> {
  try {
    await retry(async () => effect([toReceived(message)], signal), {
      pauseMsMin: PAUSE_MS_MIN,
      pauseMsMax: PAUSE_MS_MAX,
      attemptsMax: ATTEMPTS_MAX,
      budget,
      signal,
      // A transient failure is not caused by the event: handle-round.ts retries the whole batch.
      shouldRetry: (error) => !isTransient(error),
    });
  } catch (error) {
    if (signal.aborted || isTransient(error)) throw error;
    await moveToDeadLetters(deps, group, message, error);
  }
}

async function moveToDeadLetters(
  deps: ConsumerDeps,
  group: string,
  message: StoredMessage,
  error: unknown,
): Promise<void> {
  const { topic, id, headers } = message;
  const letter = deadLetter(message, {
    group,
    error,
    attempts: ATTEMPTS_MAX,
    now: new Date(deps.clock.now()),
  });
  await appendLetter(deps.log, letter);
  deps.telemetry.deadLetters.labels(group, topic).inc();
  const trace = traceIdOf(headers['traceparent']);
  deps.logger.error(
    { err: error, group, topic, event_id: id, trace_id: trace, attempts: ATTEMPTS_MAX },
    `an event failed and was moved to the dead letters; to replay it: make dlq-replay TOPIC=${topic}`,
  );
}

async function appendLetter(log: EventLog, letter: Message): Promise<void> {
  try {
    await log.append([letter]);
  } catch (error) {
    if (!(error instanceof AppError) || error.reason !== 'INVALID_ARGUMENT') throw error;
    await log.append([withoutValue(letter)]);
  }
}

const TRANSIENT: ReadonlySet<Reason> = new Set(['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'DEADLINE_EXCEEDED']);

/**
 * Whether the environment caused the failure, not the event. Of the errors that PostgreSQL returns, only invalid data
 * (class 22) and violated constraints (class 23) are caused by the event; a standby, a lock or a full disk is
 * transient.
 */
function isTransient(error: unknown): boolean {
  if (error instanceof AppError) return TRANSIENT.has(error.reason);
  const state = sqlState(error);
  return state !== undefined && !/^2[23]/.test(state);
}

function toReceived({ topic, key, id, headers, value }: StoredMessage): ReceivedEvent {
  const { ce_type: type, aggregate_version: version } = headers;
  if (!id || !type || !version || !/^\d+$/.test(version))
    throw new Error(`a message of ${topic} lacks ce_id, ce_type or aggregate_version`);
  return {
    // In lower case, because it is compared with the ids that PostgreSQL returns.
    id: requireUuid('ce_id', id).toLowerCase(),
    key,
    aggregateVersion: BigInt(version),
    payload: JSON.parse(value),
  };
}
