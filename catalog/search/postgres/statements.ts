import type { SearchTables } from '#catalog/search/postgres/tables.ts';
import {
  adjacentQuery,
  anyForm,
  exactQuery,
  looseQuery,
  mostQuery,
} from '#catalog/search/postgres/tsquery.ts';
import type { QueryPlan } from '#catalog/search/query-plan.ts';
import {
  FACET_SIZE,
  ORDERS,
  PRICE_STEPS,
  sortOf,
  TOTAL_MAX,
  type ProductFilter,
  type ProductQuery,
} from '#catalog/search/search-index.ts';
import type { Statement } from '#platform/postgres/pool.ts';

/** The SQL of searches, composed from the parts of the query, so that each combination has its own plan. */

export interface BoundStatement {
  readonly statement: Statement;
  readonly values: readonly unknown[];
}

/** The matches among which those with adjacent words, or with most words, come first: comparing texts is expensive. */
const COMPARED_MAX = 1_000;
/** The order of matches that are equally good. */
const RANK = 'name_length, sales DESC, id DESC';
const SUGGESTED_MAX = 2_000;

const KEY_COLUMNS = {
  price: { column: 'price_minor', type: 'bigint' },
  line: { column: 'line', type: 'text' },
} as const;

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

function filterConditions(parts: Parts, filter: ProductFilter): string[] {
  const conditions: string[] = [];
  const add = (name: string, condition: string): void => {
    parts.names.push(name);
    conditions.push(condition);
  };
  if (filter.id !== null) add('id', `id = ${parts.$(filter.id)}::uuid`);
  if (filter.priceMin !== null) add('min', `price_minor >= ${parts.$(filter.priceMin)}::bigint`);
  if (filter.priceMax !== null) add('max', `price_minor <= ${parts.$(filter.priceMax)}::bigint`);
  if (filter.categoryIds.length > 0) {
    const below = `SELECT id FROM category WHERE path && ${parts.$(filter.categoryIds)}::uuid[]`;
    add('in', `category_id = ANY(ARRAY(${below}))`);
  }
  if (filter.tags.length > 0) add('tags', `tags @> ${parts.$(filter.tags)}::text[]`);
  return conditions;
}

/** The condition that a product matches the query by its texts or by the names of its categories. */
function matchCondition(parts: Parts, { words, required }: QueryPlan): string {
  if (required < words.length) {
    parts.names.push(`most${words.length}`);
    return `everything @@ ${parts.$(mostQuery(words, required))}::tsquery`;
  }
  // The words without categories are one condition, so that PostgreSQL combines the indexes instead of reading the table.
  const others = words.filter(({ categoryIds }) => categoryIds.length === 0);
  const named = words.filter(({ categoryIds }) => categoryIds.length > 0);
  const conditions = named.map((word) => {
    const below = `SELECT id FROM category WHERE path && ${parts.$(word.categoryIds)}::uuid[]`;
    return `(everything @@ ${parts.$(anyForm(word))}::tsquery OR category_id = ANY(ARRAY(${below})))`;
  });
  if (named.length === 0) parts.names.push('text');
  else parts.names.push(`${others.length > 0 ? 'mix' : 'cat'}${named.length}`);
  if (others.length > 0) {
    conditions.unshift(`everything @@ ${parts.$(looseQuery(others))}::tsquery`);
  }
  return conditions.join(' AND ');
}

export function searchStatements({ products }: SearchTables) {
  const where = (conditions: readonly string[]): string =>
    conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';

  function matching(parts: Parts, plan: QueryPlan | null, filter: ProductFilter): string {
    const conditions = filterConditions(parts, filter);
    return `${products} ${where(plan ? [matchCondition(parts, plan), ...conditions] : conditions)}`;
  }

  /**
   * The matches in order of relevance. Each SELECT has the matches that the ones before it do not have, and is executed
   * only if they do not fill the page.
   */
  function ranked(parts: Parts, plan: QueryPlan, filter: ProductFilter): string {
    const { words, required } = plan;
    const conditions = filterConditions(parts, filter);
    const select = (matches: string[], order: string): string => `(
      SELECT id FROM ${products} ${where([...matches, ...conditions])} ORDER BY ${order}
    )`;
    if (required < words.length) {
      const score = words
        .flatMap((word) => [exactQuery([word]), anyForm(word)])
        .map((form) => `(everything @@ ${parts.$(form)}::tsquery)::int`)
        .join(' + ');
      return `(
      SELECT id FROM (
        SELECT * FROM ${products} ${where([matchCondition(parts, plan), ...conditions])} ORDER BY ${RANK} LIMIT ${COMPARED_MAX}
      ) AS found ORDER BY ${score} DESC, ${RANK}
    )`;
    }
    const exact = `name @@ ${parts.$(exactQuery(words))}::tsquery`;
    const inName = `name @@ ${parts.$(looseQuery(words))}::tsquery`;
    const adjacent = adjacentQuery(words);
    const inText = matchCondition(parts, plan);
    if (adjacent === null) {
      parts.names.push('word');
      return [
        select([exact], RANK),
        select([inName, `NOT ${exact}`], RANK),
        select([inText, `NOT ${inName}`], RANK),
      ].join(' UNION ALL ');
    }
    const phrase = parts.$(adjacent);
    return [
      select([exact], `name @@ ${phrase}::tsquery DESC, ${RANK}`),
      select([inName, `NOT ${exact}`], RANK),
      select([inText, `NOT ${inName}`], `everything @@ ${phrase}::tsquery DESC, ${RANK}`),
    ].join(' UNION ALL ');
  }

  return {
    /** The hits of a page plus one, which shows whether the list continues. */
    page(query: ProductQuery, plan: QueryPlan | null): BoundStatement {
      const parts = new Parts();
      parts.names.push('search_products');
      const sort = sortOf(query.text, query.sort);
      parts.names.push(sort);
      const { after } = query;
      if (sort === 'relevance' && plan) {
        const from = ranked(parts, plan, query.filter);
        return parts.bind(
          `SELECT id FROM (${from}) AS hit LIMIT ${parts.$(query.size + 1)} OFFSET ${parts.$(after?.offset ?? query.skip)}`,
        );
      }
      const { key, ascending: isAscending } = ORDERS[sort];
      const keys = key === null ? [] : [KEY_COLUMNS[key]];
      // Backward, the same list is read from its other end.
      const ascending = isAscending !== query.backward;
      if (query.backward) parts.names.push('back');
      const conditions = filterConditions(parts, query.filter);
      if (plan) conditions.unshift(matchCondition(parts, plan));
      const columns = [...keys.map(({ column }) => column), 'id'];
      if (after) {
        parts.names.push('after');
        const cursor = [
          ...keys.map(({ type }) => `${parts.$(after.key)}::${type}`),
          `${parts.$(after.id)}::uuid`,
        ];
        conditions.push(`(${columns.join(', ')}) ${ascending ? '>' : '<'} (${cursor.join(', ')})`);
      }
      const order = columns.map((column) => `${column} ${ascending ? 'ASC' : 'DESC'}`);
      return parts.bind(
        `SELECT ${['id', ...keys.map(({ column }) => `${column} AS key`)].join(', ')} FROM ${products} ` +
          `${where(conditions)} ORDER BY ${order.join(', ')} ` +
          `LIMIT ${parts.$(query.size + 1)} OFFSET ${parts.$(after ? 0 : query.skip)}`,
      );
    },

    /** Counts the matches, up to TOTAL_MAX. */
    count(filter: ProductFilter, plan: QueryPlan | null): BoundStatement {
      const parts = new Parts();
      parts.names.push('count_products');
      const from = matching(parts, plan, filter);
      return parts.bind(
        `SELECT count(*)::int AS total FROM (SELECT 1 FROM ${from} LIMIT ${TOTAL_MAX}) AS counted`,
      );
    },

    /** Returns a row if a product matches. */
    first(filter: ProductFilter, plan: QueryPlan): BoundStatement {
      const parts = new Parts();
      parts.names.push('any_product');
      return parts.bind(`SELECT 1 FROM ${matching(parts, plan, filter)} LIMIT 1`);
    },

    priceFacet(filter: ProductFilter, plan: QueryPlan | null): BoundStatement {
      const parts = new Parts();
      parts.names.push('prices_of_products');
      const from = matching(parts, plan, { ...filter, priceMin: null, priceMax: null });
      return parts.bind(`
    SELECT width_bucket(price_minor, ARRAY[${PRICE_STEPS.join(', ')}]::bigint[]) - 1 AS bucket, count(*)::int AS count
    FROM ${from} GROUP BY 1 ORDER BY 1`);
    },

    categoryFacet(filter: ProductFilter, plan: QueryPlan | null): BoundStatement {
      const parts = new Parts();
      parts.names.push('categories_of_products');
      const from = matching(parts, plan, { ...filter, categoryIds: [] });
      return parts.bind(`
    SELECT above.id, sum(inside.count)::int AS count
    FROM (SELECT category_id, count(*) AS count FROM ${from} GROUP BY 1) AS inside
    JOIN category ON category.id = inside.category_id CROSS JOIN LATERAL unnest(category.path) AS above(id)
    GROUP BY above.id ORDER BY 2 DESC, above.id LIMIT ${FACET_SIZE}`);
    },

    /** Tags of equal size are in the order of their bytes, as in the engines. */
    tagFacet(filter: ProductFilter, plan: QueryPlan | null): BoundStatement {
      const parts = new Parts();
      parts.names.push('tags_of_products');
      const from = matching(parts, plan, { ...filter, tags: [] });
      return parts.bind(`
    SELECT tag, count(*)::int AS count FROM (SELECT unnest(tags) AS tag FROM ${from}) AS tagged
    GROUP BY tag ORDER BY 2 DESC, tag COLLATE "C" LIMIT ${FACET_SIZE}`);
    },

    /** Whether a product matches each of the conditions. */
    known: {
      name: 'known_words',
      text: `
    SELECT EXISTS (SELECT FROM ${products} WHERE everything @@ form::tsquery) AS known
    FROM unnest($1::text[]) WITH ORDINALITY AS given(form, ordinal) ORDER BY ordinal`,
    } satisfies Statement,

    /** Names that match; names that start with the text first, then the shortest. Considers SUGGESTED_MAX products. */
    suggest: {
      name: 'suggest_products',
      text: `
    SELECT id FROM (SELECT id, line FROM ${products} WHERE name @@ $1::tsquery LIMIT ${SUGGESTED_MAX}) AS found
    ORDER BY starts_with(line, $2) DESC, char_length(line), id DESC
    LIMIT $3`,
    } satisfies Statement,
  };
}
export type SearchStatements = ReturnType<typeof searchStatements>;
