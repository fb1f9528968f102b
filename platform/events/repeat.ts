import type { Logger } from '#platform/logger.ts';
import { pause, retry, unlessAborted } from '#platform/retry.ts';

const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 5_000;

/**
 * Repeats a step until disposal, which waits for the current step. A step that returns true is followed by the next
 * immediately, otherwise after `idleMs`. A failed step is logged and retried after 100 ms to 5 s.
 */
export function repeat(
  idleMs: number,
  logger: Logger,
  what: string,
  step: (stop: AbortSignal) => Promise<boolean>,
): AsyncDisposable {
  const stopping = new AbortController();
  const stop = stopping.signal;
  const options = {
    pauseMsMin: PAUSE_MS_MIN,
    pauseMsMax: PAUSE_MS_MAX,
    signal: stop,
    onRetry: (error: unknown, pauseMs: number) =>
      logger.warn({ err: error, retry_in_ms: pauseMs }, `${what} failed; retrying`),
  };
  const loop = async (): Promise<void> => {
    while (!stop.aborted) {
      const more = await retry(() => step(stop), options);
      if (!more) await pause(idleMs, stop);
    }
  };
  const stopped = unlessAborted(loop(), stop);
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await stopped;
    },
  };
}

/** Waits for a promise; rejects after `ms` or when `signal` fires. */
export async function within<T>(
  promise: Promise<T>,
  { ms, signal }: { ms?: number; signal?: AbortSignal },
): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  const timer = ms && setTimeout(() => aborted.reject(new Error(`no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
