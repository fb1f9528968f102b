import { CORRECTED_LENGTH_MIN, correct } from '#catalog/search/did-you-mean.ts';
import { hasMatchBody, searchBody, suggestBody, typedWordsBody } from '#catalog/search/engine-query.ts';
import type { Engine } from '#catalog/search/engine.ts';
import {
  EMPTY_RESULT,
  isTooDeep,
  isUnfiltered,
  sortOf,
  type Facets,
  type Hit,
  type MatchMode,
  type ProductQuery,
  type SearchIndex,
} from '#catalog/search/search-index.ts';
import { parseSearch, type SearchTerms } from '#catalog/search/search-terms.ts';

/** Timeout of one request to the engine, after which PostgreSQL answers the search. */
export const SEARCH_TIMEOUT_MS = 1_000;

interface SearchAnswer {
  readonly timed_out: boolean;
  readonly hits: {
    readonly total?: { readonly value: number };
    readonly hits: readonly { readonly _id: string; readonly sort?: readonly (string | number)[] }[];
  };
  readonly aggregations?: {
    readonly prices: { readonly steps: { readonly buckets: readonly Bucket[] } };
    readonly categories: { readonly largest: { readonly buckets: readonly Bucket[] } };
  };
}

interface Bucket {
  readonly key: string;
  readonly doc_count: number;
}

interface TypedWordsAnswer {
  readonly aggregations: { readonly known: { readonly buckets: Record<string, { doc_count: number }> } };
  readonly suggest: Record<string, readonly { readonly options: readonly { readonly text: string }[] }[]>;
}

/** Searches the index behind an alias of Elasticsearch or OpenSearch. Throws EngineError if the engine fails. */
export function elasticsearchIndex(engine: Engine, alias: string): SearchIndex {
  const post = <T>(body: object, signal: AbortSignal): Promise<T> =>
    engine.send<T>({
      method: 'POST',
      // A failed shard fails the request: partial results are not acceptable.
      path: `/${alias}/_search?allow_partial_search_results=false`,
      body,
      timeoutMs: SEARCH_TIMEOUT_MS,
      signal,
    });

  async function hasMatch(terms: SearchTerms, signal: AbortSignal): Promise<boolean> {
    const { hits } = await post<SearchAnswer>(hasMatchBody(terms), signal);
    return (hits.total?.value ?? 0) > 0;
  }

  async function didYouMean(terms: SearchTerms, signal: AbortSignal): Promise<string | null> {
    const { words } = terms;
    const { aggregations, suggest } = await post<TypedWordsAnswer>(typedWordsBody(words), signal);
    const corrected = correct(
      words.map((word, index) => {
        const count = aggregations.known.buckets[`w${index}`]?.doc_count ?? 0;
        const candidates = suggest[`w${index}`]?.[0]?.options.map(({ text }) => text) ?? [];
        return { word, known: count > 0 || word.length < CORRECTED_LENGTH_MIN, candidates };
      }),
    );
    const correctedTerms = corrected === null ? undefined : parseSearch(corrected);
    return correctedTerms && (await hasMatch(correctedTerms, signal)) ? corrected : null;
  }

  return {
    async search(request, signal) {
      // A page beyond the maximum offset has no hits, but its total and facets are computed.
      const query = isTooDeep(request)
        ? { ...request, include: { ...request.include, hits: false } }
        : request;
      const terms = query.text === '' ? null : parseSearch(query.text);
      if (terms === undefined) return EMPTY_RESULT;
      const { include, after } = query;
      let mode: MatchMode = after?.mode ?? 'fits';
      let answer = await post<SearchAnswer>(searchBody(query, terms, mode), signal);
      const { hits, total } = answer.hits;
      const isEmpty = hits.length === 0 && (total?.value ?? 0) === 0;
      if (terms && !after && isEmpty && (isUnfiltered(query.filter) || !(await hasMatch(terms, signal)))) {
        mode = 'near';
        answer = await post<SearchAnswer>(searchBody(query, terms, mode), signal);
      }
      const corrected =
        include.didYouMean && terms && mode === 'near' ? await didYouMean(terms, signal) : null;
      return {
        hits: toHits(answer, query, mode),
        hasMore: answer.hits.hits.length > query.size,
        total: include.total ? (answer.hits.total?.value ?? 0) : null,
        facets: include.facets ? toFacets(answer) : null,
        didYouMean: corrected,
      };
    },

    async suggest(prefix, size, signal) {
      const terms = parseSearch(prefix);
      if (!terms) return [];
      const answer = await post<SearchAnswer>(suggestBody(terms, size), signal);
      return answer.hits.hits.map(({ _id: id }) => id);
    },
  };
}

function toHits({ hits }: SearchAnswer, query: ProductQuery, mode: MatchMode): Hit[] {
  const start = query.after?.offset ?? query.skip;
  const sort = sortOf(query.text, query.sort);
  return hits.hits.slice(0, query.size).map(({ _id: id, sort: values = [] }, index) => {
    const key = sort === 'newest' ? '' : String(values[0] ?? '');
    const offset = sort === 'relevance' ? start + index + 1 : 0;
    return { id, cursor: { sort, mode, offset, key, id } };
  });
}

function toFacets({ aggregations }: SearchAnswer): Facets {
  const prices = aggregations?.prices.steps.buckets ?? [];
  const categories = aggregations?.categories.largest.buckets ?? [];
  return {
    prices: prices
      .filter((bucket) => bucket.doc_count > 0)
      .map(({ key, doc_count: count }) => ({ bucket: Number(key), count })),
    categories: categories.map(({ key, doc_count: count }) => ({ id: key, count })),
  };
}
