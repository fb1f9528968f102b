import type { Batch, StoredMessage, Subscription } from '#platform/events/event.ts';
import type { Logger } from '#platform/logger.ts';
import { retry } from '#platform/retry.ts';
import { traceIdOf } from '#platform/trace.ts';

const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 5_000;

export interface Round {
  readonly subscription: Subscription;
  readonly logger: Logger;
  /** Fires when the member leaves the group. */
  readonly ended: AbortSignal;
  /** Returns a signal that fires when the partition is assigned to another member. */
  lossOf(topic: string, partition: number): AbortSignal;
  /** Commits the position of a partition after this message, as soon as it is handled; not after `lost` has fired. */
  commit(last: StoredMessage, lost: AbortSignal): Promise<void>;
}

/**
 * Handles the messages that a member has fetched: partitions concurrently, each in order, a failed batch again after a
 * backoff of up to 5 s. Settles when every batch is handled or abandoned: the slowest one delays the next round, but
 * not the commits of the others. If a commit fails, the others are aborted, so that no handler runs when this rejects.
 */
export async function handleRound(messages: readonly StoredMessage[], round: Round): Promise<void> {
  const batches = Map.groupBy(messages, ({ topic, partition }) => `${topic}/${partition}`);
  const failing = new AbortController();
  await Promise.all(
    Array.from(batches.values(), async ([first, ...others]) => {
      if (!first) return;
      const { topic, partition } = first;
      const lost = round.lossOf(topic, partition);
      const signal = AbortSignal.any([lost, round.ended, failing.signal]);
      const batch = { topic, partition, messages: [first, ...others] };
      try {
        const isHandled = await handleBatch(batch, round, signal);
        // A member that leaves still commits the messages that it has handled, but never overwrites the position of another member.
        if (isHandled && !lost.aborted) await round.commit(others.at(-1) ?? first, lost);
      } catch (error) {
        failing.abort(error);
      }
    }),
  );
  failing.signal.throwIfAborted();
}

/** Returns whether the batch was handled; false if `signal` fires first. */
async function handleBatch(batch: Batch, round: Round, signal: AbortSignal): Promise<boolean> {
  const { topic, partition, messages } = batch;
  const { group, handle } = round.subscription;
  // Log the first message: the partition waits there, and any message of the batch may be the cause.
  const first = { event_id: messages[0]?.id, trace_id: traceIdOf(messages[0]?.headers['traceparent']) };
  try {
    await retry(() => handle(batch, signal), {
      pauseMsMin: PAUSE_MS_MIN,
      pauseMsMax: PAUSE_MS_MAX,
      signal,
      onRetry: (error, pauseMs) =>
        round.logger.warn(
          { err: error, group, topic, partition, ...first, retry_in_ms: pauseMs },
          'handling events failed; retrying',
        ),
    });
    return true;
  } catch (error) {
    if (!signal.aborted) throw error;
    return false;
  }
}
