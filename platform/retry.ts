import { setTimeout as delay } from 'node:timers/promises';

export interface RetryOptions {
  /** The pause after the first failure. It doubles after each further failure, up to `pauseMsMax`. */
  readonly pauseMsMin: number;
  readonly pauseMsMax: number;
  /** Ends the current pause; no further attempt starts. */
  readonly signal?: AbortSignal;
  /** Unlimited by default. */
  readonly attemptsMax?: number;
  /** Whether an error is retried; by default every error is. */
  shouldRetry?(error: unknown): boolean;
  /** Bounds the pauses of all retries that share it. */
  readonly budget?: RetryBudget;
  /** Called before each pause, for logging. */
  onRetry?(error: unknown, pauseMs: number): void;
}

export interface RetryBudget {
  /** Milliseconds. At 0, retries follow without a pause. */
  pauseMsLeft: number;
}

/**
 * Calls `work` until it succeeds. An attempt that lasts longer than `pauseMsMax` resets the pause to `pauseMsMin`.
 * Throws the last error if `shouldRetry` returns false, after `attemptsMax` attempts, or if `signal` fires during an
 * attempt; throws the signal's reason if it fires at another time.
 *
 * Not `p-retry`: it stops on a TypeError, but background loops must survive a defect in one step.
 */
export async function retry<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { pauseMsMin, pauseMsMax, signal, attemptsMax = Infinity, budget } = options;
  let plannedMs = pauseMsMin;
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    const startedMs = performance.now();
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted || attempt >= attemptsMax || options.shouldRetry?.(error) === false) throw error;
      if (performance.now() - startedMs > pauseMsMax) plannedMs = pauseMsMin;
      const pauseMs = Math.min(plannedMs, budget?.pauseMsLeft ?? Infinity);
      if (budget) budget.pauseMsLeft -= pauseMs;
      options.onRetry?.(error, pauseMs);
      await pause(pauseMs, signal);
      plannedMs = Math.min(2 * plannedMs, pauseMsMax);
    }
  }
}

/** Resolves after `ms`, or as soon as `signal` fires. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await unlessAborted(delay(ms, undefined, signal && { signal }), signal);
}

/** The result of `work`; undefined if it rejects after `signal` has fired, because it was then stopped on request. */
export async function unlessAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!signal?.aborted) throw error;
    return undefined;
  }
}
