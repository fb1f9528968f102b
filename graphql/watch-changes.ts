import { setTimeout as delay } from 'node:timers/promises';
import type { EntityCache } from '#platform/cache/entity-cache.ts';
import type { Logger } from '#platform/logger.ts';

/** The part of the event log that tells of changes. */
export interface ChangeSource {
  watch(topics: readonly string[], see: (message: Change) => void): Promise<AsyncDisposable>;
}

/** An event of the log, as far as a cache wants to know. */
export interface Change {
  readonly topic: string;
  /** The id of what changed. */
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The rest after a failed attempt to watch doubles from the first to the second. */
const BACKOFF_MS = 100;
const BACKOFF_MS_MAX = 5_000;
const WHOLE = /^\d{1,18}$/;

/**
 * Tells the cache of each topic what was changed, by whomever. Nothing waits for it, and the program starts while the
 * log cannot be reached: without it entries only live to the end of their time.
 */
export function watchChanges(
  source: ChangeSource,
  caches: Readonly<Record<string, Pick<EntityCache<unknown>, 'changed'>>>,
  logger: Logger,
): AsyncDisposable {
  const stopping = new AbortController();
  const see = ({ topic, key, headers }: Change): void => {
    const version = headers['aggregate_version'] ?? '';
    if (WHOLE.test(version)) caches[topic]?.changed(key, BigInt(version));
  };

  async function start(): Promise<AsyncDisposable | undefined> {
    for (let restMs = BACKOFF_MS; !stopping.signal.aborted; restMs = Math.min(restMs * 2, BACKOFF_MS_MAX)) {
      try {
        return await source.watch(Object.keys(caches), see);
      } catch (error) {
        logger.warn({ err: error, retry_in_ms: restMs }, 'the cache cannot watch the event log');
        await delay(restMs, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
    return undefined;
  }

  const watching = start();
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await (await watching)?.[Symbol.asyncDispose]();
    },
  };
}
