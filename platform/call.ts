import { AppError } from '#platform/errors.ts';
import { childTrace, type Trace } from '#platform/trace.ts';

/**
 * What travels with one piece of work from hop to hop: who asked (request id, trace), until when the answer is of
 * use, and whether anybody still waits for it. It is the same in process and on the wire.
 */
export class Call {
  readonly requestId: string;
  readonly trace: Trace;
  /** Milliseconds since the Unix epoch. A child's deadline is never later than its parent's. */
  readonly deadlineMs: number;
  #ended: AppError | undefined;
  #listeners: Set<(reason: AppError) => void> | undefined;
  #controller: AbortController | undefined;

  constructor(options: { requestId: string; trace: Trace; deadlineMs: number }) {
    this.requestId = options.requestId;
    this.trace = options.trace;
    this.deadlineMs = options.deadlineMs;
  }

  /** A step of this call with at most `timeoutMs` of its own. The caller links aborting with `onAbort`. */
  child(timeoutMs: number, nowMs: number): Call {
    return new Call({
      requestId: this.requestId,
      trace: childTrace(this.trace),
      deadlineMs: Math.min(this.deadlineMs, nowMs + timeoutMs),
    });
  }

  /** Why nobody waits any more, or undefined while somebody does. */
  get ended(): AppError | undefined {
    return this.#ended;
  }

  throwIfEnded(): void {
    if (this.#ended) throw this.#ended;
  }

  /** Tells everything below that the answer is no longer wanted. Only the first reason counts. */
  abort(reason: AppError): void {
    if (this.#ended) return;
    this.#ended = reason;
    for (const listener of this.#listeners ?? []) listener(reason);
    this.#listeners = undefined;
    this.#controller?.abort(reason);
  }

  /** Calls `listener` once when the call is aborted (at once if it was). Returns how to stop listening. */
  onAbort(listener: (reason: AppError) => void): () => void {
    if (this.#ended) {
      listener(this.#ended);
      return () => {};
    }
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
    return () => this.#listeners?.delete(listener);
  }

  /** The standard form, for code that takes an AbortSignal. Made on first use: most calls never need one. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#ended) this.#controller.abort(this.#ended);
    }
    return this.#controller.signal;
  }
}

export function deadlineExceeded(): AppError {
  return new AppError(
    'DEADLINE_EXCEEDED',
    'The answer took too long. Try again with less work or more time.',
  );
}

export function cancelled(): AppError {
  return new AppError('CANCELLED', 'The caller went away before the answer was ready.');
}
