import { hasMatchBody, searchBody, suggestBody } from '#catalog/search/engine-query.ts';
import type { Engine } from '#catalog/search/engine.ts';
import type { SearchBackend } from '#catalog/search/plan-search.ts';
import {
  isTooDeep,
  ORDERS,
  sortOf,
  type Facets,
  type Hit,
  type ProductQuery,
} from '#catalog/search/search-index.ts';

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
    readonly tags: { readonly largest: { readonly buckets: readonly Bucket[] } };
  };
}

interface Bucket {
  readonly key: string;
  readonly doc_count: number;
}

/** Searches the index behind an alias of Elasticsearch or OpenSearch. Throws EngineError if the engine fails. */
export function elasticsearchBackend(engine: Engine, alias: string): SearchBackend {
  const post = <T>(body: object, signal: AbortSignal): Promise<T> =>
    engine.send<T>({
      method: 'POST',
      // A failed shard fails the request: partial results are not acceptable.
      path: `/${alias}/_search?allow_partial_search_results=false`,
      body,
      timeoutMs: SEARCH_TIMEOUT_MS,
      signal,
    });

  return {
    async find(request, plan, signal) {
      // A page beyond the maximum offset has no hits, but its total and facets are computed.
      const query = isTooDeep(request)
        ? { ...request, include: { ...request.include, hits: false } }
        : request;
      const { include } = query;
      const answer = await post<SearchAnswer>(searchBody(query, plan), signal);
      return {
        hits: toHits(answer, query),
        hasMore: answer.hits.hits.length > query.size,
        total: include.total ? (answer.hits.total?.value ?? 0) : null,
        facets: include.facets ? toFacets(answer) : null,
      };
    },

    async hasMatch(plan, signal) {
      const { hits } = await post<SearchAnswer>(hasMatchBody(plan), signal);
      return (hits.total?.value ?? 0) > 0;
    },

    async suggest(plan, text, size, signal) {
      const answer = await post<SearchAnswer>(suggestBody(plan, text, size), signal);
      return answer.hits.hits.map(({ _id: id }) => id);
    },
  };
}

function toHits({ hits }: SearchAnswer, query: ProductQuery): Hit[] {
  const start = query.after?.offset ?? query.skip;
  const sort = sortOf(query.text, query.sort);
  return hits.hits.slice(0, query.size).map(({ _id: id, sort: values = [] }, index) => {
    const key = ORDERS[sort].key === null ? '' : String(values[0] ?? '');
    const offset = sort === 'relevance' ? start + index + 1 : 0;
    return { id, cursor: { sort, matched: 'all', offset, key, id } };
  });
}

function toFacets({ aggregations }: SearchAnswer): Facets {
  const prices = aggregations?.prices.steps.buckets ?? [];
  const categories = aggregations?.categories.largest.buckets ?? [];
  const tags = aggregations?.tags.largest.buckets ?? [];
  return {
    prices: prices
      .filter((bucket) => bucket.doc_count > 0)
      .map(({ key, doc_count: count }) => ({ bucket: Number(key), count })),
    categories: categories.map(({ key, doc_count: count }) => ({ id: key, count })),
    tags: tags.map(({ key, doc_count: count }) => ({ tag: key, count })),
  };
}
