import { refused, type AppError } from '#platform/errors.ts';
import { PAGE_SIZE_MAX } from '#platform/limits.ts';

/**
 * Searches the products on sale. An index returns ids; the products are read from the catalog's tables.
 * Backends: PostgreSQL itself (search/postgres/) and Elasticsearch or OpenSearch (search/elasticsearch.ts).
 */
export interface SearchIndex {
  search(query: ProductQuery, signal: AbortSignal): Promise<SearchResult>;
  /** Returns ids of products whose name has a word that starts with the prefix: names that start with it first, then the shortest. */
  suggest(prefix: string, size: number, signal: AbortSignal): Promise<string[]>;
}

export type Sort = 'relevance' | 'price_asc' | 'price_desc' | 'newest' | 'name_asc' | 'name_desc';

/** The key of a sort order, before the id, and the direction of both. No key: by relevance, or by the id alone. */
interface Order {
  readonly key: 'price' | 'line' | null;
  readonly ascending: boolean;
}

export const ORDERS: Readonly<Record<Sort, Order>> = {
  relevance: { key: null, ascending: false },
  price_asc: { key: 'price', ascending: true },
  price_desc: { key: 'price', ascending: false },
  newest: { key: null, ascending: false },
  name_asc: { key: 'line', ascending: true },
  name_desc: { key: 'line', ascending: false },
};

export interface ProductFilter {
  /** Minor units; both bounds are inclusive. */
  readonly priceMin: bigint | null;
  readonly priceMax: bigint | null;
  /** In any of these categories or below one of them; empty: in any category or none. */
  readonly categoryIds: readonly string[];
  /** The product has all of these tags. */
  readonly tags: readonly string[];
  readonly id: string | null;
}

export interface ProductQuery {
  /** Empty matches every product; a text without a letter or digit matches none. */
  readonly text: string;
  readonly filter: ProductFilter;
  readonly sort: Sort;
  readonly size: number;
  readonly skip: number;
  /** Whether the index reads the list from its end and returns the hits in that order. Not with relevance. */
  readonly backward: boolean;
  /** The hit after which reading starts, in the direction of reading; null: from the start in that direction. */
  readonly after: Cursor | null;
  /** The hit before which reading ends. Not with relevance. Indexes can ignore it: see `clipToRange`. */
  readonly until: Cursor | null;
  readonly include: ResultParts;
}

/** The parts of the result to compute. */
export interface ResultParts {
  readonly hits: boolean;
  readonly total: boolean;
  readonly facets: boolean;
  readonly didYouMean: boolean;
}

export interface SearchResult {
  readonly hits: readonly Hit[];
  readonly hasMore: boolean;
  /** Exact up to TOTAL_MAX, which also stands for any larger number; null unless requested. */
  readonly total: number | null;
  readonly facets: Facets | null;
  readonly matched: Matched;
  /** The corrected text, if no product matches the text as given. */
  readonly didYouMean: string | null;
}

export interface Hit {
  readonly id: string;
  readonly cursor: Cursor;
}

export interface Facets {
  /** Products per price range, without empty ranges. The price conditions of the filter do not apply. */
  readonly prices: readonly { readonly bucket: number; readonly count: number }[];
  /** Products in a category and below it; the FACET_SIZE largest. The category condition of the filter does not apply. */
  readonly categories: readonly { readonly id: string; readonly count: number }[];
  /** Products with a tag; the FACET_SIZE largest, and those of equal size by tag. The tags of the filter do not apply. */
  readonly tags: readonly { readonly tag: string; readonly count: number }[];
}

export const TOTAL_MAX = 10_000;
/** Maximum number of hits that pages in order of relevance can reach. */
export const OFFSET_MAX = 10_000;
export const FACET_SIZE = 20;
/** Lower bounds of the price ranges, in minor units; the last range has no upper bound. */
export const PRICE_STEPS: readonly number[] = [
  0, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
];

/**
 * What the hits match: all words of the text, all words of the corrected text, or most words. Each is tried if no product
 * matches the one before, regardless of the filter.
 */
export type Matched = 'all' | 'corrected' | 'most';

/** The position of a hit in its list. Valid for every backend. */
export interface Cursor {
  readonly sort: Sort;
  readonly matched: Matched;
  /** The number of hits up to and including this one in order of relevance; 0 in other orders. */
  readonly offset: number;
  /**
   * The sort key: a price, or the line of a name; empty if hits are in order of relevance or sorted by id alone. The text
   * of a cursor has no line, because lines can be long: see `withLines`.
   */
  readonly key: string;
  readonly id: string;
}

const SORT_CODES: Readonly<Record<Sort, string>> = {
  relevance: 'r',
  price_asc: 'a',
  price_desc: 'd',
  newest: 'n',
  name_asc: 'f',
  name_desc: 'l',
};
const CURSOR = /^([radnfl])([acm])(\d{1,6}):(\d{0,13}):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const MATCHED: readonly Matched[] = ['all', 'corrected', 'most'];
const PRICE = /^\d{1,13}$/;
/** The end of the last possible page. */
const RELEVANCE_OFFSET_MAX = OFFSET_MAX + PAGE_SIZE_MAX;

export function encodeCursor({ sort, matched, offset, key, id }: Cursor): string {
  return `${SORT_CODES[sort]}${matched.charAt(0)}${offset}:${ORDERS[sort].key === 'price' ? key : ''}:${id}`;
}

/** Throws INVALID_CURSOR on `field` unless the text is a cursor of a list in this order. */
export function requireCursor(field: string, text: string, sort: Sort): Cursor {
  const [, letter, matchedLetter, digits, key = '', id = ''] = CURSOR.exec(text) ?? [];
  const offset = Number(digits);
  const isTooFar = sort === 'relevance' && offset > RELEVANCE_OFFSET_MAX;
  const isKey = ORDERS[sort].key === 'price' ? PRICE.test(key) : key === '';
  if (letter !== SORT_CODES[sort] || !isKey || isTooFar) throw invalidCursor(field);
  const matched = MATCHED.find((each) => each.startsWith(matchedLetter ?? '')) ?? 'all';
  return { sort, matched, offset, key, id };
}

export function invalidCursor(field: string): AppError {
  return refused('INVALID_CURSOR', field, 'The cursor was not returned by a search in this order.');
}

export const NO_FILTER: ProductFilter = {
  id: null,
  priceMin: null,
  priceMax: null,
  categoryIds: [],
  tags: [],
};

/** Whether a filter has no conditions. */
export function isUnfiltered(filter: ProductFilter): boolean {
  const { id, priceMin, priceMax, categoryIds, tags } = filter;
  return id === null && priceMin === null && priceMax === null && categoryIds.length + tags.length === 0;
}

/** Without a text, all products are equally relevant, and the newest come first. */
export function sortOf(text: string, sort: Sort): Sort {
  return text === '' && sort === 'relevance' ? 'newest' : sort;
}

export const EMPTY_RESULT: SearchResult = {
  hits: [],
  hasMore: false,
  total: 0,
  facets: { prices: [], categories: [], tags: [] },
  matched: 'all',
  didYouMean: null,
};

/** Whether a page in order of relevance starts beyond OFFSET_MAX; it has no hits. */
export function isTooDeep({ text, sort, skip, after }: ProductQuery): boolean {
  return sortOf(text, sort) === 'relevance' && (after?.offset ?? skip) >= OFFSET_MAX;
}

/** Drops the hits from `until` on, and returns the rest in list order. */
export function clipToRange({ backward, until }: ProductQuery, found: SearchResult): SearchResult {
  const end = until ? found.hits.findIndex(({ cursor }) => !isBeforeEnd(cursor, until, backward)) : -1;
  const read = end === -1 ? found.hits : found.hits.slice(0, end);
  return { ...found, hits: backward ? read.toReversed() : read, hasMore: end === -1 && found.hasMore };
}

function isBeforeEnd(cursor: Cursor, until: Cursor, backward: boolean): boolean {
  return backward ? precedes(until, cursor) : precedes(cursor, until);
}

/** Whether one cursor is before another of the same list. Not for lists in order of relevance. */
function precedes(one: Cursor, other: Cursor): boolean {
  const { key, ascending } = ORDERS[one.sort];
  const [first, second] = ascending ? [one, other] : [other, one];
  const difference =
    key === 'line' ? compareBytes(first.key, second.key) : Number(first.key) - Number(second.key);
  return difference === 0 ? first.id < second.id : difference < 0;
}

/** The order of PostgreSQL (COLLATE "C") and the engines. `<` compares UTF-16 units, which is another order. */
function compareBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
