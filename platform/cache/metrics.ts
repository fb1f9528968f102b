import { Counter, Gauge, type Registry } from 'prom-client';

/** What the caches of a process tell. Every label has a closed set of values. */
export interface CacheMetrics {
  /** Entities looked for, by cache, layer (memory or redis) and result (hit or miss). */
  readonly lookups: Counter<'cache' | 'layer' | 'result'>;
  readonly entries: Gauge<'cache'>;
  readonly bytes: Gauge<'cache'>;
  /** Entries that had to make room. */
  readonly evictions: Counter<'cache'>;
  /** What was dropped before its time, by what told of the change: event or write. */
  readonly invalidations: Counter<'cache' | 'cause'>;
  readonly redisUp: Gauge<'db_system_name'>;
  /** Commands without an answer, by reason: timeout, error, busy. */
  readonly redisFailures: Counter<'reason'>;
}

/** Registers the metrics of all caches of a process. */
export function createCacheMetrics(registry: Registry): CacheMetrics {
  const registers = [registry];
  return {
    lookups: new Counter({
      registers,
      name: 'fritzy_cache_lookups_total',
      help: 'Entities looked for in a cache.',
      labelNames: ['cache', 'layer', 'result'],
    }),
    entries: new Gauge({
      registers,
      name: 'fritzy_cache_entries',
      help: 'Entities that a cache holds in memory, those past their age included.',
      labelNames: ['cache'],
    }),
    bytes: new Gauge({
      registers,
      name: 'fritzy_cache_bytes',
      help: 'Estimated size of the entities that a cache holds in memory.',
      labelNames: ['cache'],
    }),
    evictions: new Counter({
      registers,
      name: 'fritzy_cache_evictions_total',
      help: 'Entities that were dropped from memory to make room.',
      labelNames: ['cache'],
    }),
    invalidations: new Counter({
      registers,
      name: 'fritzy_cache_invalidations_total',
      help: 'Changes that a cache was told of, by what told it.',
      labelNames: ['cache', 'cause'],
    }),
    redisUp: new Gauge({
      registers,
      name: 'fritzy_cache_redis_up',
      help: '1 while the shared cache in Redis is in use, 0 while it cannot be reached. Only where one is set.',
      labelNames: ['db_system_name'],
    }),
    redisFailures: new Counter({
      registers,
      name: 'fritzy_cache_redis_failures_total',
      help: 'Commands that Redis did not answer as wanted: too late, with an error, or not sent because too many waited.',
      labelNames: ['reason'],
    }),
  };
}
