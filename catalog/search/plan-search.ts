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
  /** Returns undefined if the shop has nothing like the text. */
  async function resolve(text: string, whole: QueryPlan, signal: AbortSignal): Promise<Resolved | undefined> {
    const corrected = await planner.correct(text, signal);
    const correctedPlan = corrected === null ? undefined : await planner.plan(corrected, signal);
    if (correctedPlan && (await backend.hasMatch(correctedPlan, signal)))
      return { plan: correctedPlan, matched: 'corrected', didYouMean: corrected };
    const most = mostWords((correctedPlan ?? whole).words);
    if (!most || !(await backend.hasMatch(most, signal))) return undefined;
    return { plan: most, matched: 'most', didYouMean: corrected };
  }

  async function find(query: ProductQuery, resolved: Resolved, signal: AbortSignal): Promise<SearchResult> {
    const { plan, matched, didYouMean } = resolved;
    const found = await backend.find(query, plan, signal);
    const hits = found.hits.map((hit) => ({ ...hit, cursor: { ...hit.cursor, matched } }));
    return { ...found, hits, matched, didYouMean };
  }

  return {
    async search(query, signal) {
      if (query.text === '')
        return { ...(await backend.find(query, null, signal)), matched: 'all', didYouMean: null };
      const plan = await planner.plan(query.text, signal);
      if (!plan) return EMPTY_RESULT;
      const whole: Resolved = { plan, matched: 'all', didYouMean: null };
      if (query.after && query.after.matched !== 'all') {
        const resolved = await resolve(query.text, plan, signal);
        return resolved ? find(query, resolved, signal) : EMPTY_RESULT;
      }
      const found = await find(query, whole, signal);
      if (query.after || found.hits.length > 0 || (found.total ?? 0) > 0) return found;
      // A page without hits means that no product matches, unless it is a later page, filtered or not requested.
      const isWhole = query.include.hits && query.skip === 0 && isUnfiltered(query.filter);
      if (!isWhole && (await backend.hasMatch(plan, signal))) return found;
      const resolved = await resolve(query.text, plan, signal);
      return resolved ? find(query, resolved, signal) : found;
    },

    async suggest(prefix, size, signal) {
      const plan = await planner.plan(prefix, signal);
      return plan ? backend.suggest(plan, planner.lineOf(prefix), size, signal) : [];
    },
  };
}
