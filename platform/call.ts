import { AppError } from '#platform/errors.ts';
import { continueTrace, type Trace } from '#platform/trace.ts';

/**
 * What travels with one piece of work from hop to hop: who asked (request id, trace), until when the answer is of
 * use, and whether anybody still waits for it. A process makes one for each request that reaches it and hands the
 * same one to everything that it calls in process; over the wire it becomes metadata and a new one on the other side,
 * with what is left of the deadline.
 */
export class Call implements Disposable {
  readonly requestId: string;
  /** Milliseconds since the Unix epoch. */
  readonly deadlineMs: number;
  /** Bytes that are held in memory for its answer; undefined if they are not counted. A property, for the hot path. */
  heldBytes: number | undefined = undefined;
  readonly #traceparent: string | undefined;
  #trace: Trace | undefined;
  #ended: AppError | undefined;
  /** Few, so that a list is cheaper than a set. */
  #listeners: ((reason: AppError) => void)[] | undefined;
  #controller: AbortController | undefined;
  readonly #timer: NodeJS.Timeout;

  /** The deadline is `timeoutMs` after `nowMs`; then the call is aborted. Dispose of it when the answer is sent. */
  constructor(options: {
    requestId: string;
    traceparent: string | undefined;
    nowMs: number;
    timeoutMs: number;
  }) {
    this.requestId = options.requestId;
    this.#traceparent = options.traceparent;
    this.deadlineMs = options.nowMs + options.timeoutMs;
    this.#timer = setTimeout(abortLate, Math.max(0, options.timeoutMs), this);
    // A call that nobody disposed of must not keep the process alive.
    this.#timer.unref();
    if (options.timeoutMs <= 0) this.abort(deadlineExceeded());
  }

  /** Goes on with the caller's trace, or starts one. Made on first use: most reads never need it. */
  get trace(): Trace {
    this.#trace ??= continueTrace(this.#traceparent);
    return this.#trace;
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
    clearTimeout(this.#timer);
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) listener(reason);
    this.#controller?.abort(reason);
  }

  /** Calls `listener` once when the call is aborted (at once if it was), unless `offAbort` comes first. */
  onAbort(listener: (reason: AppError) => void): void {
    if (this.#ended) {
      listener(this.#ended);
      return;
    }
    if (this.#listeners) this.#listeners.push(listener);
    else this.#listeners = [listener];
  }

  offAbort(listener: (reason: AppError) => void): void {
    const index = this.#listeners?.indexOf(listener) ?? -1;
    if (index >= 0) this.#listeners?.splice(index, 1);
  }

  /** The standard form, for code that takes an AbortSignal. Made on first use: most calls never need one. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#ended) this.#controller.abort(this.#ended);
    }
    return this.#controller.signal;
  }

  /** The answer was given: the deadline no longer matters. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

function abortLate(call: Call): void {
  call.abort(deadlineExceeded());
}

/** The error of a call whose deadline has passed. */
export function deadlineExceeded(): AppError {
  return new AppError(
    'DEADLINE_EXCEEDED',
    'The answer took too long. Try again with less work or more time.',
  );
}

/** The error of a call that its caller has given up. */
export function cancelled(): AppError {
  return new AppError('CANCELLED', 'The caller went away before the answer was ready.');
}
