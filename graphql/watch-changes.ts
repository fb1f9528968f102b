import { once } from 'node:events';
import type { EntityCache } from '#platform/cache/entity-cache.ts';
import type { EventLog, StoredMessage } from '#platform/events/event.ts';
import { repeat } from '#platform/events/repeat.ts';
import type { Logger } from '#platform/logger.ts';

const VERSION = /^\d{1,18}$/;

/**
 * Invalidates the entries of the cache of each topic when their entities change. The program starts even if the event log
 * cannot be reached; entries then stay until they expire.
 */
export function watchChanges(
  changes: Pick<EventLog, 'watch'>,
  caches: Readonly<Record<string, Pick<EntityCache<unknown>, 'changed'>>>,
  logger: Logger,
): AsyncDisposable {
  const onMessage = ({ topic, key, headers }: StoredMessage): void => {
    const version = headers['aggregate_version'] ?? '';
    if (VERSION.test(version)) caches[topic]?.changed(key, BigInt(version));
  };
  return repeat(0, logger, 'watching changes for the cache', async (stop) => {
    await using _watching = await changes.watch(Object.keys(caches), onMessage);
    if (!stop.aborted) await once(stop, 'abort');
    return false;
  });
}
