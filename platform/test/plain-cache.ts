import { toBinary, fromBinary } from '@bufbuild/protobuf';
import { LRUCache } from 'lru-cache';
import { AGE_MS_MAX, type EntityCache } from '#platform/cache/entity-cache.ts';
import { Call } from '#platform/call.ts';
import { ThingSchema, type CreateCache, type Thing, type ThingOptions } from '#platform/test/cache-things.ts';

/** What a cache must do so that it is never wrong: each can be left out of the one below. */
export interface Safeguards {
  /** Nothing older than the bound is given out. */
  readonly age: boolean;
  /** What the shared cache holds is refused when it is older than a change that is known. */
  readonly floor: boolean;
  /** Whoever asks after a change does not join a read from before it, and that read is not kept. */
  readonly leave: boolean;
  /** A value from the shared cache is as old as it was there. */
  readonly carriedAge: boolean;
}

export const ALL: Safeguards = { age: true, floor: true, leave: true, carriedAge: true };

/** Known-bad twins: a cache as one might write it first, with the given safeguards alone. */
export function plainCache(safe: Safeguards): CreateCache {
  return ({ elapsedMs, entriesMax, load, shared }: ThingOptions): EntityCache<Thing> => {
    const memory = new LRUCache<string, { entity: Thing; startedMs: number }>({ max: entriesMax });
    const flights = new Map<string, { startedMs: number; result: Promise<Thing | null> }>();
    const floors = new Map<string, bigint>();
    const young = (startedMs: number): boolean => !safe.age || elapsedMs() - startedMs <= AGE_MS_MAX;

    function changed(id: string, version: bigint): void {
      if (version > (floors.get(id) ?? 0n)) floors.set(id, version);
      if (safe.leave) flights.delete(id);
      if ((memory.get(id)?.entity.version ?? version) < version) memory.delete(id);
    }

    function read(id: string, call: Call): Promise<Thing | null> {
      const flight = { startedMs: elapsedMs(), result: fly() };
      flights.set(id, flight);
      return flight.result;

      function keep(entity: Thing, startedMs: number): void {
        const current = flights.get(id) === flight;
        if (current) flights.delete(id);
        if (current || !safe.leave) memory.set(id, { entity, startedMs });
      }

      async function fly(): Promise<Thing | null> {
        await Promise.resolve();
        const reply = await shared?.get([id]);
        const [entry] = reply?.found ?? [];
        if (entry && young(entry.startedMs) && (!safe.floor || entry.version >= (floors.get(id) ?? 0n))) {
          const entity = fromBinary(ThingSchema, entry.bytes);
          keep(entity, safe.carriedAge ? entry.startedMs : elapsedMs());
          return entity;
        }
        const startedMs = elapsedMs();
        const [entity] = await load([id], Call.shared(call.principal, call));
        if (!entity) {
          if (flights.get(id) === flight) flights.delete(id);
          return null;
        }
        keep(entity, startedMs);
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
            if (held && young(held.startedMs)) return held.entity;
            const flight = flights.get(id);
            return flight && young(flight.startedMs) ? flight.result : read(id, call);
          }),
        ),
      async write(_id, _call, change, entityOf) {
        const startedMs = elapsedMs();
        const answer = await change();
        const entity = entityOf(answer);
        if (entity) {
          changed(entity.id, entity.version);
          if (entity.version >= (floors.get(entity.id) ?? 0n)) memory.set(entity.id, { entity, startedMs });
        }
        return answer;
      },
      changed,
    };
  };
}
