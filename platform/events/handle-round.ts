import type { Batch, StoredMessage, Subscription } from '#platform/events/event.ts';
import { rest } from '#platform/events/repeat.ts';
import type { Logger } from '#platform/logger.ts';

const BACKOFF_MS_MIN = 100;
const BACKOFF_MS_MAX = 5_000;

/**
 * Has what a member fetched handled: partitions side by side, each in its order, a failed one again after a rest that
 * grows up to 5 s. Returns the last message of each partition that was handled: all of them, unless `stop` fired.
 */
export async function handleRound(
  messages: readonly StoredMessage[],
  subscription: Subscription,
  logger: Logger,
  stop: AbortSignal,
): Promise<StoredMessage[]> {
  const batches = Map.groupBy(messages, ({ topic, partition }) => `${topic}/${partition}`);
  const handled = await Promise.all(
    Array.from(batches.values(), async ([first, ...others]) =>
      first ? handleBatch(first, others, subscription, logger, stop) : undefined,
    ),
  );
  return handled.filter((last) => last !== undefined);
}

async function handleBatch(
  first: StoredMessage,
  others: readonly StoredMessage[],
  { group, handle }: Subscription,
  logger: Logger,
  stop: AbortSignal,
): Promise<StoredMessage | undefined> {
  const batch: Batch = {
    topic: first.topic,
    partition: first.partition,
    messages: [first, ...others],
  };
  let restMs = BACKOFF_MS_MIN;
  while (!stop.aborted) {
    try {
      await handle(batch, stop);
      return batch.messages.at(-1);
    } catch (error) {
      if (stop.aborted) return undefined;
      logger.warn(
        { err: error, group, topic: batch.topic, partition: batch.partition, retry_in_ms: restMs },
        'handling events failed; they are tried again',
      );
      await rest(restMs, stop);
      restMs = Math.min(restMs * 2, BACKOFF_MS_MAX);
    }
  }
  return undefined;
}
