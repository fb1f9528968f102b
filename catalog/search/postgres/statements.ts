import type { SearchTables } from '#catalog/search/postgres/tables.ts';
import { betterMatches, matchQuery } from '#catalog/search/postgres/tsquery.ts';
import type { QueryPlan } from '#catalog/search/query-plan.ts';
import {
  FACET_SIZE,
  NO_FILTER,
  ORDERS,
  PRICE_STEPS,
  sortOf,
  TOTAL_MAX,
  type Facets,
  type ProductFilter,
  type ProductQuery,
} from '#catalog/search/search-index.ts';
import type { Statement } from '#platform/postgres/pool.ts';

/** The SQL of searches, composed from the parts of the query, so that each combination has its own plan. */

export interface BoundStatement {
  readonly statement: Statement;
  readonly values: readonly unknown[];
}

/** From this number of words on, a search often has no match. */
const GATED_WORDS_MIN = 3;
/** The order of matches that are equally good. */
const RANK = 'name_length, sales DESC, id DESC';
const SUGGESTED_MAX = 2_000;
const BUCKET = `width_bucket(price_minor, ARRAY[${PRICE_STEPS.join(', ')}]::bigint[]) - 1`;

export type Facet = keyof Facets;
const WITHOUT_CONDITION: Record<Facet, Partial<ProductFilter>> = {
  prices: { priceMin: null, priceMax: null },
  categories: { categoryIds: [] },
  tags: { tags: [] },
};
/** The columns whose values are counted. */
const FACET_COLUMNS: Record<Facet, string> = { prices: 'bucket', categories: 'category_id', tags: 'tags' };
/** The values of a facet and their counts, from rows of the counted columns. */
const FACET_LISTS: Record<Facet, (counted: string) => string> = {
  prices: (counted) =>
    `SELECT 'prices' AS facet, bucket::text AS value, count::int FROM ${counted} ORDER BY bucket`,
  categories: (counted) => `
      SELECT 'categories' AS facet, above.id::text AS value, sum(count)::int AS count
      FROM (SELECT * FROM ${counted}) AS own JOIN category ON category.id = category_id CROSS JOIN unnest(path) AS above(id)
      GROUP BY above.id ORDER BY 3 DESC, above.id LIMIT ${FACET_SIZE}`,
  // Tags of equal size are in the order of their bytes, as in the engines.
  tags: (counted) => `
      SELECT 'tags' AS facet, tag AS value, sum(count)::int AS count
      FROM (SELECT * FROM ${counted}) AS own CROSS JOIN unnest(tags) AS tag
      GROUP BY tag ORDER BY 3 DESC, tag COLLATE "C" LIMIT ${FACET_SIZE}`,
};

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

/** The conditions of the filter, by the facet that ignores them. */
interface FilterConditions {
  readonly prices: readonly string[];
  readonly categories: readonly string[];
  readonly tags: readonly string[];
}

function filterConditions(parts: Parts, filter: ProductFilter): FilterConditions {
  const add = (name: string, condition: string): string => {
    parts.names.push(name);
    return condition;
  };
  const { priceMin, priceMax, categoryIds, tags } = filter;
  const prices: string[] = [];
  if (priceMin !== null) prices.push(add('min', `price_minor >= ${parts.$(priceMin)}::bigint`));
  if (priceMax !== null) prices.push(add('max', `price_minor <= ${parts.$(priceMax)}::bigint`));
  const below = (): string => `SELECT id FROM category WHERE path && ${parts.$(categoryIds)}::uuid[]`;
  return {
    prices,
    categories: categoryIds.length > 0 ? [add('in', `category_id = ANY(ARRAY(${below()}))`)] : [],
    tags: tags.length > 0 ? [add('tags', `tags @> ${parts.$(tags)}::text[]`)] : [],
  };
}

function allConditions(parts: Parts, filter: ProductFilter): string[] {
  return Object.values(filterConditions(parts, filter)).flat();
}

function where(conditions: readonly string[]): string {
  return conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
}

export function searchStatements({ products }: SearchTables) {
  /**
   * The products whose texts satisfy a condition, or all. OFFSET 0 keeps other conditions and orders out of it: PostgreSQL
   * does not know that reading a text out of line is expensive, and would test text by text in another index's order.
   */
  function matches(parts: Parts, condition: string | null, { id }: ProductFilter): string {
    const conditions = condition === null ? [] : [condition];
    if (id !== null) conditions.push(`id = ${parts.$(id)}::uuid`);
    return conditions.length > 0
      ? `(SELECT * FROM ${products} ${where(conditions)} OFFSET 0) AS matching`
      : products;
  }

  /** The products that match, regardless of the filter's other conditions. */
  function matching(parts: Parts, plan: QueryPlan | null, filter: ProductFilter): string {
    if (filter.id !== null) parts.names.push('id');
    if (!plan) return matches(parts, null, filter);
    parts.names.push('text');
    return matches(parts, `everything @@ ${parts.$(matchQuery(plan))}::tsquery`, filter);
  }

  /**
   * The best `limit` matches in order of relevance. Each part has the matches that the parts before it do not have, and is
   * executed only if they have too few. If there is no match at all, no part is executed.
   */
  function ranked(parts: Parts, plan: QueryPlan, filter: ProductFilter, limit: number): string {
    const inText = matching(parts, plan, filter);
    const conditions = allConditions(parts, filter);
    const conditionsOfBetter = betterMatches(plan);
    parts.names.push(conditionsOfBetter.map(({ column }) => column.charAt(0)).join(''));
    const better = conditionsOfBetter.map(({ column, query }) =>
      matches(parts, `${column} @@ ${parts.$(query)}::tsquery`, filter),
    );
    const maximum = parts.$(limit);
    // One of few words has many matches, so that looking for the first one would take as long as the search.
    const isGated = plan.words.length >= GATED_WORDS_MIN;
    if (isGated) parts.names.push('gated');
    const gate = isGated ? ['EXISTS (SELECT FROM any_hit)'] : [];
    const hits = [...better, inText].map((source, index) => {
      const before = better.slice(0, index).map((_, at) => `SELECT id FROM hits${at}`);
      const isNew = before.length > 0 ? [`id NOT IN (${before.join(' UNION ALL ')})`] : [];
      return `hits${index} AS MATERIALIZED (
      SELECT id FROM ${source} ${where([...gate, ...conditions, ...isNew])}
      ORDER BY ${RANK} LIMIT ${maximum}
    )`;
    });
    return `
    WITH ${isGated ? `any_hit AS MATERIALIZED (SELECT FROM ${inText} LIMIT 1), ` : ''}${hits.join(', ')}
    ${hits.map((_, index) => `SELECT id FROM hits${index}`).join(' UNION ALL ')}`;
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
        const skipped = after?.offset ?? query.skip;
        const hits = ranked(parts, plan, query.filter, skipped + query.size + 1);
        return parts.bind(
          `SELECT id FROM (${hits}) AS hit LIMIT ${parts.$(query.size + 1)} OFFSET ${parts.$(skipped)}`,
        );
      }
      const { key, ascending: isAscending } = ORDERS[sort];
      const keys = key === null ? [] : [KEY_COLUMNS[key]];
      // Backward, the same list is read from its other end.
      const ascending = isAscending !== query.backward;
      if (query.backward) parts.names.push('back');
      const from = matching(parts, plan, query.filter);
      const conditions = allConditions(parts, query.filter);
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
        `SELECT ${['id', ...keys.map(({ column }) => `${column} AS key`)].join(', ')} FROM ${from} ` +
          `${where(conditions)} ORDER BY ${order.join(', ')} ` +
          `LIMIT ${parts.$(query.size + 1)} OFFSET ${parts.$(after ? 0 : query.skip)}`,
      );
    },

    /** Counts the matches, up to TOTAL_MAX. */
    count(filter: ProductFilter, plan: QueryPlan | null): BoundStatement {
      const parts = new Parts();
      parts.names.push('count_products');
      const from = matching(parts, plan, filter);
      const conditions = allConditions(parts, filter);
      return parts.bind(
        `SELECT count(*)::int AS total FROM (SELECT FROM ${from} ${where(conditions)} LIMIT ${TOTAL_MAX}) AS counted`,
      );
    },

    /** Returns a row if a product matches. */
    first(plan: QueryPlan): BoundStatement {
      const parts = new Parts();
      parts.names.push('any_product');
      return parts.bind(`SELECT FROM ${matching(parts, plan, NO_FILTER)} LIMIT 1`);
    },

    /** Counts the matches by price, category or tag, in one pass. Each facet ignores its own condition of the filter. */
    facets(facets: readonly Facet[], filter: ProductFilter, plan: QueryPlan | null): BoundStatement {
      const parts = new Parts();
      parts.names.push('facets', ...facets);
      const from = matching(parts, plan, filter);
      const [first, ...others] = facets;
      const isOne = first !== undefined && others.length === 0;
      const own = filterConditions(parts, isOne ? { ...filter, ...WITHOUT_CONDITION[first] } : filter);
      const conditionsOf: Record<Facet, readonly string[]> = {
        prices: [...own.categories, ...own.tags],
        categories: [...own.prices, ...own.tags],
        tags: [...own.prices, ...own.categories],
      };
      // The condition of one facet can use an index; those of several differ.
      const count = (conditions: readonly string[]): string =>
        isOne || conditions.length === 0 ? 'count(*)' : `count(*) FILTER (${where(conditions)})`;
      const columns = facets.map((facet) => FACET_COLUMNS[facet]).join(', ');
      // GROUPING has a bit for each column that a row is not grouped by.
      const groupingOf = (index: number): number => 2 ** facets.length - 1 - 2 ** (facets.length - 1 - index);
      const cases = facets.map(
        (facet, index) => `WHEN ${groupingOf(index)} THEN ${count(conditionsOf[facet])}`,
      );
      const lists = facets.map(
        (facet, index) =>
          `(${FACET_LISTS[facet](`counted WHERE facet = ${groupingOf(index)} AND count > 0`)})`,
      );
      return parts.bind(`
    WITH counted AS MATERIALIZED (
      SELECT GROUPING(${columns}) AS facet, ${columns}, CASE GROUPING(${columns}) ${cases.join(' ')} END AS count
      FROM (
        SELECT price_minor, category_id, tags, ${BUCKET} AS bucket FROM ${from} ${where(isOne ? conditionsOf[first] : [])}
      ) AS found
      GROUP BY GROUPING SETS (${columns})
    ) ${lists.join(' UNION ALL ')}`);
    },

    /** Whether a product matches each of the words. Most words are in use as they are written, which is known sooner. */
    known: {
      name: 'known_words',
      text: `
    SELECT EXISTS (SELECT FROM ${products} WHERE everything @@ exact::tsquery)
      OR EXISTS (SELECT FROM ${products} WHERE everything @@ form::tsquery) AS known
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS given(exact, form, ordinal) ORDER BY ordinal`,
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
