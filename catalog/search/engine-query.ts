import { asWritten, type PlannedWord, type QueryPlan } from '#catalog/search/query-plan.ts';
import {
  FACET_SIZE,
  ORDERS,
  PRICE_STEPS,
  sortOf,
  TOTAL_MAX,
  type ProductFilter,
  type ProductQuery,
} from '#catalog/search/search-index.ts';
import { neighbourTerms, termsOfPhrase, type Phrase } from '#catalog/search/text/product-text.ts';
import type { QueryWord } from '#catalog/search/text/query-words.ts';

/** Request bodies in the query language that Elasticsearch 7 and OpenSearch share. */

type Clause = Readonly<Record<string, unknown>>;
type TextField = 'name' | 'everything';

const anyOf = (...should: Clause[]): Clause => ({ bool: { should, minimum_should_match: 1 } });
const allOf = (...filter: Clause[]): Clause => ({ bool: { filter } });
const constantScore = (boost: number, filter: Clause): Clause => ({ constant_score: { filter, boost } });
const eachTermIn = (field: TextField, terms: readonly string[]): Clause[] =>
  terms.map((term) => ({ term: { [field]: term } }));

/** Matches any of the phrases. */
function phrasesIn(field: TextField, phrases: readonly Phrase[]): Clause {
  const each = phrases.map(termsOfPhrase);
  const single = each.flatMap(([term, ...more]) => (term !== undefined && more.length === 0 ? [term] : []));
  const several = each.filter(({ length }) => length > 1).map((terms) => allOf(...eachTermIn(field, terms)));
  return several.length === 0
    ? { terms: { [field]: single } }
    : anyOf({ terms: { [field]: single } }, ...several);
}

const exactIn = (field: TextField, { exact }: QueryWord): Clause => phrasesIn(field, exact);
const anyFormIn = (field: TextField, { exact, loose }: QueryWord): Clause =>
  phrasesIn(field, [...exact, ...loose]);

/** The condition that a product matches the query by its texts or by the names of its categories. */
function matchCondition({ words, mayMiss }: QueryPlan): Clause {
  const inText = (word: PlannedWord): Clause => anyFormIn('everything', word);
  if (mayMiss > 0) {
    const optional = words.filter(({ hasDigit }) => !hasDigit).map(inText);
    const needed = words.filter(({ hasDigit }) => hasDigit).map(inText);
    return { bool: { filter: needed, should: optional, minimum_should_match: optional.length - mayMiss } };
  }
  return allOf(
    ...words.map((word) => {
      const { categoryIds } = word;
      return categoryIds.length > 0
        ? anyOf(inText(word), { terms: { category_path: categoryIds } })
        : inText(word);
    }),
  );
}

/**
 * The score of a match, that of its best tier; matches with equal scores are in the order of RANK. All words in the name:
 * adjacent, as they are written, in any form. All words in the texts: adjacent, in any form. Then those with the name of a
 * category. If some words may miss: as they are written, in any form.
 */
function scoreOf(plan: QueryPlan): Clause {
  const tiers =
    plan.mayMiss > 0 ? [matchCondition({ ...plan, words: asWritten(plan.words) })] : tiersOf(plan);
  return {
    dis_max: { queries: tiers.map((filter, index) => constantScore(tiers.length - index, filter)) },
  };
}

function tiersOf({ words }: QueryPlan): Clause[] {
  const exact = words.map((word) => exactIn('name', word));
  const inName = allOf(...words.map((word) => anyFormIn('name', word)));
  // Without categories, each match has all words in its texts.
  const hasCategories = words.some(({ categoryIds }) => categoryIds.length > 0);
  const inText = hasCategories ? words.map((word) => anyFormIn('everything', word)) : [];
  const written = words.flatMap(({ exact: [first = []] }) => first);
  const isPhrase = words.length > 1;
  return [
    ...(isPhrase ? [allOf(...exact, ...eachTermIn('name', termsOfPhrase(written)))] : []),
    allOf(...exact),
    inName,
    ...(isPhrase ? [allOf(...inText, ...eachTermIn('everything', neighbourTerms(written)))] : []),
    ...(hasCategories ? [allOf(...inText)] : []),
  ];
}

const RANK = [{ name_length: 'asc' }, { sales: 'desc' }, { id: 'desc' }];

function priceClauses({ priceMin, priceMax }: ProductFilter): Clause[] {
  if (priceMin === null && priceMax === null) return [];
  const range = {
    ...(priceMin !== null && { gte: String(priceMin) }),
    ...(priceMax !== null && { lte: String(priceMax) }),
  };
  return [{ range: { price: range } }];
}

function categoryClauses({ categoryIds }: ProductFilter): Clause[] {
  return categoryIds.length === 0 ? [] : [{ terms: { category_path: categoryIds } }];
}

function tagClauses({ tags }: ProductFilter): Clause[] {
  return tags.map((tag) => ({ term: { tags: tag } }));
}

const ON_SALE: Clause = { term: { on_sale: true } };

/** Requests a page plus one hit, which shows whether the list continues, and the requested counts. */
export function searchBody(query: ProductQuery, plan: QueryPlan | null): object {
  const { filter, include, after, skip } = query;
  const conditions: FacetConditions = {
    prices: priceClauses(filter),
    categories: categoryClauses(filter),
    tags: tagClauses(filter),
  };
  const ofFacets = Object.values(conditions).flat();
  const always = [ON_SALE, ...(filter.id === null ? [] : [{ term: { id: filter.id } }])];
  const sort = sortOf(query.text, query.sort);
  const countsAll = include.total || !include.hits || skip > 0;
  return {
    _source: false,
    track_total_hits: countsAll ? TOTAL_MAX : false,
    query: {
      bool: {
        // A facet ignores its own condition, so these conditions are applied after the aggregations.
        filter: [
          ...(plan ? [matchCondition(plan)] : []),
          ...(include.facets ? always : [...always, ...ofFacets]),
        ],
        should: plan && sort === 'relevance' ? [scoreOf(plan)] : [],
      },
    },
    ...(include.facets && {
      post_filter: { bool: { filter: ofFacets } },
      aggs: facetAggregations(conditions),
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

/** In order of relevance, a search continues at the offset of the cursor. */
function searchAfter({ sort, key, id, offset }: NonNullable<ProductQuery['after']>): object {
  if (sort === 'relevance') return { from: offset };
  return { search_after: ORDERS[sort].key === null ? [id] : [key, id] };
}

function sortClauses(sort: ProductQuery['sort'], backward: boolean): object[] {
  if (sort === 'relevance') return [{ _score: 'desc' }, ...RANK];
  const { key, ascending } = ORDERS[sort];
  const direction = ascending !== backward ? 'asc' : 'desc';
  return [...(key === null ? [] : [{ [key]: direction }]), { id: direction }];
}

/** The conditions of the filter that a facet ignores, by facet. */
type FacetConditions = Readonly<Record<'prices' | 'categories' | 'tags', Clause[]>>;

function facetAggregations({ prices, categories, tags }: FacetConditions): object {
  const ranges = PRICE_STEPS.map((from, index) => ({ key: String(index), from, to: PRICE_STEPS[index + 1] }));
  const largest = (field: string): object => ({
    terms: { field, size: FACET_SIZE, order: [{ _count: 'desc' }, { _key: 'asc' }] },
  });
  const among = (conditions: Clause[], aggs: object): object => ({
    filter: { bool: { filter: conditions } },
    aggs,
  });
  return {
    prices: among([...categories, ...tags], { steps: { range: { field: 'price', ranges } } }),
    categories: among([...prices, ...tags], { largest: largest('category_path') }),
    tags: among([...prices, ...categories], { largest: largest('tags') }),
  };
}

/** Counts the matches, up to 1. */
export function hasMatchBody(plan: QueryPlan): object {
  return {
    size: 0,
    track_total_hits: 1,
    query: { bool: { filter: [ON_SALE, matchCondition(plan)] } },
  };
}

/** Names that match: names that start with the text first, then the shortest. */
export function suggestBody({ words }: QueryPlan, text: string, size: number): object {
  const before = words.slice(0, -1).map((word) => exactIn('name', word));
  const last = words.slice(-1).map(({ exact, starting }) => phrasesIn('name', [...exact, ...starting]));
  return {
    _source: false,
    track_total_hits: false,
    size,
    query: {
      bool: {
        filter: [ON_SALE, ...before, ...last],
        should: [constantScore(1, { prefix: { line: text } })],
      },
    },
    sort: [{ _score: 'desc' }, { line_length: 'asc' }, { id: 'desc' }],
  };
}
