import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { Principal } from '#platform/principal.ts';
import { continueTrace, traceparentOf, type Trace } from '#platform/trace.ts';

/**
 * The context of a unit of work: the caller (principal, request id, trace), the deadline, and whether a caller still
 * waits for the result. A process creates one Call for each request that it receives and passes it to everything that
 * it calls in process. gRPC sends it as metadata, and the server creates a new Call with the remaining time. Work that
 * several callers share runs under its own Call, created by `Call.shared`.
 */
export class Call implements Disposable {
  /** A label for logs and error messages, chosen by the caller. No data may depend on it. */
  readonly requestId: string;
  /** Milliseconds since the Unix epoch. */
  readonly deadlineMs: number;
  /**
   * Bytes in memory held for its response; undefined if they are not counted. A plain property because it is on the hot
   * path.
   */
  heldBytes: number | undefined = undefined;
  #principal: Principal;
  #token: string | undefined;
  readonly #traceparent: string | undefined;
  #trace: Trace | undefined;
  #ended: AppError | undefined;
  /** An array, because it is cheaper than a Set for a few listeners. */
  #listeners: ((reason: AppError) => void)[] | undefined;
  #controller: AbortController | undefined;
  readonly #timer: NodeJS.Timeout;

  /** The call is aborted at its deadline, `timeoutMs` after `nowMs`. Dispose of it when the response is sent. */
  constructor(options: {
    principal: Principal;
    requestId: string;
    traceparent: string | undefined;
    nowMs: number;
    timeoutMs: number;
  }) {
    this.#principal = options.principal;
    this.requestId = options.requestId;
    this.#traceparent = options.traceparent;
    this.deadlineMs = options.nowMs + options.timeoutMs;
    this.#timer = setTimeout(abortAtDeadline, Math.max(0, options.timeoutMs), this);
    // A call that was not disposed of must not keep the process alive.
    this.#timer.unref();
    if (options.timeoutMs <= 0) this.abort(deadlineExceeded());
  }

  /**
   * Creates the call of shared work. `principal` is the principal of all callers that join, or the anonymous one.
   * Request id and trace are those of `first`, so that logs lead to one of the callers.
   */
  static shared(principal: Principal, first: Call): SharedCall {
    return new SharedCall(principal, first);
  }

  /**
   * The principal that the work runs for. It is not sent over the wire: each process derives it from the token that it has
   * verified.
   */
  get principal(): Principal {
    return this.#principal;
  }

  /** The caller's access token, which is sent to services; undefined for an anonymous caller and for shared work. */
  get token(): string | undefined {
    return this.#token;
  }

  /** Sets the principal of a verified access token, before any work is done for the call. */
  authenticate(principal: Principal, token: string): void {
    this.#principal = principal;
    this.#token = token;
  }

  /** Continues the caller's trace or starts a new one. Created on first use: most reads never need it. */
  get trace(): Trace {
    this.#trace ??= continueTrace(this.#traceparent);
    return this.#trace;
  }

  /** The reason why the call ended; undefined while a caller still waits. */
  get ended(): AppError | undefined {
    return this.#ended;
  }

  throwIfEnded(): void {
    if (this.#ended) throw this.#ended;
  }

  /** Aborts the call and the work under it. Only the first reason counts. */
  abort(reason: AppError): void {
    if (this.#ended) return;
    this.#ended = reason;
    clearTimeout(this.#timer);
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) listener(reason);
    this.#controller?.abort(reason);
  }

  /** Calls `listener` once when the call is aborted, immediately if it was, unless `offAbort` is called first. */
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

  /** For code that takes an AbortSignal. Created on first use: most calls never need one. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#ended) this.#controller.abort(this.#ended);
    }
    return this.#controller.signal;
  }

  /** Stops the deadline timer. Call it when the response is ready. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

/** No request may take longer (graphql/config.ts), so the deadline of the last caller passes first. */
const SHARED_TIMEOUT_MS = 60_000;

/** A call that ends when the last caller that joined it has ended. Created by `Call.shared`. */
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
    // Deadlines use real time, like the timers that enforce them.
    const nowMs = systemClock.now();
    super({ principal, requestId, traceparent: undefined, nowMs, timeoutMs: SHARED_TIMEOUT_MS });
    // Work that runs as the principal of its callers can use the token of any of them.
    if (principal !== Principal.anonymous && first.token !== undefined)
      this.authenticate(principal, first.token);
    this.#first = first;
  }

  override get trace(): Trace {
    this.#sharedTrace ??= continueTrace(traceparentOf(this.#first.trace));
    return this.#sharedTrace;
  }

  /** Adds a caller that waits for the result. Throws if its principal is not the one that the work runs as. */
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

function abortAtDeadline(call: Call): void {
  call.abort(deadlineExceeded());
}

/** The error of a call whose deadline has passed. */
export function deadlineExceeded(): AppError {
  return new AppError(
    'DEADLINE_EXCEEDED',
    'The deadline passed before the response was ready. Request less data or set a later deadline.',
  );
}

/** The error of a call that its caller has cancelled. */
export function cancelled(): AppError {
  return new AppError('CANCELLED', 'The caller cancelled the request before the response was ready.');
}
