import { Call, type SharedCall } from '#platform/call.ts';
import type { Principal } from '#platform/principal.ts';

/**
 * A read in flight that several callers wait for. Unlike a round trip of platform/coalescer.ts, it can be joined after
 * it has started: its result may be older than the joining call.
 */
export interface InFlightRead<R> {
  /** The start of the read, on the clock of its starter. */
  readonly startedMs: number;
  readonly call: SharedCall;
  /** The result of the read. */
  readonly result: Promise<R>;
}

/**
 * Starts a read as `principal`. Every caller that needs the result, the first included, must join it in the same turn
 * of the event loop.
 */
export function startRead<R>(
  principal: Principal,
  first: Call,
  startedMs: number,
  work: (call: SharedCall) => Promise<R>,
): InFlightRead<R> {
  const call = Call.shared(principal, first);
  const result = work(call).finally(() => call[Symbol.dispose]());
  return { startedMs, call, result };
}

/** Waits until the read or `call` ends. When the last waiting caller has left, the read is aborted. */
export function joinRead<R>(read: InFlightRead<R>, call: Call): Promise<R> {
  return new Promise<R>((resolve, reject) => {
    call.onAbort(reject);
    read.call.join(call);
    read.result.then(resolve, reject).finally(() => call.offAbort(reject));
  });
}

/** The reads that can be joined, by the id that they read and the principal that they run as. */
export interface InFlightReads<R> {
  of(id: string, reader: Principal): InFlightRead<R> | undefined;
  add(ids: Iterable<string>, read: InFlightRead<R>): void;
  /** Removes the read from those of the ids for which it is still registered. */
  remove(ids: Iterable<string>, read: InFlightRead<R>): void;
  /** Removes all reads of the id, of all principals. */
  removeAll(id: string): void;
}

export function createReads<R>(): InFlightReads<R> {
  const byId = new Map<string, Map<Principal['key'], InFlightRead<R>>>();
  return {
    of: (id, reader) => byId.get(id)?.get(reader.key),
    add(ids, read) {
      const { key } = read.call.principal;
      for (const id of ids) {
        const ofId = byId.get(id);
        if (ofId) ofId.set(key, read);
        else byId.set(id, new Map([[key, read]]));
      }
    },
    remove(ids, read) {
      const { key } = read.call.principal;
      for (const id of ids) {
        const ofId = byId.get(id);
        if (ofId?.get(key) !== read) continue;
        ofId.delete(key);
        if (ofId.size === 0) byId.delete(id);
      }
    },
    removeAll: (id) => void byId.delete(id),
  };
}
