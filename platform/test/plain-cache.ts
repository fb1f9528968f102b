import { toBinary, fromBinary } from '@bufbuild/protobuf';
import { LRUCache } from 'lru-cache';
import { AGE_MS_MAX, type EntityCache } from '#platform/cache/entity-cache.ts';
import { Call } from '#platform/call.ts';
import { ThingSchema, type CreateCache, type Thing, type ThingOptions } from '#platform/test/cache-things.ts';

/** The safeguards that make a cache correct; each can be omitted from the cache below. */
export interface Safeguards {
  /** Entities older than the maximum age are not returned. */
  readonly age: boolean;
  /** Entries of the shared cache are rejected if they are older than a known change. */
  readonly minimumVersion: boolean;
  /** A call after a change does not join an earlier read, and the result of that read is not cached. */
  readonly noLateJoin: boolean;
  /** A value from the shared cache keeps its age. */
  readonly carriedAge: boolean;
}

export const ALL: Safeguards = { age: true, minimumVersion: true, noLateJoin: true, carriedAge: true };

/** Known-bad twins: a naive cache with only the given safeguards. */
export function plainCache(safe: Safeguards): CreateCache {
  return ({ elapsedMs, entriesMax, load, shared }: ThingOptions): EntityCache<Thing> => {
    const memory = new LRUCache<string, { entity: Thing; startedMs: number }>({ max: entriesMax });
    const reads = new Map<string, { startedMs: number; result: Promise<Thing | null> }>();
    const minimumVersions = new Map<string, bigint>();
    const isFresh = (startedMs: number): boolean => !safe.age || elapsedMs() - startedMs <= AGE_MS_MAX;

    function changed(id: string, version: bigint): void {
      if (version > (minimumVersions.get(id) ?? 0n)) minimumVersions.set(id, version);
      if (safe.noLateJoin) reads.delete(id);
      if ((memory.get(id)?.entity.version ?? version) < version) memory.delete(id);
    }

    function read(id: string, call: Call): Promise<Thing | null> {
      const inFlight = { startedMs: elapsedMs(), result: start() };
      reads.set(id, inFlight);
      return inFlight.result;

      function store(entity: Thing, startedMs: number): void {
        const current = reads.get(id) === inFlight;
        if (current) reads.delete(id);
        if (current || !safe.noLateJoin) memory.set(id, { entity, startedMs });
      }

      async function start(): Promise<Thing | null> {
        await Promise.resolve();
        const reply = await shared?.get([id]);
        const [entry] = reply?.found ?? [];
        if (
          entry &&
          isFresh(entry.startedMs) &&
          (!safe.minimumVersion || entry.version >= (minimumVersions.get(id) ?? 0n))
        ) {
          const entity = fromBinary(ThingSchema, entry.bytes);
          store(entity, safe.carriedAge ? entry.startedMs : elapsedMs());
          return entity;
        }
        const startedMs = elapsedMs();
        const [entity] = await load([id], Call.shared(call.principal, call));
        if (!entity) {
          if (reads.get(id) === inFlight) reads.delete(id);
          return null;
        }
        store(entity, startedMs);
        const value = { key: id, version: entity.version, bytes: toBinary(ThingSchema, entity) };
        if (reply?.moment) shared?.set(reply.moment, [value]);
        return entity;
      }
    }

    return {
      get: (ids, call) =>
        Promise.all(
          ids.map(async (id) => {
            const held = memory.get(id);
            if (held && isFresh(held.startedMs)) return held.entity;
            const inFlight = reads.get(id);
            return inFlight && isFresh(inFlight.startedMs) ? inFlight.result : read(id, call);
          }),
        ),
      async write(_id, _call, change, entityOf) {
        const startedMs = elapsedMs();
        const answer = await change();
        const entity = entityOf(answer);
        if (entity) {
          changed(entity.id, entity.version);
          if (entity.version >= (minimumVersions.get(entity.id) ?? 0n))
            memory.set(entity.id, { entity, startedMs });
        }
        return answer;
      },
      changed,
    };
  };
}
