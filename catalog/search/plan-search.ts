import type { Planner } from '#catalog/search/planner.ts';
import { mostWords, type QueryPlan } from '#catalog/search/query-plan.ts';
import {
  EMPTY_RESULT,
  isUnfiltered,
  type Matched,
  type ProductQuery,
  type SearchIndex,
  type SearchResult,
} from '#catalog/search/search-index.ts';

/** Finds the products of a plan. PostgreSQL (postgres/), Elasticsearch and OpenSearch (engine/) execute the same plans. */
export interface SearchBackend {
  /** Returns a page of the matches, and the requested counts; without a plan, of all products. */
  find(query: ProductQuery, plan: QueryPlan | null, signal: AbortSignal): Promise<Found>;
  /** Whether any product on sale matches. */
  hasMatch(plan: QueryPlan, signal: AbortSignal): Promise<boolean>;
  /** Returns ids of products whose name matches: names that start with `text` first, then the shortest. */
  suggest(plan: QueryPlan, text: string, size: number, signal: AbortSignal): Promise<string[]>;
}

/** Cursors have no mode yet. */
export type Found = Omit<SearchResult, 'matched' | 'didYouMean'>;

/** The plan that finds products, and how it differs from the text of the query. */
interface Resolved {
  readonly plan: QueryPlan;
  readonly matched: Matched;
  readonly didYouMean: string | null;
}

/** Searches with all words; if no product matches, with corrected words; if none matches either, with most words. */
export function planSearch(planner: Planner, backend: SearchBackend): SearchIndex {
  /** Each plan is made only if no product matches the one before. */
  async function* plansOf(text: string, whole: QueryPlan, signal: AbortSignal): AsyncGenerator<Resolved> {
    yield { plan: whole, matched: 'all', didYouMean: null };
    const corrected = await planner.correct(text, signal);
    const correctedPlan = corrected === null ? undefined : await planner.plan(corrected, signal);
    if (correctedPlan) yield { plan: correctedPlan, matched: 'corrected', didYouMean: corrected };
    const most = mostWords((correctedPlan ?? whole).words);
    if (most) yield { plan: most, matched: 'most', didYouMean: corrected };
  }

  async function find(query: ProductQuery, resolved: Resolved, signal: AbortSignal): Promise<SearchResult> {
    const { plan, matched, didYouMean } = resolved;
    const found = await backend.find(query, plan, signal);
    const hits = found.hits.map((hit) => ({ ...hit, cursor: { ...hit.cursor, matched } }));
    return { ...found, hits, matched, didYouMean };
  }

  return {
    async search(query, signal) {
      const { after } = query;
      if (query.text === '')
        return { ...(await backend.find(query, null, signal)), matched: 'all', didYouMean: null };
      const whole = await planner.plan(query.text, signal);
      if (!whole) return EMPTY_RESULT;
      // A page without hits means that no product matches, unless it is a later page, filtered or not requested.
      const isFirst = query.include.hits && query.skip === 0 && !after && isUnfiltered(query.filter);
      let nothing = EMPTY_RESULT;
      for await (const resolved of plansOf(query.text, whole, signal)) {
        if (after && after.matched !== 'all' && resolved.matched === 'all') continue;
        const found = await find(query, resolved, signal);
        const hasHits = found.hits.length > 0 || (found.total ?? 0) > 0;
        if (hasHits || after?.matched === 'all') return found;
        if (!isFirst && (await backend.hasMatch(resolved.plan, signal))) return found;
        if (resolved.matched === 'all') nothing = found;
      }
      return nothing;
    },

    async suggest(prefix, size, signal) {
      const plan = await planner.plan(prefix, signal);
      return plan ? backend.suggest(plan, planner.lineOf(prefix), size, signal) : [];
    },
  };
}
