/**
 * What is known of changes for as long as a value from before them could still turn up: for `keptMs` after a change
 * of an entity, only what is at least as new is accepted. Bounded: when more entities change than it can remember,
 * it forgets them and accepts nothing at all that was read up to that moment.
 */
export interface Floors {
  /** From now on the entity is at `version` or later, and what was read up to `sinceMs` is not accepted. */
  raise(id: string, floor: { version: bigint; sinceMs: number }): void;
  accepts(id: string, value: { version: bigint; startedMs: number }): boolean;
}

interface Floor {
  readonly version: bigint;
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** Floors that hold for `keptMs` by `elapsedMs`, a clock that only goes forward; at most `countMax` at once. */
export function createFloors(elapsedMs: () => number, keptMs: number, countMax: number): Floors {
  /** In the order in which they end. */
  const floors = new Map<string, Floor>();
  let barrierMs = Number.NEGATIVE_INFINITY;

  function forgetEnded(nowMs: number): void {
    for (const [id, { untilMs }] of floors) {
      if (untilMs >= nowMs) return;
      floors.delete(id);
    }
  }

  return {
    raise(id, { version, sinceMs }) {
      const nowMs = elapsedMs();
      const before = floors.get(id);
      floors.delete(id);
      forgetEnded(nowMs);
      if (floors.size >= countMax) {
        floors.clear();
        barrierMs = nowMs;
      }
      floors.set(id, {
        version: before && before.version > version ? before.version : version,
        sinceMs: Math.max(sinceMs, before?.sinceMs ?? sinceMs),
        untilMs: nowMs + keptMs,
      });
    },
    accepts(id, { version, startedMs }) {
      if (startedMs <= barrierMs) return false;
      const floor = floors.get(id);
      return !floor || (version >= floor.version && startedMs > floor.sinceMs);
    },
  };
}
