import { once } from 'node:events';
import type { EntityCache } from '#platform/cache/entity-cache.ts';
import type { EventLog, StoredMessage } from '#platform/events/event.ts';
import { repeat } from '#platform/events/repeat.ts';
import type { Logger } from '#platform/logger.ts';

const WHOLE = /^\d{1,18}$/;

/**
 * Tells the cache of each topic what was changed, by whomever. Nothing waits for it, and the program starts while the
 * log cannot be reached: without it entries only live to the end of their time.
 */
export function watchChanges(
  changes: Pick<EventLog, 'watch'>,
  caches: Readonly<Record<string, Pick<EntityCache<unknown>, 'changed'>>>,
  logger: Logger,
): AsyncDisposable {
  const see = ({ topic, key, headers }: StoredMessage): void => {
    const version = headers['aggregate_version'] ?? '';
    if (WHOLE.test(version)) caches[topic]?.changed(key, BigInt(version));
  };
  return repeat(0, logger, 'watching changes for the cache', async (stop) => {
    await using _watching = await changes.watch(Object.keys(caches), see);
    if (!stop.aborted) await once(stop, 'abort');
    return false;
  });
}
