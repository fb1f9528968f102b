import { CORRECTED_LENGTH_MIN, CORRECTED_WORDS_MAX } from '#catalog/search/did-you-mean.ts';
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
import type { Statement } from '#platform/postgres/pool.ts';

/** The SQL of searches, composed from the parts of the query, so that each combination has its own plan. */

export interface BoundStatement {
  readonly statement: Statement;
  readonly values: readonly unknown[];
}

const ON_SALE = 'archived_at IS NULL';

/** Collects the parts of a statement's name and its values; `$(value)` returns the value's placeholder. */
class Parts {
  readonly names: string[] = [];
  readonly values: unknown[] = [];

  $(value: unknown): string {
    return `$${this.values.push(value)}`;
  }

  bind(text: string): BoundStatement {
    return { statement: { name: this.names.join('_'), text }, values: this.values };
  }
}

/**
 * The matching products, as a FROM clause with the relation `found`. The query is folded like the index. "simple" in
 * addition to "english" finds stop words and prefixes that are not part of a stem. OFFSET 0 keeps the planner from
 * inlining the subqueries: words and folded would be computed at each use, and the two indexes would not be used.
 */
function matching(parts: Parts, terms: SearchTerms | null, mode: MatchMode, filter: ProductFilter): string {
  if (!terms) {
    const conditions = [ON_SALE, ...conditionsOf(parts, filter)];
    return `product AS found WHERE ${conditions.join(' AND ')}`;
  }
  const words = parts.$(terms.tsquery);
  const phrase = parts.$(terms.phrase);
  const text = parts.$(terms.text);
  parts.names.push(mode);
  const isShort = terms.text.length < SUBSTRING_LENGTH_MIN;
  if (isShort && mode === 'fits') parts.names.push('short');
  const fits = isShort ? 'search @@ q.words' : `(search @@ q.words OR fold(name) LIKE '%' || q.text || '%')`;
  const conditions = [
    ON_SALE,
    mode === 'fits' ? fits : 'q.text <% fold(name)',
    ...conditionsOf(parts, filter),
  ];
  return `(
      SELECT to_tsquery('pg_catalog.english', fold(${words})) || to_tsquery('pg_catalog.simple', fold(${words})) AS words,
        to_tsquery('pg_catalog.english', fold(nullif(${phrase}, ''))) AS phrase, fold(${text}) AS text
      OFFSET 0
    ) AS q, LATERAL (
      SELECT *, fold(name) AS folded FROM product
      WHERE ${conditions.join(' AND ')}
      OFFSET 0
    ) AS found WHERE true`;
}

function conditionsOf(parts: Parts, filter: ProductFilter): string[] {
  const conditions: string[] = [];
  const add = (name: string, condition: string): void => {
    parts.names.push(name);
    conditions.push(condition);
  };
  if (filter.id !== null) add('id', `id = ${parts.$(filter.id)}::uuid`);
  if (filter.priceMin !== null) add('min', `price_minor >= ${parts.$(filter.priceMin)}::bigint`);
  if (filter.priceMax !== null) add('max', `price_minor <= ${parts.$(filter.priceMax)}::bigint`);
  if (filter.categoryId !== null) {
    const below = `SELECT id FROM category WHERE path @> ARRAY[${parts.$(filter.categoryId)}::uuid]`;
    add('category', `category_id = ANY(ARRAY(${below}))`);
  }
  if (filter.tags.length > 0) add('tags', `tags @> ${parts.$(filter.tags)}::text[]`);
  return conditions;
}

/**
 * Matches are ordered by exact name, all words in the name, rank of the name plus phrase match, similarity to the whole
 * name, newest product. Approximate matches are ordered by trigram similarity
 * (https://www.postgresql.org/docs/18/pgtrgm.html).
 */
const RELEVANCE: Readonly<Record<MatchMode, string>> = {
  fits: `
      folded = q.text DESC,
      ts_filter(search, '{a}') @@ q.words DESC,
      word_similarity(q.text, folded) + ts_rank('{0, 0.05, 0.1, 1}', search, q.words, 1)
        + CASE WHEN search @@ q.phrase THEN 0.2 ELSE 0 END DESC,
      similarity(q.text, folded) DESC,
      id DESC`,
  near: `word_similarity(q.text, folded) DESC, similarity(q.text, folded) DESC, id DESC`,
};

/** The hits of a page plus one, which shows whether the list continues. */
export function pageStatement(
  query: ProductQuery,
  terms: SearchTerms | null,
  mode: MatchMode,
): BoundStatement {
  const parts = new Parts();
  parts.names.push('search_products');
  const from = matching(parts, terms, mode, query.filter);
  const sort = sortOf(query.text, query.sort);
  parts.names.push(sort);
  const { after } = query;
  const limit = (): string => `LIMIT ${parts.$(query.size + 1)}`;
  if (sort === 'relevance') {
    return parts.bind(`
    SELECT id, price_minor FROM ${from}
    ORDER BY ${RELEVANCE[mode]}
    ${limit()} OFFSET ${parts.$(after?.offset ?? query.skip)}`);
  }
  // Backward, the same list is read from its other end.
  const ascending = (sort === 'price_asc') !== query.backward;
  if (query.backward) parts.names.push('backward');
  const columns = sort === 'newest' ? 'id' : 'price_minor, id';
  let beyond = '';
  if (after) {
    parts.names.push('after');
    const cursor =
      sort === 'newest'
        ? `${parts.$(after.id)}::uuid`
        : `${parts.$(after.key)}::bigint, ${parts.$(after.id)}::uuid`;
    beyond = ` AND (${columns}) ${ascending ? '>' : '<'} (${cursor})`;
  }
  const direction = ascending ? 'ASC' : 'DESC';
  const order = sort === 'newest' ? `id ${direction}` : `price_minor ${direction}, id ${direction}`;
  return parts.bind(`
    SELECT id, price_minor FROM ${from}${beyond}
    ORDER BY ${order} ${limit()} OFFSET ${parts.$(after ? 0 : query.skip)}`);
}

/** Counts the matches, up to TOTAL_MAX. */
export function countStatement(
  filter: ProductFilter,
  terms: SearchTerms | null,
  mode: MatchMode,
): BoundStatement {
  const parts = new Parts();
  parts.names.push('count_products');
  const from = matching(parts, terms, mode, filter);
  return parts.bind(
    `SELECT count(*)::int AS total FROM (SELECT 1 FROM ${from} LIMIT ${TOTAL_MAX}) AS counted`,
  );
}

export function priceFacetStatement(
  filter: ProductFilter,
  terms: SearchTerms | null,
  mode: MatchMode,
): BoundStatement {
  const parts = new Parts();
  parts.names.push('prices_of_products');
  const from = matching(parts, terms, mode, { ...filter, priceMin: null, priceMax: null });
  return parts.bind(`
    SELECT width_bucket(price_minor, ARRAY[${PRICE_STEPS.join(', ')}]::bigint[]) - 1 AS bucket, count(*)::int AS count
    FROM ${from} GROUP BY 1 ORDER BY 1`);
}

export function categoryFacetStatement(
  filter: ProductFilter,
  terms: SearchTerms | null,
  mode: MatchMode,
): BoundStatement {
  const parts = new Parts();
  parts.names.push('categories_of_products');
  const from = matching(parts, terms, mode, { ...filter, categoryId: null });
  return parts.bind(`
    SELECT above.id, sum(inside.count)::int AS count
    FROM (SELECT category_id, count(*) AS count FROM ${from} AND category_id IS NOT NULL GROUP BY 1) AS inside
    JOIN category ON category.id = inside.category_id CROSS JOIN LATERAL unnest(category.path) AS above(id)
    GROUP BY above.id ORDER BY 2 DESC, above.id LIMIT ${FACET_SIZE}`);
}

/** For each word: whether a product has a word that starts with it; for the first unknown words, similar words. */
export const TYPED_WORDS: Statement = {
  name: 'typed_words',
  text: `
    SELECT word, known,
      CASE WHEN known OR unknown > ${CORRECTED_WORDS_MAX} THEN '{}' ELSE words_like(word) END AS candidates
    FROM (
      SELECT word, ordinal, known, count(*) FILTER (WHERE NOT known) OVER (ORDER BY ordinal) AS unknown
      FROM (
        SELECT word, ordinal,
          char_length(typed) < ${CORRECTED_LENGTH_MIN} OR EXISTS (
            SELECT FROM product WHERE ${ON_SALE}
              AND search @@ (to_tsquery('pg_catalog.english', word) || to_tsquery('pg_catalog.simple', word || ':*'))
          ) AS known
        FROM (
          SELECT typed, fold(typed) AS word, ordinal FROM unnest($1::text[]) WITH ORDINALITY AS each(typed, ordinal) OFFSET 0
        ) AS folded
      ) AS looked_up
    ) AS counted
    ORDER BY ordinal`,
};

/** Names with a word that starts with the prefix; names that start with it first. Considers at most 2,000 products. */
export const SUGGEST: Statement = {
  name: 'suggest_products',
  text: `
    SELECT id FROM (
      SELECT id, fold(name) AS folded FROM product
      WHERE ${ON_SALE} AND search @@ to_tsquery('pg_catalog.simple', fold($1))
        AND ts_filter(search, '{a}') @@ to_tsquery('pg_catalog.simple', fold($1))
      LIMIT 2000
    ) AS found
    ORDER BY starts_with(regexp_replace(folded, '[^[:alnum:]]+', ' ', 'g'), fold($2)) DESC, char_length(folded), id DESC
    LIMIT $3`,
};
