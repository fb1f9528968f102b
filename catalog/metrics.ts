import { Counter, Gauge, type Registry } from 'prom-client';

export interface CatalogMetrics {
  /** 1 while the search engine answers searches, 0 while it is marked down and PostgreSQL answers them. */
  readonly engineUp: Gauge;
  /** Searches that PostgreSQL answered instead of the engine, by reason. */
  readonly fallbacks: Counter<'reason'>;
}

/**
 * Why PostgreSQL answered: the engine refused the search (400), failed, or is marked down after repeated failures.
 */
export const FALLBACK_REASONS = ['refused', 'failed', 'down'] as const;
export type FallbackReason = (typeof FALLBACK_REASONS)[number];

/** One set per registry: a process can start the service more than once. */
const sets = new WeakMap<Registry, CatalogMetrics>();

export function catalogMetrics(registry: Registry): CatalogMetrics {
  const known = sets.get(registry);
  if (known) return known;
  const metrics = {
    engineUp: new Gauge({
      registers: [registry],
      name: 'fritzy_search_engine_up',
      help: '1 while the search engine answers searches, 0 while it is marked down and PostgreSQL answers them.',
    }),
    fallbacks: new Counter({
      registers: [registry],
      name: 'fritzy_search_fallbacks_total',
      help: 'Searches that PostgreSQL answered because the search engine refused them, failed or is marked down.',
      labelNames: ['reason'],
    }),
  };
  // Initialized with 0, so that Prometheus sees the first increase.
  for (const reason of FALLBACK_REASONS) metrics.fallbacks.inc({ reason }, 0);
  sets.set(registry, metrics);
  return metrics;
}
