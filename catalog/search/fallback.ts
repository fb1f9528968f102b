import { setTimeout as delay } from 'node:timers/promises';
import type { CatalogMetrics } from '#catalog/metrics.ts';
import { EngineError } from '#catalog/search/engine.ts';
import type { SearchIndex } from '#catalog/search/search-index.ts';
import type { Logger } from '#platform/logger.ts';

export interface FallbackDeps {
  readonly engine: SearchIndex;
  /** Answers while the engine cannot. */
  readonly fallback: SearchIndex;
  /** Rejects while the engine cannot answer. */
  probe(): Promise<void>;
  readonly logger: Logger;
  readonly metrics: CatalogMetrics;
}

/** So many failures in a row, and the engine is not asked any more until a probe succeeds. */
const FAILURES_MAX = 3;
const PROBE_REST_MS = 500;
/** An engine that fails again this soon is overloaded rather than away: the rest before the next probe doubles. */
const RELAPSE_MS = 10_000;
const PROBE_REST_MS_MAX = 8_000;
/** What was asked cannot be answered, which says nothing of the engine: one caller must not switch it off for all. */
const BAD_REQUEST = 400;

/**
 * Asks the engine, and PostgreSQL when the engine fails: nobody sees an error for it. An engine that keeps failing is
 * left alone, so that searches do not wait for it, and probed until it is back.
 */
export function withFallback(deps: FallbackDeps): SearchIndex & AsyncDisposable {
  const stopping = new AbortController();
  let failures = 0;
  let isDown = false;
  let backAtMs = Number.NEGATIVE_INFINITY;
  let restMs = PROBE_REST_MS;
  let probing: Promise<void> | undefined;
  deps.metrics.engineUp.set(1);

  async function answer<T>(ask: (index: SearchIndex) => Promise<T>): Promise<T> {
    if (!isDown) {
      try {
        const found = await ask(deps.engine);
        failures = 0;
        return found;
      } catch (error) {
        // Neither does a caller who has gone say anything of the engine, however long they waited.
        if (!(error instanceof EngineError)) throw error;
        if (error.status !== BAD_REQUEST) failures += 1;
        if (failures >= FAILURES_MAX) goDown(error);
        deps.logger.debug({ err: error }, 'the search engine failed; PostgreSQL answers');
      }
    }
    deps.metrics.fallbacks.inc();
    return ask(deps.fallback);
  }

  function goDown(error: unknown): void {
    if (isDown || stopping.signal.aborted) return;
    isDown = true;
    const isRelapse = performance.now() - backAtMs < RELAPSE_MS;
    restMs = isRelapse ? Math.min(2 * restMs, PROBE_REST_MS_MAX) : PROBE_REST_MS;
    deps.metrics.engineUp.set(0);
    deps.logger.warn({ err: error }, 'the search engine cannot be used; PostgreSQL answers searches');
    probing = probeUntilBack();
  }

  async function probeUntilBack(): Promise<void> {
    for (;;) {
      await delay(restMs, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      try {
        await deps.probe();
        break;
      } catch (error) {
        deps.logger.debug({ err: error }, 'the search engine is still away');
      }
    }
    failures = 0;
    isDown = false;
    backAtMs = performance.now();
    deps.metrics.engineUp.set(1);
    deps.logger.info('the search engine is back and answers searches');
  }

  return {
    search: (query, signal) => answer((index) => index.search(query, signal)),
    suggest: (prefix, size, signal) => answer((index) => index.suggest(prefix, size, signal)),
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await probing;
    },
  };
}
