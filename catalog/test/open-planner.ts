import { SEARCH_LANGUAGE_DEFAULT, type SearchLanguage } from '#catalog/search/language.ts';
import { openPostgresSearch } from '#catalog/search/postgres/open-search.ts';
import { createSearchRows } from '#catalog/search/postgres/rows.ts';
import type { QueryPlan } from '#catalog/search/query-plan.ts';
import { SEARCH_SETTINGS } from '#catalog/service.ts';
import { openDatabase } from '#platform/postgres/pool.ts';
import { createTelemetry } from '#platform/telemetry.ts';

/** The parts of a search in the database of a running catalog. */
export function openPlanner(
  url: string,
  stack: AsyncDisposableStack,
  language: SearchLanguage = SEARCH_LANGUAGE_DEFAULT,
) {
  const database = stack.use(
    openDatabase({ url, name: 'catalog', telemetry: createTelemetry(), settings: SEARCH_SETTINGS }),
  );
  const { tables, lexicon, statements, planner } = openPostgresSearch(database, language);
  const rows = createSearchRows(tables, lexicon);
  const { signal } = new AbortController();
  const planOf = async (text: string): Promise<QueryPlan | null> =>
    (await planner.plan(text, signal)) ?? null;
  /** Removes all products and categories, and the words of the shop. */
  const clear = async (): Promise<void> => {
    for (const table of ['product_sales', 'product', 'category', tables.products, tables.words])
      await database.query({ name: '', text: `DELETE FROM ${table}` }, []);
  };
  return { clear, database, tables, lexicon, statements, rows, planner, planOf };
}
