import {
  FACET_SIZE,
  PRICE_STEPS,
  sortOf,
  TOTAL_MAX,
  type MatchMode,
  type ProductFilter,
  type ProductQuery,
} from '#catalog/search/search-index.ts';
import { SUBSTRING_LENGTH_MIN, type SearchTerms } from '#catalog/search/search-terms.ts';

/** Request bodies in the query language that Elasticsearch 7 and OpenSearch share. */

type Clause = Readonly<Record<string, unknown>>;

const allOf = (field: string, query: string, more: object = {}): Clause => ({
  match: { [field]: { query, operator: 'and', ...more } },
});
const prefixMatch = (field: string, words: readonly string[]): Clause => ({
  // Only the last word is a prefix.
  match_bool_prefix: {
    [field]: { query: [...words.slice(0, -1), truncate(words.at(-1) ?? '')].join(' '), operator: 'and' },
  },
});
const anyOf = (...should: Clause[]): Clause => ({ bool: { should, minimum_should_match: 1 } });
const constantScore = (boost: number, filter: Clause): Clause => ({ constant_score: { filter, boost } });

/**
 * Prefix and fuzzy queries run automata, whose cost grows with their length. The engine refuses one of more than
 * 1,000 bytes.
 */
const AUTOMATON_LENGTH_MAX = 100;
const truncate = (text: string): string => Array.from(text).slice(0, AUTOMATON_LENGTH_MAX).join('');

/**
 * Ranks the exact name first, then names with all words, then names that contain the text as a substring, then products
 * with all words in name, description and tags. Within each group: by BM25 of the name and by a phrase match.
 */
function matchClause({ text, words }: SearchTerms): Clause {
  const inName = anyOf(allOf('name', text), prefixMatch('name.words', words));
  const inAll = anyOf(allOf('everything', text), prefixMatch('everything.words', words));
  const inside =
    text.length < SUBSTRING_LENGTH_MIN
      ? []
      : [constantScore(10, { match_phrase: { 'name.trigrams': text } })];
  return {
    bool: {
      must: [
        anyOf(
          constantScore(1_000, { term: { 'name.line': text } }),
          constantScore(100, inName),
          constantScore(1, inAll),
          ...inside,
        ),
      ],
      should: [
        { match: { name: { query: text } } },
        { match: { 'name.words': { query: text } } },
        ...(words.length > 1 ? [{ match_phrase: { everything: { query: text, slop: 1, boost: 0.5 } } }] : []),
      ],
    },
  };
}

/**
 * Matches names that have all words with up to two typing errors, or many of the text's trigrams. Prefers errors after
 * the first letter, and also tries a number that is joined to a word as a separate word.
 */
function approximateClause({ words }: SearchTerms): Clause {
  const text = words.map(truncate).join(' ');
  const apart = text.replaceAll(/(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/gu, ' ');
  return anyOf(
    allOf('name.words', text, { fuzziness: 'AUTO', boost: 3 }),
    allOf('name.words', text, { fuzziness: 'AUTO', prefix_length: 1, boost: 3 }),
    { match: { 'name.trigrams': { query: text, minimum_should_match: '40%' } } },
    ...(apart === text ? [] : [allOf('name.words', apart, { boost: 3 })]),
  );
}

function matching(terms: SearchTerms | null, mode: MatchMode): Clause[] {
  if (!terms) return [];
  return [mode === 'fits' ? matchClause(terms) : approximateClause(terms)];
}

function priceClauses({ priceMin, priceMax }: ProductFilter): Clause[] {
  if (priceMin === null && priceMax === null) return [];
  const range = {
    ...(priceMin !== null && { gte: String(priceMin) }),
    ...(priceMax !== null && { lte: String(priceMax) }),
  };
  return [{ range: { price: range } }];
}

function categoryClauses({ categoryId }: ProductFilter): Clause[] {
  return categoryId === null ? [] : [{ term: { category_path: categoryId } }];
}

const ON_SALE: Clause = { term: { on_sale: true } };

/** Requests a page plus one hit, which shows whether the list continues, and the requested counts. */
export function searchBody(query: ProductQuery, terms: SearchTerms | null, mode: MatchMode): object {
  const { filter, include, after, skip } = query;
  const prices = priceClauses(filter);
  const category = categoryClauses(filter);
  const always = [
    ON_SALE,
    ...(filter.id === null ? [] : [{ term: { id: filter.id } }]),
    ...filter.tags.map((tag) => ({ term: { tags: tag } })),
  ];
  const sort = sortOf(query.text, query.sort);
  const countsAll = include.total || !include.hits || skip > 0;
  return {
    _source: false,
    track_total_hits: countsAll ? TOTAL_MAX : false,
    query: {
      bool: {
        // A facet ignores its own condition, so these two conditions are applied after the aggregations.
        filter: include.facets ? always : [...always, ...prices, ...category],
        must: matching(terms, mode),
      },
    },
    ...(include.facets && {
      post_filter: { bool: { filter: [...prices, ...category] } },
      aggs: facetAggregations(prices, category),
    }),
    ...(include.hits
      ? {
          size: query.size + 1,
          sort: sortClauses(sort, query.backward),
          ...(after ? searchAfter(after) : { from: skip }),
        }
      : { size: 0 }),
  };
}

/** A cursor from another backend has no score; then the search continues at its offset. */
function searchAfter({ sort, key, id, offset }: NonNullable<ProductQuery['after']>): object {
  if (sort === 'newest') return { search_after: [id] };
  return key === '' ? { from: offset } : { search_after: [sort === 'relevance' ? Number(key) : key, id] };
}

function sortClauses(sort: ProductQuery['sort'], backward: boolean): object[] {
  const direction = (sort === 'price_asc') !== backward ? 'asc' : 'desc';
  const id = { id: direction };
  if (sort === 'newest') return [id];
  return [sort === 'relevance' ? { _score: 'desc' } : { price: direction }, id];
}

function facetAggregations(prices: Clause[], category: Clause[]): object {
  const ranges = PRICE_STEPS.map((from, index) => ({ key: String(index), from, to: PRICE_STEPS[index + 1] }));
  return {
    prices: {
      filter: { bool: { filter: category } },
      aggs: { steps: { range: { field: 'price', ranges } } },
    },
    categories: {
      filter: { bool: { filter: prices } },
      aggs: {
        largest: {
          terms: { field: 'category_path', size: FACET_SIZE, order: [{ _count: 'desc' }, { _key: 'asc' }] },
        },
      },
    },
  };
}

/** Counts the matches, up to 1. */
export function hasMatchBody(terms: SearchTerms): object {
  return { size: 0, track_total_hits: 1, query: { bool: { filter: [ON_SALE, ...matching(terms, 'fits')] } } };
}

/** For each word: whether a product has a word that starts with it, and similar words from product names. */
export function typedWordsBody(words: readonly string[]): object {
  const known = (word: string): Clause =>
    anyOf(allOf('everything', word), { prefix: { 'everything.words': truncate(word) } });
  const resembling = (word: string): object => ({
    text: truncate(word),
    term: {
      field: 'name.words',
      suggest_mode: 'always',
      min_word_length: 3,
      prefix_length: 0,
      max_edits: 2,
      size: 20,
    },
  });
  const each = (make: (word: string) => object): object =>
    Object.fromEntries(words.map((word, index) => [`w${index}`, make(word)]));
  return {
    size: 0,
    track_total_hits: false,
    query: ON_SALE,
    aggs: { known: { filters: { filters: each(known) } } },
    suggest: each(resembling),
  };
}

/** Names with a word that starts with the text: names that start with it first, then the shortest names. */
export function suggestBody({ text, words }: SearchTerms, size: number): object {
  return {
    _source: false,
    track_total_hits: false,
    size,
    query: {
      bool: {
        filter: [ON_SALE, prefixMatch('name.words', words)],
        should: [constantScore(1, { prefix: { 'name.line': truncate(text) } })],
      },
    },
    sort: [{ _score: 'desc' }, { name_length: 'asc' }, { id: 'desc' }],
  };
}
