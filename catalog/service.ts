import { fileURLToPath } from 'node:url';
import { createCategoryStore } from '#catalog/category/store.ts';
import { catalogSettings, SEARCH_POOL } from '#catalog/config.ts';
import { SEARCH_LANGUAGE_DEFAULT, type SearchLanguage } from '#catalog/search/language.ts';
import { CatalogService } from '#catalog/pb/catalog_pb.js';
import { countSales } from '#catalog/sales/count-sales.ts';
import { catalogHandlers } from '#catalog/rpc.ts';
import { createSalesStore } from '#catalog/sales/store.ts';
import { fillSearchTables } from '#catalog/search/postgres/fill-tables.ts';
import { openPostgresSearch } from '#catalog/search/postgres/open-search.ts';
import { createSearchRows } from '#catalog/search/postgres/rows.ts';
import type { SearchIndex } from '#catalog/search/search-index.ts';
import { createProductStore, FIND_PRODUCT } from '#catalog/product/store.ts';
import { storedCurrency, type CurrencySetting } from '#platform/currency.ts';
import { shareSearchIndex } from '#catalog/search/shared-search-index.ts';
import type { PoolSettings } from '#platform/postgres/pool-settings.ts';
import { openDatabase } from '#platform/postgres/pool.ts';
import { recordCurrency } from '#platform/record-currency.ts';
import { implement } from '#platform/rpc.ts';
import {
  defineService,
  openServiceDatabase,
  type ServiceDeps,
  type StartedService,
} from '#platform/service.ts';

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));
/** PostgreSQL settings of the catalog's database. */
const DATABASE_SETTINGS = {
  /** For SSDs. With PostgreSQL's default of 4, a search over 10,000 new products scans the whole table. */
  random_page_cost: '1.1',
};
/** PostgreSQL settings for searches. */
export const SEARCH_SETTINGS = {
  ...DATABASE_SETTINGS,
  /** Minimum similarity of a word and its correction: 0.25 for "bark" and "back". */
  'pg_trgm.similarity_threshold': '0.25',
  /** A scan of the whole table would read the text of each product (postgres/tables.ts). */
  enable_seqscan: 'off',
  /** A search takes a CPU core at most, and less time than the start of workers or of a compiler. */
  max_parallel_workers_per_gather: '0',
  jit: 'off',
};

/** The time limit of a statement that builds an index of the search tables: a million products take minutes. */
const FILL_TIMEOUT_MS = 3_600_000;

export const service = defineService({
  name: 'catalog',
  settings: catalogSettings,
  start: (config, _, deps, stack) =>
    startCatalog(
      {
        databaseUrl: config.CATALOG_DATABASE_URL,
        searchUrl: config.SEARCH_URL,
        searchLanguage: config.SEARCH_LANGUAGE,
        currency: storedCurrency(config),
        searchPool: {
          connectionsMax: config.SEARCH_CONNECTIONS_MAX,
          statementTimeoutMs: config.SEARCH_STATEMENT_TIMEOUT_MS,
        },
      },
      deps,
      stack,
    ),
});

/** Starts the catalog service on its database. Disposing `stack` stops it. */
export async function startCatalog(
  config: {
    databaseUrl: string;
    searchUrl?: string;
    searchLanguage?: SearchLanguage;
    searchPool?: PoolSettings;
    currency?: CurrencySetting | undefined;
  },
  deps: ServiceDeps,
  stack: AsyncDisposableStack,
): Promise<StartedService<typeof CatalogService>> {
  const own = {
    name: 'catalog',
    url: config.databaseUrl,
    migrations: MIGRATIONS,
    settings: DATABASE_SETTINGS,
  };
  const { database, background, idempotency } = await openServiceDatabase(own, deps, stack);
  const currency = await recordCurrency(
    { name: 'catalog', database, findAmount: FIND_PRODUCT },
    config.currency,
  );
  const { searchLanguage: language = SEARCH_LANGUAGE_DEFAULT } = config;
  // A search in PostgreSQL can occupy a CPU core. Its own small pool leaves cores to reads by id.
  const searchDatabase = stack.use(
    openDatabase({
      ...deps,
      ...own,
      settings: SEARCH_SETTINGS,
      ...deps.pool,
      ...(config.searchPool ?? SEARCH_POOL),
    }),
  );
  const {
    tables,
    lexicon,
    categories,
    planner,
    index: fallback,
  } = openPostgresSearch(searchDatabase, language);
  const rows = createSearchRows(tables, lexicon);
  {
    await using filling = openDatabase({ ...deps, ...own, statementTimeoutMs: FILL_TIMEOUT_MS });
    await fillSearchTables({ database: filling, tables, rows, logger: deps.logger });
  }
  const store = createProductStore(database, rows);
  const { searchUrl = 'postgres:' } = config;
  let index: SearchIndex = fallback;
  if (/^https?:/.test(searchUrl)) {
    // Imported only if used, like the Kafka client (openEventLog).
    const { startEngineSearch } = await import('#catalog/search/engine-search.ts');
    index = await startEngineSearch(
      searchUrl,
      { database, lexicon, language, planner, fallback },
      deps,
      stack,
    );
  }
  const sales = createSalesStore(database, rows);
  stack.use(await countSales({ ...deps, log: deps.eventLog, database: background, sales }));
  const handlers = catalogHandlers({
    store,
    categories: createCategoryStore(database, categories.forget),
    index: shareSearchIndex(index),
    sales,
    idempotency,
    clock: deps.clock,
    currency,
  });
  return { implementation: implement(deps, CatalogService, handlers), ready: database.ping };
}
