import { CORRECTED_LENGTH_MIN, correct } from '#catalog/search/did-you-mean.ts';
import { fitsBody, searchBody, suggestBody, typedWordsBody } from '#catalog/search/engine-query.ts';
import type { Engine } from '#catalog/search/engine.ts';
import {
  isUnfiltered,
  NOTHING_FOUND,
  isTooDeep,
  sortOf,
  type Facets,
  type Hit,
  type Nearness,
  type ProductQuery,
  type SearchIndex,
} from '#catalog/search/search-index.ts';
import { parseSearch, type SearchTerms } from '#catalog/search/search-terms.ts';

/** How long one request to the engine may take before PostgreSQL is asked instead. */
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

/** Searches the products behind an alias of Elasticsearch or OpenSearch. Throws EngineError while that cannot answer. */
export function elasticsearchIndex(engine: Engine, alias: string): SearchIndex {
  const ask = <T>(body: object, signal: AbortSignal): Promise<T> =>
    engine.send<T>({
      method: 'POST',
      // Half an answer is none: a shard that fails makes the request fail.
      path: `/${alias}/_search?allow_partial_search_results=false`,
      body,
      timeoutMs: SEARCH_TIMEOUT_MS,
      signal,
    });

  async function fitsAnything(terms: SearchTerms, signal: AbortSignal): Promise<boolean> {
    const { hits } = await ask<SearchAnswer>(fitsBody(terms), signal);
    return (hits.total?.value ?? 0) > 0;
  }

  async function didYouMean(terms: SearchTerms, signal: AbortSignal): Promise<string | null> {
    const { words } = terms;
    const { aggregations, suggest } = await ask<TypedWordsAnswer>(typedWordsBody(words), signal);
    const meant = correct(
      words.map((word, index) => {
        const count = aggregations.known.buckets[`w${index}`]?.doc_count ?? 0;
        const candidates = suggest[`w${index}`]?.[0]?.options.map(({ text }) => text) ?? [];
        return { word, known: count > 0 || word.length < CORRECTED_LENGTH_MIN, candidates };
      }),
    );
    const meantTerms = meant === null ? undefined : parseSearch(meant);
    return meantTerms && (await fitsAnything(meantTerms, signal)) ? meant : null;
  }

  return {
    async search(asked, signal) {
      // Too deep for hits there are none, and the rest is answered as on any page.
      const query = isTooDeep(asked) ? { ...asked, wants: { ...asked.wants, hits: false } } : asked;
      const terms = query.text === '' ? null : parseSearch(query.text);
      if (terms === undefined) return NOTHING_FOUND;
      const { wants, after } = query;
      let nearness: Nearness = after?.nearness ?? 'fits';
      let answer = await ask<SearchAnswer>(searchBody(query, terms, nearness), signal);
      const { hits, total } = answer.hits;
      const isEmpty = hits.length === 0 && (total?.value ?? 0) === 0;
      if (
        terms &&
        !after &&
        isEmpty &&
        (isUnfiltered(query.filter) || !(await fitsAnything(terms, signal)))
      ) {
        nearness = 'near';
        answer = await ask<SearchAnswer>(searchBody(query, terms, nearness), signal);
      }
      const meant = wants.didYouMean && terms && nearness === 'near' ? await didYouMean(terms, signal) : null;
      return {
        hits: toHits(answer, query, nearness),
        hasMore: answer.hits.hits.length > query.size,
        total: wants.total ? (answer.hits.total?.value ?? 0) : null,
        facets: wants.facets ? toFacets(answer) : null,
        didYouMean: meant,
      };
    },

    async suggest(prefix, size, signal) {
      const terms = parseSearch(prefix);
      if (!terms) return [];
      const answer = await ask<SearchAnswer>(suggestBody(terms, size), signal);
      return answer.hits.hits.map(({ _id: id }) => id);
    },
  };
}

function toHits({ hits }: SearchAnswer, query: ProductQuery, nearness: Nearness): Hit[] {
  const start = query.after?.offset ?? query.skip;
  const sort = sortOf(query.text, query.sort);
  return hits.hits.slice(0, query.size).map(({ _id: id, sort: values = [] }, index) => {
    const key = sort === 'newest' ? '' : String(values[0] ?? '');
    const offset = sort === 'relevance' ? start + index + 1 : 0;
    return { id, place: { sort, nearness, offset, key, id } };
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
