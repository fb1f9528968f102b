/**
 * A cache that several processes share. It never rejects and never blocks callers for long: a read that misses its
 * deadline finds nothing, and a write that misses it is dropped.
 */
export interface SharedCache extends AsyncDisposable {
  /** Returns the entries of the keys, in order. An entry is at most as old as its `startedMs` indicates. */
  get(keys: readonly string[]): Promise<SharedReply>;
  /**
   * Stores values that were read after `moment` until they reach the maximum age. Newer versions are not overwritten.
   */
  set(moment: Moment, values: readonly SharedValue[]): void;
  /** Deletes the entry if it is older than the version. */
  drop(key: string, version: bigint): void;
}

/** A time on the clock of the shared cache, which all processes share. */
export interface Moment {
  readonly ms: number;
  /** The connection that returned the time: another connection may lead to another clock. */
  readonly connection: unknown;
}

export interface SharedReply {
  readonly found: readonly (SharedEntry | undefined)[];
  /** The time when the cache answered; undefined if the cache cannot be reached. */
  readonly moment: Moment | undefined;
}

export interface SharedEntry {
  readonly version: bigint;
  /**
   * A lower bound for the start of the read that returned the entity, on this process's own clock (Clock.elapsedMs).
   */
  readonly startedMs: number;
  readonly bytes: Uint8Array;
}

export interface SharedValue {
  readonly key: string;
  readonly version: bigint;
  readonly bytes: Uint8Array;
}
