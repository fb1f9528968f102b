import type { Batch, StoredMessage, Subscription } from '#platform/events/event.ts';
import { rest } from '#platform/events/repeat.ts';
import type { Logger } from '#platform/logger.ts';
import { traceIdOf } from '#platform/trace.ts';

const BACKOFF_MS_MIN = 100;
const BACKOFF_MS_MAX = 5_000;

export interface Round {
  readonly subscription: Subscription;
  readonly logger: Logger;
  /** Fires when the member leaves, or when it has lost this partition. */
  signalOf(topic: string, partition: number): AbortSignal;
  /** Notes that a partition was handled up to and with this message, as soon as it was. */
  commit(last: StoredMessage): Promise<void>;
}

/**
 * Has what a member fetched handled: partitions side by side, each in its order, a failed one again after a rest that
 * grows up to 5 s. Resolves when all are handled or no longer the member's: the slowest one holds up the next round,
 * and nobody's commit.
 */
export async function handleRound(messages: readonly StoredMessage[], round: Round): Promise<void> {
  const batches = Map.groupBy(messages, ({ topic, partition }) => `${topic}/${partition}`);
  await Promise.all(
    Array.from(batches.values(), async ([first, ...others]) => {
      if (!first) return;
      const { topic, partition } = first;
      await handleBatch({ topic, partition, messages: [first, ...others] }, round);
    }),
  );
}

async function handleBatch(batch: Batch, round: Round): Promise<void> {
  const { topic, partition, messages } = batch;
  const { group, handle } = round.subscription;
  const signal = round.signalOf(topic, partition);
  let restMs = BACKOFF_MS_MIN;
  while (!signal.aborted) {
    try {
      await handle(batch, signal);
      break;
    } catch (error) {
      if (signal.aborted) return;
      // The partition stands at the first: of the others nobody can say whether they are to blame.
      const first = { event_id: messages[0]?.id, trace_id: traceIdOf(messages[0]?.headers['traceparent']) };
      round.logger.warn(
        { err: error, group, topic, partition, ...first, retry_in_ms: restMs },
        'handling events failed; they are tried again',
      );
      await rest(restMs, signal);
      restMs = Math.min(restMs * 2, BACKOFF_MS_MAX);
    }
  }
  const last = messages.at(-1);
  if (last && !signal.aborted) await round.commit(last);
}
