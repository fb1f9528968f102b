import { SEARCH_LANGUAGE_DEFAULT, type SearchLanguage } from '#catalog/search/language.ts';
import { createCategoryNames } from '#catalog/search/category-names.ts';
import { createPlanner } from '#catalog/search/planner.ts';
import { createLexicon } from '#catalog/search/postgres/lexicon.ts';
import { createSearchRows } from '#catalog/search/postgres/rows.ts';
import { searchStatements } from '#catalog/search/postgres/statements.ts';
import { searchTables } from '#catalog/search/postgres/tables.ts';
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
  const tables = searchTables(language);
  const lexicon = createLexicon(tables, language);
  const statements = searchStatements(tables);
  const rows = createSearchRows(tables, lexicon);
  const categories = createCategoryNames(database, lexicon);
  const planner = createPlanner({ database, lexicon, categories, statements });
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
