/**
 * A cache that several processes share. It never rejects and never keeps anybody waiting for long: what it cannot do
 * within its deadline counts as not found, or is not done.
 */
export interface SharedCache extends AsyncDisposable {
  /** What lies under the keys, in their order. Nothing in `found` is known to be older than `startedMs` says. */
  get(keys: readonly string[]): Promise<SharedReply>;
  /**
   * Keeps values that were read after `moment` until they are as old as a value may get. A newer version that lies
   * there stays.
   */
  set(moment: Moment, values: readonly SharedValue[]): void;
  /** Drops what is older than the version. */
  drop(key: string, version: bigint): void;
}

/** A moment on the clock of the shared cache itself, which all processes have in common. */
export interface Moment {
  readonly ms: number;
  /** The connection over which it was read: another one may lead to another clock. */
  readonly connection: unknown;
}

export interface SharedReply {
  readonly found: readonly (SharedEntry | undefined)[];
  /** Just before this reply came; undefined if the cache cannot be reached. */
  readonly moment: Moment | undefined;
}

export interface SharedEntry {
  readonly version: bigint;
  /** When the read that it comes from was started, or before that, on this process's own clock (Clock.elapsedMs). */
  readonly startedMs: number;
  readonly bytes: Uint8Array;
}

export interface SharedValue {
  readonly key: string;
  readonly version: bigint;
  readonly bytes: Uint8Array;
}
