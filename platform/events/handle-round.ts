import type { Batch, StoredMessage, Subscription } from '#platform/events/event.ts';
import { rest } from '#platform/events/repeat.ts';
import type { Logger } from '#platform/logger.ts';
import { traceIdOf } from '#platform/trace.ts';

const BACKOFF_MS_MIN = 100;
const BACKOFF_MS_MAX = 5_000;

/** Why the signal of a partition fired: a rebalance gave it to another member. */
export class PartitionLost extends Error {
  override readonly message = "the partition is another member's now";
}

export interface Round {
  readonly subscription: Subscription;
  readonly logger: Logger;
  /** Fires when the member leaves, or with PartitionLost. */
  signalOf(topic: string, partition: number): AbortSignal;
  /** Notes that a partition was handled up to and with this message, as soon as it was. */
  commit(last: StoredMessage): Promise<void>;
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
      const signal = AbortSignal.any([round.signalOf(topic, partition), failing.signal]);
      try {
        await handleBatch({ topic, partition, messages: [first, ...others] }, round, signal);
      } catch (error) {
        failing.abort(error);
      }
    }),
  );
  failing.signal.throwIfAborted();
}

async function handleBatch(batch: Batch, round: Round, signal: AbortSignal): Promise<void> {
  const { topic, partition, messages } = batch;
  const { group, handle } = round.subscription;
  for (let restMs = BACKOFF_MS_MIN; ; restMs = Math.min(restMs * 2, BACKOFF_MS_MAX)) {
    if (signal.aborted) return;
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
    }
  }
  const last = messages.at(-1);
  // What was handled is noted also by a member that leaves, but not over what another has handled since.
  if (last && !(signal.reason instanceof PartitionLost)) await round.commit(last);
}
