import type { Statement } from '#platform/postgres/pool.ts';

/**
 * Server settings for statements that read a bounded number of rows in index order. PostgreSQL plans a statement while
 * the table is small or its statistics are stale, keeps the plan, and then may read and sort the whole table. Without
 * sorts, sequential scans and bitmap scans, a statement whose ORDER BY only one index supports has only one plan. JIT
 * compilation costs more than such a statement.
 */
export const INDEX_ORDER_SETTINGS = {
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_sort: 'off',
  plan_cache_mode: 'force_generic_plan',
  jit: 'off',
} as const;

/** Sets these settings until the session or the transaction ends. */
export function setIndexOrder(scope: 'session' | 'transaction'): Statement {
  const isLocal = scope === 'transaction';
  const calls = Object.entries(INDEX_ORDER_SETTINGS).map(
    ([name, value]) => `set_config('${name}', '${value}', ${isLocal})`,
  );
  return { name: `index_order_for_${scope}`, text: `SELECT ${calls.join(', ')}` };
}
