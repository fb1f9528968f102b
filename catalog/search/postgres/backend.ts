import type { SearchBackend } from '#catalog/search/plan-search.ts';
import type { BoundStatement, Facet, SearchStatements } from '#catalog/search/postgres/statements.ts';
import { anyPhrase, exactQuery } from '#catalog/search/postgres/tsquery.ts';
import type { QueryPlan } from '#catalog/search/query-plan.ts';
import {
  isTooDeep,
  sortOf,
  type Facets,
  type Hit,
  type ProductFilter,
  type ProductQuery,
} from '#catalog/search/search-index.ts';
import type { Database } from '#platform/postgres/pool.ts';

interface HitRow {
  readonly id: string;
  /** The sort key, a price or a line. */
  readonly key?: bigint | string;
}

const FACETS: readonly Facet[] = ['prices', 'categories', 'tags'];

interface FacetRow {
  readonly facet: Facet;
  readonly value: string;
  readonly count: number;
}

/** Searches the tables of the catalog, if no search engine is configured or while it is down. */
export function postgresBackend(database: Database, statements: SearchStatements): SearchBackend {
  const read = <R extends object>({ statement, values }: BoundStatement, signal: AbortSignal): Promise<R[]> =>
    database.query<R>(statement, values, signal);

  async function count(filter: ProductFilter, plan: QueryPlan | null, signal: AbortSignal): Promise<number> {
    const [row] = await read<{ total: number }>(statements.count(filter, plan), signal);
    return row?.total ?? 0;
  }

  async function page(
    query: ProductQuery,
    plan: QueryPlan | null,
    signal: AbortSignal,
  ): Promise<{ hits: Hit[]; hasMore: boolean }> {
    if (!query.include.hits || isTooDeep(query)) return { hits: [], hasMore: false };
    const start = query.after?.offset ?? query.skip;
    const sort = sortOf(query.text, query.sort);
    const rows = await read<HitRow>(statements.page(query, plan), signal);
    const hits = rows.slice(0, query.size).map(({ id, key = '' }, index): Hit => {
      const offset = sort === 'relevance' ? start + index + 1 : 0;
      return { id, cursor: { sort, matched: 'all', offset, key: String(key), id } };
    });
    return { hits, hasMore: rows.length > query.size };
  }

  async function facets(filter: ProductFilter, plan: QueryPlan | null, signal: AbortSignal): Promise<Facets> {
    // Without a text, each facet has an index of its own, so they are counted at the same time.
    const groups: readonly (readonly Facet[])[] = plan ? [FACETS] : FACETS.map((facet) => [facet]);
    const rows = await Promise.all(
      groups.map((group) => read<FacetRow>(statements.facets(group, filter, plan), signal)),
    );
    const of = (facet: Facet): FacetRow[] => rows.flat().filter((row) => row.facet === facet);
    return {
      prices: of('prices').map(({ value, count }) => ({ bucket: Number(value), count })),
      categories: of('categories').map(({ value: id, count }) => ({ id, count })),
      tags: of('tags').map(({ value: tag, count }) => ({ tag, count })),
    };
  }

  return {
    async find(query, plan, signal) {
      const { filter, include } = query;
      const [found, total, counted] = await Promise.all([
        page(query, plan, signal),
        include.total ? count(filter, plan, signal) : null,
        include.facets ? facets(filter, plan, signal) : null,
      ]);
      return { ...found, total, facets: counted };
    },

    hasMatch: async (plan, signal) => (await read(statements.first(plan), signal)).length > 0,

    async suggest({ words }, text, size, signal) {
      // Words before the last one as they are written; the last one also as a prefix.
      const before = words.slice(0, -1);
      const last = words.slice(-1).map(({ exact, starting }) => anyPhrase([...exact, ...starting]));
      const condition = [exactQuery(before), ...last].filter((part) => part !== '').join('&');
      const rows = await database.query<{ id: string }>(statements.suggest, [condition, text, size], signal);
      return rows.map(({ id }) => id);
    },
  };
}
