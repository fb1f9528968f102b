import { catalogSettings } from '#catalog/config.ts';
import { startCatalog } from '#catalog/service.ts';
import { readConfig } from '#platform/config.ts';
import { storedCurrency } from '#platform/currency.ts';
import { run } from '#platform/run.ts';
import { serveService, serviceSettings } from '#platform/service.ts';

/** The catalog service in a process of its own. */
await run(async (stack) => {
  const config = readConfig(process.env, { ...serviceSettings, ...catalogSettings });
  const { CATALOG_DATABASE_URL: databaseUrl, SEARCH_URL: searchUrl } = config;
  const currency = storedCurrency(config);
  const start = startCatalog.bind(null, { databaseUrl, searchUrl, currency });
  await serveService(config, 'catalog', start, stack);
});
