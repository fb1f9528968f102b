import {
  FACET_SIZE,
  PRICE_STEPS,
  sortOf,
  TOTAL_MAX,
  type Nearness,
  type ProductFilter,
  type ProductQuery,
} from '#catalog/search/search-index.ts';
import { INSIDE_LENGTH_MIN, type SearchTerms } from '#catalog/search/search-terms.ts';

/** The bodies of searches, in the query language that Elasticsearch 7 and OpenSearch share. */

type Clause = Readonly<Record<string, unknown>>;

const allOf = (field: string, query: string, more: object = {}): Clause => ({
  match: { [field]: { query, operator: 'and', ...more } },
});
const beginnings = (field: string, words: readonly string[]): Clause => ({
  // Only the last word is a beginning.
  match_bool_prefix: {
    [field]: { query: [...words.slice(0, -1), cut(words.at(-1) ?? '')].join(' '), operator: 'and' },
  },
});
const anyOf = (...should: Clause[]): Clause => ({ bool: { should, minimum_should_match: 1 } });
const worth = (boost: number, filter: Clause): Clause => ({ constant_score: { filter, boost } });

/**
 * Beginnings and typing errors are looked for by automata, which cost time by their length; one of more than 1,000
 * bytes is refused.
 */
const AUTOMATON_LENGTH_MAX = 100;
const cut = (text: string): string => Array.from(text).slice(0, AUTOMATON_LENGTH_MAX).join('');

/**
 * The exact name, then all words in the name, then the text inside a word of the name, then all words in name,
 * description and tags. Within each, BM25 of the name and whether the words are in a row.
 */
function fitting({ text, words }: SearchTerms): Clause {
  const inName = anyOf(allOf('name', text), beginnings('name.words', words));
  const inAll = anyOf(allOf('everything', text), beginnings('everything.words', words));
  const inside =
    text.length < INSIDE_LENGTH_MIN ? [] : [worth(10, { match_phrase: { 'name.trigrams': text } })];
  return {
    bool: {
      must: [
        anyOf(worth(1_000, { term: { 'name.line': text } }), worth(100, inName), worth(1, inAll), ...inside),
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
 * Names with all words but a typing error or two, rather behind the first letter, or with many of the text's trigrams;
 * a number that sticks to a word may be one of its own.
 */
function near({ words }: SearchTerms): Clause {
  const text = words.map(cut).join(' ');
  const apart = text.replaceAll(/(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/gu, ' ');
  return anyOf(
    allOf('name.words', text, { fuzziness: 'AUTO', boost: 3 }),
    allOf('name.words', text, { fuzziness: 'AUTO', prefix_length: 1, boost: 3 }),
    { match: { 'name.trigrams': { query: text, minimum_should_match: '40%' } } },
    ...(apart === text ? [] : [allOf('name.words', apart, { boost: 3 })]),
  );
}

function matching(terms: SearchTerms | null, nearness: Nearness): Clause[] {
  if (!terms) return [];
  return [nearness === 'fits' ? fitting(terms) : near(terms)];
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

/** A page and one hit more, which tells whether the list goes on, and whatever is to be counted. */
export function searchBody(query: ProductQuery, terms: SearchTerms | null, nearness: Nearness): object {
  const { filter, wants, after, skip } = query;
  const prices = priceClauses(filter);
  const category = categoryClauses(filter);
  const always = [
    ON_SALE,
    ...(filter.id === null ? [] : [{ term: { id: filter.id } }]),
    ...filter.tags.map((tag) => ({ term: { tags: tag } })),
  ];
  const sort = sortOf(query.text, query.sort);
  const countsAll = wants.total || !wants.hits || skip > 0;
  return {
    _source: false,
    track_total_hits: countsAll ? TOTAL_MAX : false,
    query: {
      bool: {
        // A facet counts whatever its own filter says, so that these two come after the counting.
        filter: wants.facets ? always : [...always, ...prices, ...category],
        must: matching(terms, nearness),
      },
    },
    ...(wants.facets && {
      post_filter: { bool: { filter: [...prices, ...category] } },
      aggs: facetAggregations(prices, category),
    }),
    ...(wants.hits
      ? {
          size: query.size + 1,
          sort: sortClauses(sort, query.backward),
          ...(after ? searchAfter(after) : { from: skip }),
        }
      : { size: 0 }),
  };
}

/** A place that another backend gave has no score: then the offset says where to go on. */
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

/** How many fit, up to 1. */
export function fitsBody(terms: SearchTerms): object {
  return { size: 0, track_total_hits: 1, query: { bool: { filter: [ON_SALE, ...matching(terms, 'fits')] } } };
}

/** For each word: whether a product has it or a word that begins so, and words of names that resemble it. */
export function typedWordsBody(words: readonly string[]): object {
  const known = (word: string): Clause =>
    anyOf(allOf('everything', word), { prefix: { 'everything.words': cut(word) } });
  const resembling = (word: string): object => ({
    text: cut(word),
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

/** Names that begin so, then shorter names. */
export function suggestBody({ text, words }: SearchTerms, size: number): object {
  return {
    _source: false,
    track_total_hits: false,
    size,
    query: {
      bool: {
        filter: [ON_SALE, beginnings('name.words', words)],
        should: [worth(1, { prefix: { 'name.line': cut(text) } })],
      },
    },
    sort: [{ _score: 'desc' }, { name_length: 'asc' }, { id: 'desc' }],
  };
}
