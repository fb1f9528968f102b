import type { CatalogMetrics, FallbackReason } from '#catalog/metrics.ts';
import { EngineError } from '#catalog/search/engine.ts';
import type { SearchIndex } from '#catalog/search/search-index.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import { pause, retry } from '#platform/retry.ts';

export interface FallbackDeps {
  readonly engine: SearchIndex;
  /** Answers searches while the engine is down. */
  readonly fallback: SearchIndex;
  /** Rejects while the engine cannot answer searches. */
  probe(): Promise<void>;
  readonly clock: Pick<Clock, 'elapsedMs'>;
  readonly logger: Logger;
  readonly metrics: CatalogMetrics;
}

/** Consecutive failures after which the engine is marked down until a probe succeeds. */
const FAILURES_MAX = 3;
const PROBE_DELAY_MS = 500;
/** An engine that fails again within this time is probably overloaded: the delay before the next probe doubles. */
const RELAPSE_WINDOW_MS = 10_000;
const PROBE_DELAY_MS_MAX = 8_000;
/** The search itself is at fault, not the engine: one caller must not mark the engine down for all. */
const BAD_REQUEST = 400;
/** Interval of the warning about refused searches: callers can cause them, but an engine can also refuse every search. */
const REFUSAL_LOG_INTERVAL_MS = 60_000;

/**
 * Searches in the engine, and in PostgreSQL if the engine fails. A failure of the engine is never an error for the
 * caller; a search that exceeds the bounds of PostgreSQL is (catalog/service.ts). After repeated failures the engine is
 * marked down, so that searches do not wait for it, and probed until it recovers.
 */
export function withFallback(deps: FallbackDeps): SearchIndex & AsyncDisposable {
  const stopping = new AbortController();
  let failures = 0;
  let isDown = false;
  let backAtMs = Number.NEGATIVE_INFINITY;
  let probeDelayMs = PROBE_DELAY_MS;
  let probing: Promise<void> | undefined;
  deps.metrics.engineUp.set(1);

  let refusals = 0;
  let refusalLoggedAtMs = Number.NEGATIVE_INFINITY;

  async function answer<T>(read: (index: SearchIndex) => Promise<T>): Promise<T> {
    let reason: FallbackReason = 'down';
    if (!isDown) {
      try {
        const found = await read(deps.engine);
        failures = 0;
        return found;
      } catch (error) {
        // A cancelled search is not a failure of the engine, regardless of how long the caller waited.
        if (!(error instanceof EngineError)) throw error;
        reason = error.status === BAD_REQUEST ? 'refused' : 'failed';
        if (reason === 'refused') logRefusal(error);
        else failures += 1;
        if (failures >= FAILURES_MAX) markDown(error);
        deps.logger.debug({ err: error }, 'the search engine failed; PostgreSQL answers');
      }
    }
    deps.metrics.fallbacks.inc({ reason });
    return read(deps.fallback);
  }

  function logRefusal(error: EngineError): void {
    refusals += 1;
    const nowMs = deps.clock.elapsedMs();
    if (nowMs - refusalLoggedAtMs < REFUSAL_LOG_INTERVAL_MS) return;
    deps.logger.warn(
      { err: error, refused: refusals },
      'the search engine refuses searches; PostgreSQL answers',
    );
    refusalLoggedAtMs = nowMs;
    refusals = 0;
  }

  function markDown(error: unknown): void {
    if (isDown || stopping.signal.aborted) return;
    isDown = true;
    const isRelapse = deps.clock.elapsedMs() - backAtMs < RELAPSE_WINDOW_MS;
    probeDelayMs = isRelapse ? Math.min(2 * probeDelayMs, PROBE_DELAY_MS_MAX) : PROBE_DELAY_MS;
    deps.metrics.engineUp.set(0);
    deps.logger.warn({ err: error }, 'the search engine cannot be used; PostgreSQL answers searches');
    probing = probeUntilBack();
  }

  async function probeUntilBack(): Promise<void> {
    const { signal } = stopping;
    try {
      await pause(probeDelayMs, signal);
      await retry(deps.probe, {
        pauseMsMin: probeDelayMs,
        pauseMsMax: probeDelayMs,
        signal,
        onRetry: (error) => deps.logger.debug({ err: error }, 'the search engine is still down'),
      });
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    failures = 0;
    isDown = false;
    backAtMs = deps.clock.elapsedMs();
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
