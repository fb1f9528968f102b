/**
 * Minimum versions of changed entities. For `keptMs` after a change of an entity, only values at least as new as the
 * change are accepted; an older value cannot appear later than that. Bounded: above `countMax` entities all minimums
 * are dropped, and every value whose read started before that moment is rejected.
 */
export interface MinimumVersions {
  /** Records that the entity has at least `version`, and that values whose reads started up to `sinceMs` are stale. */
  raise(id: string, minimum: { version: bigint; sinceMs: number }): void;
  accepts(id: string, value: { version: bigint; startedMs: number }): boolean;
}

interface Minimum {
  readonly version: bigint;
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** Minimum versions that hold for `keptMs` on the monotonic clock `elapsedMs`; at most `countMax` at a time. */
export function createMinimumVersions(
  elapsedMs: () => number,
  keptMs: number,
  countMax: number,
): MinimumVersions {
  /** In order of expiry. */
  const minimums = new Map<string, Minimum>();
  let barrierMs = Number.NEGATIVE_INFINITY;

  function deleteExpired(nowMs: number): void {
    for (const [id, { untilMs }] of minimums) {
      if (untilMs >= nowMs) return;
      minimums.delete(id);
    }
  }

  return {
    raise(id, { version, sinceMs }) {
      const nowMs = elapsedMs();
      const before = minimums.get(id);
      minimums.delete(id);
      deleteExpired(nowMs);
      if (minimums.size >= countMax) {
        minimums.clear();
        barrierMs = nowMs;
      }
      minimums.set(id, {
        version: before && before.version > version ? before.version : version,
        sinceMs: Math.max(sinceMs, before?.sinceMs ?? sinceMs),
        untilMs: nowMs + keptMs,
      });
    },
    accepts(id, { version, startedMs }) {
      if (startedMs <= barrierMs) return false;
      const minimum = minimums.get(id);
      return !minimum || (version >= minimum.version && startedMs > minimum.sinceMs);
    },
  };
}
