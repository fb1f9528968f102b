import type { Batch, StoredMessage, Subscription } from '#platform/events/event.ts';
import type { Logger } from '#platform/logger.ts';
import { retry } from '#platform/retry.ts';
import { traceIdOf } from '#platform/trace.ts';

const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 5_000;

export interface Round {
  readonly subscription: Subscription;
  readonly logger: Logger;
  /** Fires when the member leaves. */
  readonly ended: AbortSignal;
  /** Fires when the partition has become another member's. */
  lossOf(topic: string, partition: number): AbortSignal;
  /** Notes that a partition was handled up to and with this message, as soon as it was; not once `lost` has fired. */
  commit(last: StoredMessage, lost: AbortSignal): Promise<void>;
}

/**
 * Has what a member fetched handled: partitions side by side, each in its order, a failed one again after a rest that
 * grows up to 5 s. Settles when all are handled or given up: the slowest one holds up the next round, and nobody's
 * commit. If a commit fails the others end as well, so that nothing goes on when this rejects.
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
        // What was handled is noted also by a member that leaves, but not over what another has handled since.
        if (isHandled && !lost.aborted) await round.commit(others.at(-1) ?? first, lost);
      } catch (error) {
        failing.abort(error);
      }
    }),
  );
  failing.signal.throwIfAborted();
}

/** Resolves with whether it was handled: not if `signal` fires before. */
async function handleBatch(batch: Batch, round: Round, signal: AbortSignal): Promise<boolean> {
  const { topic, partition, messages } = batch;
  const { group, handle } = round.subscription;
  // The partition stands at the first message: any of them may be the cause.
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
