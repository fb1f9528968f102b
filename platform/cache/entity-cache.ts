import { fromBinary, toBinary, type Message } from '@bufbuild/protobuf';
import type { GenMessage } from '@bufbuild/protobuf/codegenv2';
import { LRUCache } from 'lru-cache';
import type { CacheMetrics } from '#platform/cache/metrics.ts';
import { createReads, joinRead, startRead, type InFlightRead } from '#platform/cache/in-flight-reads.ts';
import { createMinimumVersions } from '#platform/cache/minimum-versions.ts';
import type { Moment, SharedCache } from '#platform/cache/shared-cache.ts';
import type { Call, SharedCall } from '#platform/call.ts';
import { AppError } from '#platform/errors.ts';
import { Principal } from '#platform/principal.ts';

/**
 * The maximum age of an entity in an answer: the time from the start of the read that returned it to the request. Only
 * the process's own clock enforces it (and Redis's clock for values from Redis). Events and writes only invalidate
 * earlier.
 */
export const AGE_MS_MAX = 2_000;
/** Minimum versions that are kept at the same time: 50,000 changes/s for 2 s. About 20 MB when full. */
const MINIMUM_VERSIONS_MAX = 100_000;
/**
 * Larger entities are not written to Redis: 1,000 entities of this size are as much as Redis returns within its
 * timeout.
 */
const SHARED_BYTES_MAX = 16 * 1_024;

/** A protobuf message with an id and a version that grows with every change. */
export type EntityMessage = Message & { readonly id: string; readonly version: bigint };

export interface EntityCacheOptions<T extends EntityMessage> {
  /** The label `cache` and part of the key in Redis. */
  readonly name: string;
  readonly schema: GenMessage<T>;
  /**
   * Whether an entity is the same for all principals. If so, it is read as the anonymous principal. Otherwise an entity
   * read for one principal is returned only to that principal.
   */
  readonly isPublic: boolean;
  readonly entriesMax: number;
  readonly bytesMax: number;
  /** The estimated size in memory, in bytes. */
  sizeOf(entity: T): number;
  /** Reads many ids at once and omits those that do not exist. The result may depend on `call.principal`. */
  load(ids: readonly string[], call: SharedCall): Promise<readonly T[]>;
  /** The cache of several processes, if any. It holds only entities read as the anonymous principal. */
  readonly shared: SharedCache | undefined;
  /** See Clock.elapsedMs. */
  elapsedMs(): number;
  readonly metrics: CacheMetrics;
}

export interface EntityCache<T> {
  /**
   * Returns the entities by id, null for ids that do not exist. A call that starts after a `write` of the entity has
   * returned sees at least that write; otherwise an entity may be up to AGE_MS_MAX old. Do not modify the result.
   */
  get(ids: readonly string[], call: Call): Promise<(T | null)[]>;
  /**
   * Runs a change of the entity (`id` undefined: creates one) and caches the state that it returns for callers that
   * share reads with the caller. After a failure that leaves the state unknown, entities read before the failure are
   * not returned any more.
   */
  write<R>(
    id: string | undefined,
    call: Call,
    change: () => Promise<R>,
    entityOf: (answer: R) => T | undefined,
  ): Promise<R>;
  /** Reports a change by another process: drops entries older than the version. */
  changed(id: string, version: bigint): void;
}

/** An entity and the start of the read that returned it. */
interface Entry<T> {
  readonly entity: T;
  readonly version: bigint;
  readonly startedMs: number;
}

/** The result of one read: the requested entities that exist. */
type ReadResult<T> = ReadonlyMap<string, T>;
type EntityRead<T> = InFlightRead<ReadResult<T>>;

/** A cache of entities by id. A lookup tries memory, then the shared cache, then loads all missing ids in one read. */
export function createEntityCache<T extends EntityMessage>(options: EntityCacheOptions<T>): EntityCache<T> {
  const { elapsedMs, name } = options;
  const metrics = metricsOf(options.metrics, name);
  const minimumVersions = createMinimumVersions(elapsedMs, AGE_MS_MAX, MINIMUM_VERSIONS_MAX);
  /** By scoped id. Check an entry against `minimumVersions` before using it. */
  const memory = new LRUCache<string, Entry<T>>({
    max: options.entriesMax,
    maxSize: options.bytesMax,
    sizeCalculation: ({ entity }) => Math.max(1, options.sizeOf(entity)),
    dispose: (_held, _id, reason) => {
      if (reason === 'evict') metrics.evictions.inc();
    },
  });
  /**
   * The reads in flight. A change removes the reads of its entity: later calls do not join them, and their results are
   * not cached.
   */
  const reads = createReads<ReadResult<T>>();
  const keyOf = (id: string): string => `${name}:${id}`;
  const readerOf = (call: Call): Principal => (options.isPublic ? Principal.anonymous : call.principal);

  function load(ids: readonly string[], reader: Principal, first: Call, askedMs: number): EntityRead<T> {
    const loaded = new Map<string, T>();
    const shared = reader === Principal.anonymous ? options.shared : undefined;
    const read = startRead<ReadResult<T>>(reader, first, askedMs, async (call) => {
      // Register the read under its ids before any result arrives.
      await Promise.resolve();
      try {
        const moment = shared && (await addShared(shared, ids));
        const missing = loaded.size === 0 ? ids : ids.filter((id) => !loaded.has(id));
        if (missing.length > 0) await addLoaded(missing, call, moment);
        return loaded;
      } finally {
        reads.remove(ids, read);
        measure();
      }
    });
    reads.add(ids, read);
    read.call.onAbort(() => reads.remove(ids, read));
    return read;

    /** Reads from the shared cache. */
    async function addShared(shared: SharedCache, ids: readonly string[]): Promise<Moment | undefined> {
      const { found, moment } = await shared.get(ids.map(keyOf));
      const nowMs = elapsedMs();
      for (const [index, id] of ids.entries()) {
        const entry = found[index];
        if (!entry || nowMs - entry.startedMs > AGE_MS_MAX || !minimumVersions.accepts(id, entry)) continue;
        const entity = decode(options.schema, entry.bytes);
        if (entity?.id === id && entity.version === entry.version) add(entity, entry.startedMs);
      }
      if (moment) {
        metrics.redisHits.inc(loaded.size);
        metrics.redisMisses.inc(ids.length - loaded.size);
      }
      return moment;
    }

    async function addLoaded(
      missing: readonly string[],
      call: SharedCall,
      moment: Moment | undefined,
    ): Promise<void> {
      call.throwIfEnded();
      const startedMs = elapsedMs();
      const entities = await options.load(missing, call);
      const stored = entities.filter((entity) => add(entity, startedMs));
      if (shared && moment && stored.length > 0) share(shared, moment, stored);
    }

    /** Adds an entity to the result and caches it unless it was changed since; returns whether it was cached. */
    function add(entity: T, startedMs: number): boolean {
      loaded.set(entity.id, entity);
      if (reads.of(entity.id, reader) !== read) return false;
      reads.remove([entity.id], read);
      store(reader, entity, startedMs);
      return true;
    }
  }

  function store(reader: Principal, entity: T, startedMs: number): void {
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

  /** From now on, entities below the minimum are not returned. */
  function raiseMinimum(id: string, minimum: { version: bigint; sinceMs: number }): void {
    minimumVersions.raise(id, minimum);
    reads.removeAll(id);
    if (minimum.version > 0n) options.shared?.drop(keyOf(id), minimum.version);
  }

  /** Caches the result of a change, unless the result of a later change is cached already. */
  function storeWritten(entity: T, call: Call, startedMs: number): void {
    const { id, version } = entity;
    raiseMinimum(id, { version, sinceMs: Number.NEGATIVE_INFINITY });
    const reader = readerOf(call);
    // A result returned to one principal must not be cached for all principals.
    if (reader.key !== call.principal.key || !minimumVersions.accepts(id, { version, startedMs })) return;
    const held = memory.peek(reader.scope(id));
    const isBetter =
      held && minimumVersions.accepts(id, held) && (held.version > version || held.startedMs >= startedMs);
    if (!isBetter) store(reader, entity, startedMs);
    measure();
  }

  function measure(): void {
    metrics.entries.set(memory.size);
    metrics.bytes.set(memory.calculatedSize);
  }

  /** Returns the entities that are in memory and fresh, and the reads that return the others. */
  function lookUp(
    ids: readonly string[],
    call: Call,
  ): { held: Map<string, T>; reads: Map<string, EntityRead<T>> } {
    const askedMs = elapsedMs();
    const reader = readerOf(call);
    const held = new Map<string, T>();
    const joined = new Map<string, EntityRead<T>>();
    const missing: string[] = [];
    for (const id of new Set(ids)) {
      const found = memory.get(reader.scope(id));
      const read = reads.of(id, reader);
      if (found && askedMs - found.startedMs <= AGE_MS_MAX && minimumVersions.accepts(id, found))
        held.set(id, found.entity);
      else if (read && askedMs - read.startedMs <= AGE_MS_MAX) joined.set(id, read);
      else missing.push(id);
    }
    if (held.size > 0) metrics.memoryHits.inc(held.size);
    if (joined.size + missing.length > 0) metrics.memoryMisses.inc(joined.size + missing.length);
    if (missing.length > 0) {
      const read = load(missing, reader, call, askedMs);
      for (const id of missing) joined.set(id, read);
    }
    return { held, reads: joined };
  }

  return {
    async get(ids, call) {
      const { held, reads: joined } = lookUp(ids, call);
      if (joined.size === 0) return ids.map((id) => held.get(id) ?? null);
      const results = new Map<EntityRead<T>, ReadResult<T>>();
      await Promise.all(
        Array.from(new Set(joined.values()), async (read) => {
          results.set(read, await joinRead(read, call));
        }),
      );
      return ids.map((id) => {
        const read = joined.get(id);
        // Take each id from its own read: another read may contain the same entity in an older state.
        return (read ? results.get(read)?.get(id) : held.get(id)) ?? null;
      });
    },

    async write(id, call, change, entityOf) {
      // The result of a change is at least as new as its start.
      const startedMs = elapsedMs();
      try {
        const answer = await change();
        metrics.writes.inc();
        const entity = entityOf(answer);
        if (entity) storeWritten(entity, call, startedMs);
        return answer;
      } catch (error) {
        // Another change came first, or the outcome of this one is unknown: read the entity again.
        if (id !== undefined && !(error instanceof AppError && UNCHANGED_REASONS.has(error.reason)))
          raiseMinimum(id.toLowerCase(), { version: 0n, sinceMs: elapsedMs() });
        throw error;
      }
    },

    changed(id, version) {
      metrics.events.inc();
      raiseMinimum(id, { version, sinceMs: Number.NEGATIVE_INFINITY });
    },
  };
}

/** Errors after which an existing entity is certainly unchanged. */
const UNCHANGED_REASONS: ReadonlySet<string> = new Set(['INVALID_ARGUMENT', 'NOT_FOUND']);

/** Returns undefined for bytes that are not a message of this type. */
function decode<T extends EntityMessage>(schema: GenMessage<T>, bytes: Uint8Array): T | undefined {
  try {
    return fromBinary(schema, bytes);
  } catch {
    return undefined;
  }
}

/** Looks up the metrics of one cache once. */
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
