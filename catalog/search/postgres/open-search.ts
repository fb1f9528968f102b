import { createCategoryNames } from '#catalog/search/category-names.ts';
import type { SearchLanguage } from '#catalog/search/language.ts';
import { planSearch } from '#catalog/search/plan-search.ts';
import { createPlanner } from '#catalog/search/planner.ts';
import { postgresBackend } from '#catalog/search/postgres/backend.ts';
import { createLexicon } from '#catalog/search/postgres/lexicon.ts';
import { searchStatements } from '#catalog/search/postgres/statements.ts';
import { searchTables } from '#catalog/search/postgres/tables.ts';
import type { Database } from '#platform/postgres/pool.ts';

/** The parts of a search in PostgreSQL. The tables must be complete before it is used (fill-tables.ts). */
export function openPostgresSearch(database: Database, language: SearchLanguage) {
  const tables = searchTables(language);
  const lexicon = createLexicon(tables, language);
  const statements = searchStatements(tables);
  const categories = createCategoryNames(database, lexicon);
  const planner = createPlanner({ database, lexicon, categories, statements });
  const index = planSearch(planner, postgresBackend(database, statements));
  return { tables, lexicon, statements, categories, planner, index };
}
