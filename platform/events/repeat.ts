import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '#platform/logger.ts';

/** The rest after a failure doubles up to this. */
const BACKOFF_MS_MAX = 5_000;
const BACKOFF_MS_MIN = 100;

/**
 * Does a step again and again until it is disposed of, which waits for the step in hand. A step that returns true is
 * followed by the next at once, otherwise after `restMs`. A failure is logged, and the rest grows from 100 ms to 5 s;
 * a step that went well for longer than that before it failed is no part of the row of failures.
 */
export function repeat(
  restMs: number,
  logger: Logger,
  what: string,
  step: (stop: AbortSignal) => Promise<boolean>,
): AsyncDisposable {
  const stopping = new AbortController();
  const stop = stopping.signal;
  const loop = async (): Promise<void> => {
    let backoffMs = BACKOFF_MS_MIN;
    while (!stop.aborted) {
      const startedMs = performance.now();
      try {
        const more = await step(stop);
        backoffMs = BACKOFF_MS_MIN;
        if (!more) await rest(restMs, stop);
      } catch (error) {
        if (stop.aborted) return;
        if (performance.now() - startedMs > BACKOFF_MS_MAX) backoffMs = BACKOFF_MS_MIN;
        logger.warn({ err: error, retry_in_ms: backoffMs }, `${what} failed; it goes on`);
        await rest(backoffMs, stop);
        backoffMs = Math.min(backoffMs * 2, BACKOFF_MS_MAX);
      }
    }
  };
  const stopped = loop();
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await stopped;
    },
  };
}

/** Waits, but not longer than until `stop` fires. */
export async function rest(ms: number, stop: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal: stop }).catch(() => {});
}

/** Waits for a promise, but not longer than `ms` and not after `signal` has fired: then it rejects. */
export async function within<T>(
  promise: Promise<T>,
  { ms, signal }: { ms?: number; signal?: AbortSignal },
): Promise<T> {
  const given = Promise.withResolvers<never>();
  const abort = (): void => given.reject(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  const late = ms && setTimeout(() => given.reject(new Error(`no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, given.promise]);
  } finally {
    clearTimeout(late);
    signal?.removeEventListener('abort', abort);
  }
}
