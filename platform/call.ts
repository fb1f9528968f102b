import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { Principal } from '#platform/principal.ts';
import { continueTrace, traceparentOf, type Trace } from '#platform/trace.ts';

/**
 * What travels with one piece of work from hop to hop: who asked (principal, request id, trace), until when the answer
 * is of use, and whether anybody still waits for it. A process makes one for each request that reaches it and hands the
 * same one to everything that it calls in process; over the wire it becomes metadata and a new one on the other side,
 * with what is left of the deadline. Work that several callers share runs under a call of its own, `Call.shared`.
 */
export class Call implements Disposable {
  /** Who the work is done for. It does not cross the wire: each process makes its own from what it has verified. */
  readonly principal: Principal;
  /** A label for logs and error messages, named by the caller: no data may depend on it. */
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
    principal: Principal;
    requestId: string;
    traceparent: string | undefined;
    nowMs: number;
    timeoutMs: number;
  }) {
    this.principal = options.principal;
    this.requestId = options.requestId;
    this.#traceparent = options.traceparent;
    this.deadlineMs = options.nowMs + options.timeoutMs;
    this.#timer = setTimeout(abortLate, Math.max(0, options.timeoutMs), this);
    // A call that nobody disposed of must not keep the process alive.
    this.#timer.unref();
    if (options.timeoutMs <= 0) this.abort(deadlineExceeded());
  }

  /**
   * The call of work that several callers share, with the principal that it runs as: that of all who join, or the
   * anonymous one. Its request id and trace are those of `first`, so that logs lead to one of the callers.
   */
  static shared(principal: Principal, first: Call): SharedCall {
    return new SharedCall(principal, first);
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

/** No request may take longer (graphql/config.ts): the last caller's own deadline comes before that. */
const SHARED_TIMEOUT_MS = 60_000;

/** Ends when the last of those who joined has ended. Made by `Call.shared`. */
export class SharedCall extends Call {
  readonly #first: Call;
  readonly #members: Call[] = [];
  #staying = 0;
  #sharedTrace: Trace | undefined;
  readonly #leave = (reason: AppError): void => {
    this.#staying -= 1;
    if (this.#staying === 0) this.abort(reason);
  };

  constructor(principal: Principal, first: Call) {
    const { requestId } = first;
    // Deadlines are real time, as the timers that hold them are.
    const nowMs = systemClock.now();
    super({ principal, requestId, traceparent: undefined, nowMs, timeoutMs: SHARED_TIMEOUT_MS });
    this.#first = first;
  }

  override get trace(): Trace {
    this.#sharedTrace ??= continueTrace(traceparentOf(this.#first.trace));
    return this.#sharedTrace;
  }

  /** One more caller waits for the result. Throws for one of another principal than the work runs as. */
  join(member: Call): void {
    if (this.principal !== Principal.anonymous && this.principal.key !== member.principal.key)
      throw new Error('a call cannot join work that runs as another principal');
    this.#staying += 1;
    this.#members.push(member);
    member.onAbort(this.#leave);
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    for (const member of this.#members) member.offAbort(this.#leave);
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
