import { refused } from '#platform/errors.ts';
import { PAGE_SIZE_MAX } from '#platform/limits.ts';

/**
 * Finds products that are on sale. An index answers ids; what the products are is read from the catalog's tables.
 * Backends: PostgreSQL itself (search/postgres.ts) and Elasticsearch or OpenSearch (search/elasticsearch.ts).
 */
export interface SearchIndex {
  search(query: ProductQuery, signal: AbortSignal): Promise<Found>;
  /** Ids of products with a word in the name that goes on like this: those whose name begins so first, then shorter names. */
  suggest(prefix: string, size: number, signal: AbortSignal): Promise<string[]>;
}

export type Sort = 'relevance' | 'price_asc' | 'price_desc' | 'newest';

export interface ProductFilter {
  /** Minor units, both included. */
  readonly priceMin: bigint | null;
  readonly priceMax: bigint | null;
  /** In this category or below it. */
  readonly categoryId: string | null;
  /** All of them. */
  readonly tags: readonly string[];
  readonly id: string | null;
}

export interface ProductQuery {
  /** What a shopper typed; empty finds everything, a text without a letter or digit nothing. */
  readonly text: string;
  readonly filter: ProductFilter;
  readonly sort: Sort;
  readonly size: number;
  readonly skip: number;
  /** Whether the index reads the list from its end and returns its hits in that order. Never with relevance. */
  readonly backward: boolean;
  /** The last hit before the first one to read, in the direction of reading; null: from the beginning in that direction. */
  readonly after: Place | null;
  /** The hit at which reading ends, exclusive; never with relevance. Indexes can ignore it: see `within`. */
  readonly until: Place | null;
  readonly wants: Wants;
}

/** What of an answer is worked out. */
export interface Wants {
  readonly hits: boolean;
  readonly total: boolean;
  readonly facets: boolean;
  readonly didYouMean: boolean;
}

export interface Found {
  readonly hits: readonly Hit[];
  readonly hasMore: boolean;
  /** Exact up to TOTAL_MAX, which stands for anything above it; null if not wanted. */
  readonly total: number | null;
  readonly facets: Facets | null;
  /** The text as it was probably meant, where nothing fits it as it stands. */
  readonly didYouMean: string | null;
}

export interface Hit {
  readonly id: string;
  readonly place: Place;
}

export interface Facets {
  /** How many products of each range of prices, whatever range the filter names; empty ranges are left out. */
  readonly prices: readonly { readonly bucket: number; readonly count: number }[];
  /** How many products in or below a category, whatever category the filter names; the FACET_SIZE largest. */
  readonly categories: readonly { readonly id: string; readonly count: number }[];
}

export const TOTAL_MAX = 10_000;
/** How far into what was found by relevance pages go. */
export const OFFSET_MAX = 10_000;
export const FACET_SIZE = 20;
/** Where the ranges of prices begin, in minor units: the first includes 0, the last has no end. */
export const PRICE_STEPS: readonly number[] = [
  0, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
];

/**
 * Whether products must fit the text, or only come near it. Near misses count where no product at all fits the text,
 * whatever the filter.
 */
export type Nearness = 'fits' | 'near';

/** Where a hit lies in its list. Any backend can go on from it: one that cannot use the score uses the offset. */
export interface Place {
  readonly sort: Sort;
  readonly nearness: Nearness;
  /** How many hits come before it and with it in the order of relevance; 0 in the others. */
  readonly offset: number;
  /** What it was sorted by: a score, a price, or nothing where the id alone decides. */
  readonly key: string;
  readonly id: string;
}

const LETTERS: Readonly<Record<Sort, string>> = {
  relevance: 'r',
  price_asc: 'a',
  price_desc: 'd',
  newest: 'n',
};
const PLACE = /^([radn])([fn])(\d{1,6}):([\d.]{0,34}):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const PRICE = /^\d{1,13}$/;
/** What it can be sorted by. Without a score the offset says where to go on. */
const KEYS: Readonly<Record<Sort, RegExp>> = {
  relevance: /^(?:\d{1,13}(?:\.\d{1,20})?)?$/,
  price_asc: PRICE,
  price_desc: PRICE,
  newest: /^$/,
};
/** The end of the last page there is. */
const RELEVANCE_OFFSET_MAX = OFFSET_MAX + PAGE_SIZE_MAX;

export function placeText({ sort, nearness, offset, key, id }: Place): string {
  return `${LETTERS[sort]}${nearness.charAt(0)}${offset}:${key}:${id}`;
}

/** Throws INVALID_CURSOR on `field` unless it is a place of a list in this order. */
export function requirePlace(field: string, text: string, sort: Sort): Place {
  const [, letter, near, digits, key = '', id = ''] = PLACE.exec(text) ?? [];
  const offset = Number(digits);
  const isTooFar = sort === 'relevance' && offset > RELEVANCE_OFFSET_MAX;
  if (letter !== LETTERS[sort] || !KEYS[sort].test(key) || isTooFar)
    throw refused('INVALID_CURSOR', field, 'The cursor is not one that a search in this order returned.');
  return { sort, nearness: near === 'n' ? 'near' : 'fits', offset, key, id };
}

/** Whether a filter leaves everything in. */
export function isUnfiltered(filter: ProductFilter): boolean {
  const { id, priceMin, priceMax, categoryId, tags } = filter;
  return id === null && priceMin === null && priceMax === null && categoryId === null && tags.length === 0;
}

/** Without a text nothing is more relevant than anything else: the newest come first. */
export function sortOf(text: string, sort: Sort): Sort {
  return text === '' && sort === 'relevance' ? 'newest' : sort;
}

export const NOTHING_FOUND: Found = {
  hits: [],
  hasMore: false,
  total: 0,
  facets: { prices: [], categories: [] },
  didYouMean: null,
};

/** Whether a page lies deeper than what is found by relevance is listed: it has no hits. */
export function isTooDeep({ text, sort, skip, after }: ProductQuery): boolean {
  return sortOf(text, sort) === 'relevance' && (after?.offset ?? skip) >= OFFSET_MAX;
}

/** The hits before `until` in the direction of reading, put into the order of the list. */
export function within({ backward, until }: ProductQuery, found: Found): Found {
  const end = until ? found.hits.findIndex(({ place }) => !isBeforeEnd(place, until, backward)) : -1;
  const read = end === -1 ? found.hits : found.hits.slice(0, end);
  return { ...found, hits: backward ? read.toReversed() : read, hasMore: end === -1 && found.hasMore };
}

function isBeforeEnd(place: Place, until: Place, backward: boolean): boolean {
  return backward ? precedes(until, place) : precedes(place, until);
}

/** Whether one place comes before another of the same list, which is not in the order of relevance. */
function precedes(one: Place, other: Place): boolean {
  const [first, second] = one.sort === 'price_asc' ? [one, other] : [other, one];
  const difference = Number(first.key) - Number(second.key);
  return difference === 0 ? first.id < second.id : difference < 0;
}
