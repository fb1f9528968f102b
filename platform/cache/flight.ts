import { Call, type SharedCall } from '#platform/call.ts';
import type { Principal } from '#platform/principal.ts';

/**
 * One read that several callers wait for. Unlike a round trip of platform/coalescer.ts it may be joined while it is
 * under way: its answer may be older than the question.
 */
export interface Flight<R> {
  /** When it was started, on the clock of who started it. */
  readonly startedMs: number;
  readonly call: SharedCall;
  /** What it brings. */
  readonly result: Promise<R>;
}

/** Starts a read as `principal`. Whoever wants its result, the first caller included, joins it in the same turn. */
export function startFlight<R>(
  principal: Principal,
  first: Call,
  startedMs: number,
  read: (call: SharedCall) => Promise<R>,
): Flight<R> {
  const call = Call.shared(principal, first);
  const result = read(call).finally(() => call[Symbol.dispose]());
  return { startedMs, call, result };
}

/** Waits for a read until it ends or `call` does; it is aborted when the last who waited has left. */
export function joinFlight<R>(flight: Flight<R>, call: Call): Promise<R> {
  return new Promise<R>((resolve, reject) => {
    call.onAbort(reject);
    flight.call.join(call);
    flight.result.then(resolve, reject).finally(() => call.offAbort(reject));
  });
}

/** The flights that may be joined, by what they read and by the principal that they read it as. */
export interface Flights<R> {
  of(id: string, reader: Principal): Flight<R> | undefined;
  add(ids: Iterable<string>, flight: Flight<R>): void;
  /** Takes out the flight where it still stands for an id. */
  remove(ids: Iterable<string>, flight: Flight<R>): void;
  /** Takes out all flights that read the id, of all principals. */
  removeAll(id: string): void;
}

export function createFlights<R>(): Flights<R> {
  const byId = new Map<string, Map<Principal['key'], Flight<R>>>();
  return {
    of: (id, reader) => byId.get(id)?.get(reader.key),
    add(ids, flight) {
      const { key } = flight.call.principal;
      for (const id of ids) {
        const ofId = byId.get(id);
        if (ofId) ofId.set(key, flight);
        else byId.set(id, new Map([[key, flight]]));
      }
    },
    remove(ids, flight) {
      const { key } = flight.call.principal;
      for (const id of ids) {
        const ofId = byId.get(id);
        if (ofId?.get(key) !== flight) continue;
        ofId.delete(key);
        if (ofId.size === 0) byId.delete(id);
      }
    },
    removeAll: (id) => void byId.delete(id),
  };
}
