import type { CatalogMetrics, FallbackReason } from '#catalog/metrics.ts';
import { EngineError } from '#catalog/search/engine.ts';
import type { SearchIndex } from '#catalog/search/search-index.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import { pause, retry } from '#platform/retry.ts';

export interface FallbackDeps {
  readonly engine: SearchIndex;
  /** Answers while the engine cannot. */
  readonly fallback: SearchIndex;
  /** Rejects while the engine cannot answer. */
  probe(): Promise<void>;
  readonly clock: Pick<Clock, 'elapsedMs'>;
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
/** An engine that refuses everything looks the same, so refusals are told; no more often, whoever provokes them. */
const REFUSALS_TOLD_MS = 60_000;

/**
 * Asks the engine, and PostgreSQL when the engine fails: no failure of the engine is an error to who searches; what
 * PostgreSQL cannot answer within its own bounds is (catalog/service.ts). An engine that keeps failing is left alone,
 * so that searches do not wait for it, and probed until it is back.
 */
export function withFallback(deps: FallbackDeps): SearchIndex & AsyncDisposable {
  const stopping = new AbortController();
  let failures = 0;
  let isDown = false;
  let backAtMs = Number.NEGATIVE_INFINITY;
  let restMs = PROBE_REST_MS;
  let probing: Promise<void> | undefined;
  deps.metrics.engineUp.set(1);

  let refusals = 0;
  let toldAtMs = Number.NEGATIVE_INFINITY;

  async function answer<T>(ask: (index: SearchIndex) => Promise<T>): Promise<T> {
    let reason: FallbackReason = 'down';
    if (!isDown) {
      try {
        const found = await ask(deps.engine);
        failures = 0;
        return found;
      } catch (error) {
        // Neither does a caller who has gone say anything of the engine, however long they waited.
        if (!(error instanceof EngineError)) throw error;
        reason = error.status === BAD_REQUEST ? 'refused' : 'failed';
        if (reason === 'refused') tellRefusal(error);
        else failures += 1;
        if (failures >= FAILURES_MAX) goDown(error);
        deps.logger.debug({ err: error }, 'the search engine failed; PostgreSQL answers');
      }
    }
    deps.metrics.fallbacks.inc({ reason });
    return ask(deps.fallback);
  }

  function tellRefusal(error: EngineError): void {
    refusals += 1;
    const nowMs = deps.clock.elapsedMs();
    if (nowMs - toldAtMs < REFUSALS_TOLD_MS) return;
    deps.logger.warn(
      { err: error, refused: refusals },
      'the search engine refuses searches; PostgreSQL answers',
    );
    toldAtMs = nowMs;
    refusals = 0;
  }

  function goDown(error: unknown): void {
    if (isDown || stopping.signal.aborted) return;
    isDown = true;
    const isRelapse = deps.clock.elapsedMs() - backAtMs < RELAPSE_MS;
    restMs = isRelapse ? Math.min(2 * restMs, PROBE_REST_MS_MAX) : PROBE_REST_MS;
    deps.metrics.engineUp.set(0);
    deps.logger.warn({ err: error }, 'the search engine cannot be used; PostgreSQL answers searches');
    probing = probeUntilBack();
  }

  async function probeUntilBack(): Promise<void> {
    const { signal } = stopping;
    try {
      await pause(restMs, signal);
      await retry(deps.probe, {
        pauseMsMin: restMs,
        pauseMsMax: restMs,
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
