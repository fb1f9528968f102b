import { Counter, Gauge, type Registry } from 'prom-client';

/** The metrics of the catalog. */
export interface CatalogMetrics {
  /** 1 while the search engine answers searches, 0 while PostgreSQL does because the engine cannot. */
  readonly engineUp: Gauge;
  /** Searches that PostgreSQL answered because the engine could not, by the reason. */
  readonly fallbacks: Counter<'reason'>;
}

/**
 * Why PostgreSQL answers: the engine refused this search (400), failed at it, or is not asked because it failed too often.
 */
export const FALLBACK_REASONS = ['refused', 'failed', 'down'] as const;
export type FallbackReason = (typeof FALLBACK_REASONS)[number];

/** One set a registry: a process may start the service more than once. */
const sets = new WeakMap<Registry, CatalogMetrics>();

export function catalogMetrics(registry: Registry): CatalogMetrics {
  const known = sets.get(registry);
  if (known) return known;
  const metrics = {
    engineUp: new Gauge({
      registers: [registry],
      name: 'fritzy_search_engine_up',
      help: '1 while the search engine answers searches, 0 while PostgreSQL does because the engine cannot.',
    }),
    fallbacks: new Counter({
      registers: [registry],
      name: 'fritzy_search_fallbacks_total',
      help: 'Searches that PostgreSQL answered because the search engine refused them, failed or is down.',
      labelNames: ['reason'],
    }),
  };
  // A series that is there from the start shows its first increase.
  for (const reason of FALLBACK_REASONS) metrics.fallbacks.inc({ reason }, 0);
  sets.set(registry, metrics);
  return metrics;
}
