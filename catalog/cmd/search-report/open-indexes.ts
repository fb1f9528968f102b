import type { NamedIndex } from '#catalog/cmd/search-report/judge-queries.ts';
import type { SearchLanguage } from '#catalog/search/language.ts';
import { elasticsearchBackend } from '#catalog/search/elasticsearch.ts';
import { EngineError, openEngine } from '#catalog/search/engine.ts';
import { planSearch } from '#catalog/search/plan-search.ts';
import { openPostgresSearch } from '#catalog/search/postgres/open-search.ts';
import { textFingerprint } from '#catalog/search/postgres/tables.ts';
import { aliasOf, productIndex } from '#catalog/search/product-index.ts';
import { StartError } from '#platform/errors.ts';
import type { Database, Statement } from '#platform/postgres/pool.ts';

const HAS_TABLE: Statement = {
  name: 'has_search_table',
  text: 'SELECT to_regclass($1) IS NOT NULL AS found',
};
const NOT_FOUND = 404;
const REMEDY = 'set the SEARCH_LANGUAGE of the shop, and use the version of the program that the shop runs';

/**
 * Opens the search index of a running shop: in the engine that `searchUrl` names, if any, and in PostgreSQL. Throws
 * StartError if the shop has no index of this version and language.
 */
export async function openIndexes(
  shop: { database: Database; searchUrl: string; language: SearchLanguage },
  stack: AsyncDisposableStack,
): Promise<NamedIndex[]> {
  const { database, searchUrl, language } = shop;
  const { tables, planner, index } = openPostgresSearch(database, language);
  const [row] = await database.query<{ found: boolean }>(HAS_TABLE, [tables.products]);
  if (!row?.found)
    throw new StartError(
      `the catalog database has no search tables of this version for SEARCH_LANGUAGE=${language}: ${REMEDY}.`,
    );
  const postgres = { backend: 'postgresql', index };
  if (!/^https?:/.test(searchUrl)) return [postgres];
  const engine = stack.use(openEngine(searchUrl));
  const { alias, searchAlias, probe } = productIndex(engine, aliasOf(searchUrl), textFingerprint(language));
  await probe().catch((error: unknown) => {
    if (!(error instanceof EngineError) || error.status !== NOT_FOUND) throw error;
    throw new StartError(
      `${alias} has no index of this version for SEARCH_LANGUAGE=${language}: run make reindex, or ${REMEDY}.`,
    );
  });
  return [
    { backend: 'engine', index: planSearch(planner, elasticsearchBackend(engine, searchAlias)) },
    postgres,
  ];
}
