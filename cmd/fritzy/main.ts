import { resolve } from 'node:path';
import { fritzySettings } from '#cmd/fritzy/config.ts';
import { startServices } from '#cmd/fritzy/shop.ts';
import { welcome } from '#cmd/fritzy/welcome.ts';
import { gatewayConfig } from '#graphql/config.ts';
import { startGateway } from '#graphql/service.ts';
import { systemClock } from '#platform/clock.ts';
import { readConfig, type CleanedEnv } from '#platform/config.ts';
import { createLogger } from '#platform/logger.ts';
import { findDatabases } from '#cmd/fritzy/databases.ts';
import { diskFull, isDiskFull } from '#platform/postgres/disk-full.ts';
import { startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';
import { run } from '#platform/run.ts';
import { openEventLog } from '#platform/service.ts';
import { createTelemetry } from '#platform/telemetry.ts';

/** The whole shop in one process: what `make run` starts. */
await run(async (stack) => {
  const config = readConfig(process.env, fritzySettings);
  const folder = resolve(config.FRITZY_DATA);
  try {
    return await startShop(config, folder, stack);
  } catch (error) {
    // PostgreSQL may start on a disk that has no room for the tables.
    throw usesFolder(config) && isDiskFull(error) ? diskFull(folder, error) : error;
  }
});

type Config = CleanedEnv<typeof fritzySettings>;

function usesFolder(config: Config): boolean {
  const { ACCOUNT_DATABASE_URL, CATALOG_DATABASE_URL, ORDER_DATABASE_URL, EVENTS_URL } = config;
  return !(ACCOUNT_DATABASE_URL && CATALOG_DATABASE_URL && ORDER_DATABASE_URL && EVENTS_URL);
}

async function startShop(
  config: Config,
  folder: string,
  stack: AsyncDisposableStack,
): Promise<void | { failed: Promise<string> }> {
  const logger = await createLogger({
    service: 'fritzy',
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT,
  });
  const { urls, postgres } = await findDatabases(
    {
      account: config.ACCOUNT_DATABASE_URL,
      catalog: config.CATALOG_DATABASE_URL,
      order: config.ORDER_DATABASE_URL,
      events: config.EVENTS_URL,
    },
    () => startEmbeddedPostgres({ folder, log: (line) => logger.info(line) }),
    stack,
  );
  const telemetry = createTelemetry();
  const eventLog = await openEventLog(urls.events, { logger, telemetry, clock: systemClock }, stack);
  const deps = { logger, telemetry, clock: systemClock, eventLog };
  const { clients, ready } = await startServices((service) => urls[service], deps, stack, {
    searchUrl: config.SEARCH_URL,
    currency: { code: config.CURRENCY, decimals: config.CURRENCY_DECIMALS },
  });
  const gateway = gatewayConfig(config);
  const { port, failed } = await startGateway(
    gateway,
    clients,
    { logger, telemetry, clock: systemClock, ready, changes: eventLog },
    stack,
  );
  const { host, playground } = gateway;
  process.stdout.write(welcome({ host, port, folder: postgres && folder, playground }));
  if (!postgres) return { failed };
  const postgresEnded = postgres.exited.then(
    ({ message }) => `PostgreSQL ended by itself (${message}): see ${folder}/postgres.log`,
  );
  return { failed: Promise.race([failed, postgresEnded]) };
}
