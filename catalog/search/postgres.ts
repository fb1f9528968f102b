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
  isUnfiltered,
  NOTHING_FOUND,
  isTooDeep,
  sortOf,
  type Facets,
  type Found,
  type Hit,
  type Nearness,
  type ProductFilter,
  type ProductQuery,
  type SearchIndex,
} from '#catalog/search/search-index.ts';
import { parseSearch, type SearchTerms } from '#catalog/search/search-terms.ts';
import type { Database } from '#platform/postgres/pool.ts';

const NO_FILTER: ProductFilter = { id: null, priceMin: null, priceMax: null, categoryId: null, tags: [] };

interface HitRow {
  readonly id: string;
  readonly price_minor: bigint;
}

/** Searches the catalog's own tables: what the shop has where there is no search engine, or while it is down. */
export function postgresIndex(database: Database): SearchIndex {
  const read = <R extends object>({ statement, values }: BoundStatement, signal: AbortSignal): Promise<R[]> =>
    database.query<R>(statement, values, signal);

  async function count(
    filter: ProductFilter,
    terms: SearchTerms | null,
    nearness: Nearness,
    signal: AbortSignal,
  ): Promise<number> {
    const [row] = await read<{ total: number }>(countStatement(filter, terms, nearness), signal);
    return row?.total ?? 0;
  }

  async function page(
    query: ProductQuery,
    terms: SearchTerms | null,
    nearness: Nearness,
    signal: AbortSignal,
  ): Promise<Pick<Found, 'hits' | 'hasMore'>> {
    if (!query.wants.hits || isTooDeep(query)) return { hits: [], hasMore: false };
    const start = query.after?.offset ?? query.skip;
    const sort = sortOf(query.text, query.sort);
    const rows = await read<HitRow>(pageStatement(query, terms, nearness), signal);
    const hits = rows.slice(0, query.size).map(({ id, price_minor: price }, index): Hit => {
      const key = sort === 'price_asc' || sort === 'price_desc' ? String(price) : '';
      const offset = sort === 'relevance' ? start + index + 1 : 0;
      return { id, place: { sort, nearness, offset, key, id } };
    });
    return { hits, hasMore: rows.length > query.size };
  }

  async function facets(
    filter: ProductFilter,
    terms: SearchTerms | null,
    nearness: Nearness,
    signal: AbortSignal,
  ): Promise<Facets> {
    const [prices, categories] = await Promise.all([
      read<{ bucket: number; count: number }>(priceFacetStatement(filter, terms, nearness), signal),
      read<{ id: string; count: number }>(categoryFacetStatement(filter, terms, nearness), signal),
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
    const meant = correct(
      rows.map(({ known, candidates }, index) => ({ word: words[index] ?? '', known, candidates })),
    );
    const meantTerms = meant === null ? undefined : parseSearch(meant);
    if (!meantTerms) return null;
    return (await count(NO_FILTER, meantTerms, 'fits', signal)) > 0 ? meant : null;
  }

  return {
    async search(query, signal) {
      const terms = query.text === '' ? null : parseSearch(query.text);
      if (terms === undefined) return NOTHING_FOUND;
      const { filter, wants } = query;
      const first = query.after?.nearness ?? 'fits';
      let nearness = first;
      let found = await page(query, terms, nearness, signal);
      /** Whether a page without hits means that nothing fits at all. */
      const isWhole = wants.hits && !query.after && query.skip === 0 && isUnfiltered(filter);
      if (terms && !query.after && found.hits.length === 0) {
        if (isWhole || (await count(NO_FILTER, terms, 'fits', signal)) === 0) {
          nearness = 'near';
          found = await page(query, terms, nearness, signal);
        }
      }
      if (terms && nearness === 'near' && isWhole && found.hits.length === 0)
        return { ...NOTHING_FOUND, didYouMean: wants.didYouMean ? await didYouMean(terms, signal) : null };
      const [total, counted, meant] = await Promise.all([
        wants.total ? count(filter, terms, nearness, signal) : null,
        wants.facets ? facets(filter, terms, nearness, signal) : null,
        wants.didYouMean && terms && nearness === 'near' ? didYouMean(terms, signal) : null,
      ]);
      return { ...found, total, facets: counted, didYouMean: meant };
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
