import { fromBinary, toBinary, type Message } from '@bufbuild/protobuf';
import type { GenMessage } from '@bufbuild/protobuf/codegenv2';
import { LRUCache } from 'lru-cache';
import type { CacheMetrics } from '#platform/cache/metrics.ts';
import { createFloors } from '#platform/cache/floors.ts';
import { createFlights, joinFlight, startFlight, type Flight } from '#platform/cache/flight.ts';
import type { Moment, SharedCache } from '#platform/cache/shared-cache.ts';
import type { Call, SharedCall } from '#platform/call.ts';
import { AppError } from '#platform/errors.ts';
import { Principal } from '#platform/principal.ts';

/**
 * No answer shows an entity as it was longer ago than this before the question, counted from the start of the read
 * that it comes from. This rests on nothing but the process's own clock (and, for what comes from Redis, on Redis's):
 * events and writes only make it earlier.
 */
export const AGE_MS_MAX = 2_000;
/** Changes that are remembered at once: 50,000 changes a second for 2 s. About 20 MB when full. */
const FLOORS_MAX = 100_000;
/** A larger entity is not shared: a batch of a thousand such is as much as Redis hands over in time. */
const SHARED_BYTES_MAX = 16 * 1_024;

/** A protobuf message of something that has an id and a version that grows with every change. */
export type EntityMessage = Message & { readonly id: string; readonly version: bigint };

export interface EntityCacheOptions<T extends EntityMessage> {
  /** The label `cache`, and part of the key in Redis. */
  readonly name: string;
  readonly schema: GenMessage<T>;
  /**
   * Whether an entity is the same for all principals: it is then read as the anonymous one. Otherwise what one
   * principal has read is given out to that principal only.
   */
  readonly isPublic: boolean;
  readonly entriesMax: number;
  readonly bytesMax: number;
  /** Estimated bytes in memory. */
  sizeOf(entity: T): number;
  /** One read of many ids; leaves out those that do not exist. It may depend on `call.principal`. */
  load(ids: readonly string[], call: SharedCall): Promise<readonly T[]>;
  /** What several processes share, if they do: only what was read as the anonymous principal. */
  readonly shared: SharedCache | undefined;
  /** See Clock. */
  elapsedMs(): number;
  readonly metrics: CacheMetrics;
}

export interface EntityCache<T> {
  /**
   * Entities by id, null for those that do not exist. Whoever asks after a `write` of the entity was answered sees
   * at least that write; otherwise an answer may be up to AGE_MS_MAX old. Never change what it returns.
   */
  get(ids: readonly string[], call: Call): Promise<(T | null)[]>;
  /**
   * Does a change of the entity (undefined: of a new one) and keeps the state that it answers for those who share the
   * caller's reads; after a failure that leaves the state unknown, nothing older than the failure is given out again.
   */
  write<R>(
    id: string | undefined,
    call: Call,
    change: () => Promise<R>,
    entityOf: (answer: R) => T | undefined,
  ): Promise<R>;
  /** Somebody else's change: what is older than the version is dropped. */
  changed(id: string, version: bigint): void;
}

/** An entity with the start of the read that it comes from. */
interface Held<T> {
  readonly entity: T;
  readonly version: bigint;
  readonly startedMs: number;
}

/** What one flight brings: those of its ids that exist. */
type Landed<T> = ReadonlyMap<string, T>;

/** A cache of entities by id: in memory, behind it what processes share, behind that one read for all that is missing. */
export function createEntityCache<T extends EntityMessage>(options: EntityCacheOptions<T>): EntityCache<T> {
  const { elapsedMs, name } = options;
  const metrics = metricsOf(options.metrics, name);
  const floors = createFloors(elapsedMs, AGE_MS_MAX, FLOORS_MAX);
  /** By scoped id. Whoever takes something out asks the floors whether it is still acceptable. */
  const memory = new LRUCache<string, Held<T>>({
    max: options.entriesMax,
    maxSize: options.bytesMax,
    sizeCalculation: ({ entity }) => Math.max(1, options.sizeOf(entity)),
    dispose: (_held, _id, reason) => {
      if (reason === 'evict') metrics.evictions.inc();
    },
  });
  /**
   * Who reads what is not in memory. A change takes the entity's flights out of here: whoever asks later does not
   * join them, and what they bring is not kept.
   */
  const flights = createFlights<Landed<T>>();
  const keyOf = (id: string): string => `${name}:${id}`;
  const readerOf = (call: Call): Principal => (options.isPublic ? Principal.anonymous : call.principal);

  function fly(ids: readonly string[], reader: Principal, first: Call, askedMs: number): Flight<Landed<T>> {
    const landed = new Map<string, T>();
    const shared = reader === Principal.anonymous ? options.shared : undefined;
    const flight = startFlight<Landed<T>>(reader, first, askedMs, async (call) => {
      // The flight has to be known by its ids before anything can land.
      await Promise.resolve();
      try {
        const moment = shared && (await landShared(shared, ids));
        const missing = landed.size === 0 ? ids : ids.filter((id) => !landed.has(id));
        if (missing.length > 0) await landLoaded(missing, call, moment);
        return landed;
      } finally {
        flights.remove(ids, flight);
        measure();
      }
    });
    flights.add(ids, flight);
    flight.call.onAbort(() => flights.remove(ids, flight));
    return flight;

    /** What others have read. */
    async function landShared(shared: SharedCache, ids: readonly string[]): Promise<Moment | undefined> {
      const { found, moment } = await shared.get(ids.map(keyOf));
      const nowMs = elapsedMs();
      for (const [index, id] of ids.entries()) {
        const entry = found[index];
        if (!entry || nowMs - entry.startedMs > AGE_MS_MAX || !floors.accepts(id, entry)) continue;
        const entity = decode(options.schema, entry.bytes);
        if (entity?.id === id && entity.version === entry.version) land(entity, entry.startedMs);
      }
      if (moment) {
        metrics.redisHits.inc(landed.size);
        metrics.redisMisses.inc(ids.length - landed.size);
      }
      return moment;
    }

    async function landLoaded(
      missing: readonly string[],
      call: SharedCall,
      moment: Moment | undefined,
    ): Promise<void> {
      call.throwIfEnded();
      const startedMs = elapsedMs();
      const entities = await options.load(missing, call);
      const kept = entities.filter((entity) => land(entity, startedMs));
      if (shared && moment && kept.length > 0) share(shared, moment, kept);
    }

    /** Hands an entity to those who wait, and keeps it unless it was changed meanwhile; tells whether it did. */
    function land(entity: T, startedMs: number): boolean {
      landed.set(entity.id, entity);
      if (flights.of(entity.id, reader) !== flight) return false;
      flights.remove([entity.id], flight);
      keep(reader, entity, startedMs);
      return true;
    }
  }

  function keep(reader: Principal, entity: T, startedMs: number): void {
    memory.set(reader.scope(entity.id), { entity, version: entity.version, startedMs });
  }

  function share(shared: SharedCache, moment: Moment, entities: readonly T[]): void {
    const values = entities.map((entity) => ({
      key: keyOf(entity.id),
      version: entity.version,
      bytes: toBinary(options.schema, entity),
    }));
    shared.set(
      moment,
      values.filter(({ bytes }) => bytes.length <= SHARED_BYTES_MAX),
    );
  }

  /** From now on nothing below the floor is given out to those who ask. */
  function raiseFloor(id: string, floor: { version: bigint; sinceMs: number }): void {
    floors.raise(id, floor);
    flights.removeAll(id);
    if (floor.version > 0n) options.shared?.drop(keyOf(id), floor.version);
  }

  /** Keeps the answer of a change, unless a later change was answered first. */
  function keepWritten(entity: T, call: Call, startedMs: number): void {
    const { id, version } = entity;
    raiseFloor(id, { version, sinceMs: Number.NEGATIVE_INFINITY });
    const reader = readerOf(call);
    // What the change answered to one principal is not for the others.
    if (reader.key !== call.principal.key || !floors.accepts(id, { version, startedMs })) return;
    const held = memory.peek(reader.scope(id));
    const isBetter =
      held && floors.accepts(id, held) && (held.version > version || held.startedMs >= startedMs);
    if (!isBetter) keep(reader, entity, startedMs);
    measure();
  }

  function measure(): void {
    metrics.entries.set(memory.size);
    metrics.bytes.set(memory.calculatedSize);
  }

  /** What is in memory and young enough, and the flights that bring the rest. */
  function look(
    ids: readonly string[],
    call: Call,
  ): { held: Map<string, T>; flights: Map<string, Flight<Landed<T>>> } {
    const askedMs = elapsedMs();
    const reader = readerOf(call);
    const held = new Map<string, T>();
    const joined = new Map<string, Flight<Landed<T>>>();
    const missing: string[] = [];
    for (const id of new Set(ids)) {
      const found = memory.get(reader.scope(id));
      const flight = flights.of(id, reader);
      if (found && askedMs - found.startedMs <= AGE_MS_MAX && floors.accepts(id, found))
        held.set(id, found.entity);
      else if (flight && askedMs - flight.startedMs <= AGE_MS_MAX) joined.set(id, flight);
      else missing.push(id);
    }
    if (held.size > 0) metrics.memoryHits.inc(held.size);
    if (joined.size + missing.length > 0) metrics.memoryMisses.inc(joined.size + missing.length);
    if (missing.length > 0) {
      const flight = fly(missing, reader, call, askedMs);
      for (const id of missing) joined.set(id, flight);
    }
    return { held, flights: joined };
  }

  return {
    async get(ids, call) {
      const { held, flights: joined } = look(ids, call);
      if (joined.size === 0) return ids.map((id) => held.get(id) ?? null);
      const landed = new Map<Flight<Landed<T>>, Landed<T>>();
      await Promise.all(
        Array.from(new Set(joined.values()), async (flight) => {
          landed.set(flight, await joinFlight(flight, call));
        }),
      );
      return ids.map((id) => {
        const flight = joined.get(id);
        // Each id from its own flight: another one may bring it too, as it was before a change.
        return (flight ? landed.get(flight)?.get(id) : held.get(id)) ?? null;
      });
    },

    async write(id, call, change, entityOf) {
      // What the change answers is at least as new as its start.
      const startedMs = elapsedMs();
      try {
        const answer = await change();
        metrics.writes.inc();
        const entity = entityOf(answer);
        if (entity) keepWritten(entity, call, startedMs);
        return answer;
      } catch (error) {
        // Somebody else's change was in the way, or whether this one was done is unknown: look again.
        if (id !== undefined && !(error instanceof AppError && UNTOUCHED.has(error.reason)))
          raiseFloor(id.toLowerCase(), { version: 0n, sinceMs: elapsedMs() });
        throw error;
      }
    },

    changed(id, version) {
      metrics.events.inc();
      raiseFloor(id, { version, sinceMs: Number.NEGATIVE_INFINITY });
    },
  };
}

/** Refusals that say nothing about an entity that there is. */
const UNTOUCHED: ReadonlySet<string> = new Set(['INVALID_ARGUMENT', 'NOT_FOUND']);

/** Undefined for bytes that are no such message. */
function decode<T extends EntityMessage>(schema: GenMessage<T>, bytes: Uint8Array): T | undefined {
  try {
    return fromBinary(schema, bytes);
  } catch {
    return undefined;
  }
}

/** The labels looked up once. */
function metricsOf(metrics: CacheMetrics, cache: string) {
  return {
    memoryHits: metrics.lookups.labels(cache, 'memory', 'hit'),
    memoryMisses: metrics.lookups.labels(cache, 'memory', 'miss'),
    redisHits: metrics.lookups.labels(cache, 'redis', 'hit'),
    redisMisses: metrics.lookups.labels(cache, 'redis', 'miss'),
    entries: metrics.entries.labels(cache),
    bytes: metrics.bytes.labels(cache),
    evictions: metrics.evictions.labels(cache),
    writes: metrics.invalidations.labels(cache, 'write'),
    events: metrics.invalidations.labels(cache, 'event'),
  };
}
