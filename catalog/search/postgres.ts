import { correct } from '#catalog/search/did-you-mean.ts';
import {
  categoryFacetStatement,
  countStatement,
  pageStatement,
  priceFacetStatement,
  SUGGEST,
  TYPED_WORDS,
  type BoundStatement,
} from '#catalog/search/postgres-statements.ts';
import {
  EMPTY_RESULT,
  isTooDeep,
  isUnfiltered,
  sortOf,
  type Facets,
  type Hit,
  type MatchMode,
  type ProductFilter,
  type ProductQuery,
  type SearchIndex,
  type SearchResult,
} from '#catalog/search/search-index.ts';
import { parseSearch, type SearchTerms } from '#catalog/search/search-terms.ts';
import type { Database } from '#platform/postgres/pool.ts';

const NO_FILTER: ProductFilter = { id: null, priceMin: null, priceMax: null, categoryId: null, tags: [] };

interface HitRow {
  readonly id: string;
  readonly price_minor: bigint;
}

/** Searches the catalog's tables, if no search engine is configured or while it is down. */
export function postgresIndex(database: Database): SearchIndex {
  const read = <R extends object>({ statement, values }: BoundStatement, signal: AbortSignal): Promise<R[]> =>
    database.query<R>(statement, values, signal);

  async function count(
    filter: ProductFilter,
    terms: SearchTerms | null,
    mode: MatchMode,
    signal: AbortSignal,
  ): Promise<number> {
    const [row] = await read<{ total: number }>(countStatement(filter, terms, mode), signal);
    return row?.total ?? 0;
  }

  async function page(
    query: ProductQuery,
    terms: SearchTerms | null,
    mode: MatchMode,
    signal: AbortSignal,
  ): Promise<Pick<SearchResult, 'hits' | 'hasMore'>> {
    if (!query.include.hits || isTooDeep(query)) return { hits: [], hasMore: false };
    const start = query.after?.offset ?? query.skip;
    const sort = sortOf(query.text, query.sort);
    const rows = await read<HitRow>(pageStatement(query, terms, mode), signal);
    const hits = rows.slice(0, query.size).map(({ id, price_minor: price }, index): Hit => {
      const key = sort === 'price_asc' || sort === 'price_desc' ? String(price) : '';
      const offset = sort === 'relevance' ? start + index + 1 : 0;
      return { id, cursor: { sort, mode, offset, key, id } };
    });
    return { hits, hasMore: rows.length > query.size };
  }

  async function facets(
    filter: ProductFilter,
    terms: SearchTerms | null,
    mode: MatchMode,
    signal: AbortSignal,
  ): Promise<Facets> {
    const [prices, categories] = await Promise.all([
      read<{ bucket: number; count: number }>(priceFacetStatement(filter, terms, mode), signal),
      read<{ id: string; count: number }>(categoryFacetStatement(filter, terms, mode), signal),
    ]);
    return { prices, categories };
  }

  async function didYouMean(terms: SearchTerms, signal: AbortSignal): Promise<string | null> {
    const words = [...terms.words];
    const rows = await database.query<{ word: string; known: boolean; candidates: string[] }>(
      TYPED_WORDS,
      [words],
      signal,
    );
    const corrected = correct(
      rows.map(({ known, candidates }, index) => ({ word: words[index] ?? '', known, candidates })),
    );
    const correctedTerms = corrected === null ? undefined : parseSearch(corrected);
    if (!correctedTerms) return null;
    return (await count(NO_FILTER, correctedTerms, 'fits', signal)) > 0 ? corrected : null;
  }

  return {
    async search(query, signal) {
      const terms = query.text === '' ? null : parseSearch(query.text);
      if (terms === undefined) return EMPTY_RESULT;
      const { filter, include } = query;
      const first = query.after?.mode ?? 'fits';
      let mode = first;
      let found = await page(query, terms, mode, signal);
      /** Whether a page without hits means that no product matches. */
      const isWhole = include.hits && !query.after && query.skip === 0 && isUnfiltered(filter);
      if (terms && !query.after && found.hits.length === 0) {
        if (isWhole || (await count(NO_FILTER, terms, 'fits', signal)) === 0) {
          mode = 'near';
          found = await page(query, terms, mode, signal);
        }
      }
      if (terms && mode === 'near' && isWhole && found.hits.length === 0)
        return { ...EMPTY_RESULT, didYouMean: include.didYouMean ? await didYouMean(terms, signal) : null };
      const [total, counted, corrected] = await Promise.all([
        include.total ? count(filter, terms, mode, signal) : null,
        include.facets ? facets(filter, terms, mode, signal) : null,
        include.didYouMean && terms && mode === 'near' ? didYouMean(terms, signal) : null,
      ]);
      return { ...found, total, facets: counted, didYouMean: corrected };
    },

    async suggest(prefix, size, signal) {
      const terms = parseSearch(prefix);
      if (!terms) return [];
      const words = `${terms.words.join(' & ')}:*`;
      const rows = await database.query<{ id: string }>(SUGGEST, [words, terms.text, size], signal);
      return rows.map(({ id }) => id);
    },
  };
}
