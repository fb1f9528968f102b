import { Counter, Gauge, type Registry } from 'prom-client';

/** The metrics of the caches of a process. Every label has a closed set of values. */
export interface CacheMetrics {
  /** Entities looked up, by cache, layer (memory or redis) and result (hit or miss). */
  readonly lookups: Counter<'cache' | 'layer' | 'result'>;
  readonly entries: Gauge<'cache'>;
  readonly bytes: Gauge<'cache'>;
  /** Entries evicted from memory because the cache was full. */
  readonly evictions: Counter<'cache'>;
  /** Entries invalidated before they expired, by cause: event or write. */
  readonly invalidations: Counter<'cache' | 'cause'>;
  readonly redisUp: Gauge<'db_system_name'>;
  /** Failed commands, by reason: timeout, error, busy. */
  readonly redisFailures: Counter<'reason'>;
}

/** Registers the metrics of all caches of a process. */
export function createCacheMetrics(registry: Registry): CacheMetrics {
  const registers = [registry];
  return {
    lookups: new Counter({
      registers,
      name: 'fritzy_cache_lookups_total',
      help: 'Entities looked up in a cache.',
      labelNames: ['cache', 'layer', 'result'],
    }),
    entries: new Gauge({
      registers,
      name: 'fritzy_cache_entries',
      help: 'Entities that a cache holds in memory, expired ones included.',
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
      help: 'Entities evicted from memory because the cache was full.',
      labelNames: ['cache'],
    }),
    invalidations: new Counter({
      registers,
      name: 'fritzy_cache_invalidations_total',
      help: 'Changes reported to a cache, by cause: event or write.',
      labelNames: ['cache', 'cause'],
    }),
    redisUp: new Gauge({
      registers,
      name: 'fritzy_cache_redis_up',
      help: '1 while Redis is connected, 0 while it is not. Absent if no Redis is configured.',
      labelNames: ['db_system_name'],
    }),
    redisFailures: new Counter({
      registers,
      name: 'fritzy_cache_redis_failures_total',
      help: 'Failed Redis commands: timed out (timeout), failed (error), or not sent because an earlier command is overdue (busy).',
      labelNames: ['reason'],
    }),
  };
}
