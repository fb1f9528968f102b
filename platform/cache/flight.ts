import { Call } from '#platform/call.ts';
import { systemClock } from '#platform/clock.ts';
import { traceparentOf } from '#platform/trace.ts';

/** One read that several callers wait for. It goes on until the last of them has gone. */
export interface Flight<R> {
  /** When it was started, on the clock of who started it. */
  readonly startedMs: number;
  /** In the name of the first caller. */
  readonly call: Call;
  /** What it brings. */
  readonly result: Promise<R>;
  /** How many callers wait for it. */
  waiting: number;
}

/** No request may take longer (graphql/config.ts): the last caller's own deadline comes before that. */
const TIMEOUT_MS = 60_000;

/** Starts a read. Whoever wants its result, the first caller included, joins it in the same turn. */
export function startFlight<R>(
  first: Call,
  startedMs: number,
  read: (flight: Omit<Flight<R>, 'result'>) => Promise<R>,
): Flight<R> {
  const { requestId } = first;
  // Deadlines are real time, as the timers that hold them are.
  const nowMs = systemClock.now();
  const call = new Call({
    requestId,
    traceparent: traceparentOf(first.trace),
    nowMs,
    timeoutMs: TIMEOUT_MS,
  });
  const flight = { startedMs, call, waiting: 0 };
  return Object.assign(flight, { result: read(flight).finally(() => call[Symbol.dispose]()) });
}

/** Waits for a read until it ends or `call` does; the last who leaves ends the read, and `givenUp` is called. */
export function joinFlight<R>(flight: Flight<R>, call: Call, givenUp: () => void): Promise<R> {
  return new Promise<R>((resolve, reject) => {
    flight.waiting += 1;
    call.onAbort(leave);
    flight.result.then(
      (result) => {
        call.offAbort(leave);
        resolve(result);
      },
      (error: unknown) => {
        call.offAbort(leave);
        reject(error);
      },
    );

    function leave(reason: Parameters<Parameters<Call['onAbort']>[0]>[0]): void {
      reject(reason);
      flight.waiting -= 1;
      if (flight.waiting > 0) return;
      givenUp();
      flight.call.abort(reason);
    }
  });
}
