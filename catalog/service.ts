import { fileURLToPath } from 'node:url';
import { createCategoryStore } from '#catalog/category/store.ts';
import { CatalogService } from '#catalog/pb/catalog_pb.js';
import { countSales } from '#catalog/sales/count-sales.ts';
import { catalogHandlers } from '#catalog/rpc.ts';
import { createSalesStore } from '#catalog/sales/store.ts';
import { postgresIndex } from '#catalog/search/postgres.ts';
import type { SearchIndex } from '#catalog/search/search-index.ts';
import { createProductStore, FIND_PRODUCT } from '#catalog/product/store.ts';
import type { CurrencySetting } from '#platform/currency.ts';
import { shareSearchIndex } from '#catalog/search/shared-search-index.ts';
import { openDatabase } from '#platform/postgres/pool.ts';
import { recordCurrency } from '#platform/record-currency.ts';
import { implement } from '#platform/rpc.ts';
import { openServiceDatabase, type ServiceDeps, type StartedService } from '#platform/service.ts';

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));
/** PostgreSQL's settings under which the catalog searches. */
export const SEARCH_SETTINGS = {
  /** How near a name must be to what was typed: "ipone" has 0.44 of "iPhone", "labtop" 0.40 of "Laptop". */
  'pg_trgm.word_similarity_threshold': '0.4',
  /** For disks without moving parts. At PostgreSQL's 4 a search of 10,000 new products reads all of them. */
  random_page_cost: '1.1',
};

/**
 * Searches of tables may each keep a core busy. They have connections of their own, so few that reads by id always find
 * theirs and processors time; a statement that takes longer is DEADLINE_EXCEEDED, and who waits for a connection for
 * 5 s RESOURCE_EXHAUSTED.
 */
const SEARCH_CONNECTIONS_MAX = 3;
const SEARCH_STATEMENT_TIMEOUT_MS = 2_000;

/** Brings the catalog service up on its database. `stack` ends it. */
export async function startCatalog(
  config: { databaseUrl: string; searchUrl?: string; currency?: CurrencySetting | undefined },
  deps: ServiceDeps,
  stack: AsyncDisposableStack,
): Promise<StartedService<typeof CatalogService>> {
  const own = { name: 'catalog', url: config.databaseUrl, migrations: MIGRATIONS, settings: SEARCH_SETTINGS };
  const { database, background } = await openServiceDatabase(own, deps, stack);
  const currency = await recordCurrency(
    { name: 'catalog', database, findAmount: FIND_PRODUCT },
    config.currency,
  );
  const store = createProductStore(database);
  const searching = openDatabase({
    ...deps,
    ...own,
    connectionsMax: SEARCH_CONNECTIONS_MAX,
    statementTimeoutMs: SEARCH_STATEMENT_TIMEOUT_MS,
  });
  const fallback = postgresIndex(stack.use(searching));
  const { searchUrl = 'postgres:' } = config;
  let index: SearchIndex = fallback;
  if (/^https?:/.test(searchUrl)) {
    // Loaded where it is used, as the client of Kafka is (openEventLog).
    const { startEngineSearch } = await import('#catalog/search/engine-search.ts');
    index = await startEngineSearch(searchUrl, { database, fallback }, deps, stack);
  }
  const sales = createSalesStore(database);
  stack.use(await countSales({ ...deps, log: deps.eventLog, database: background, sales }));
  const handlers = catalogHandlers({
    store,
    categories: createCategoryStore(database),
    index: shareSearchIndex(index),
    sales,
    clock: deps.clock,
    currency,
  });
  return { implementation: implement(deps, CatalogService, handlers), ready: database.ping };
}
