import { resolve } from 'node:path';
import { fritzySettings } from '#cmd/fritzy/config.ts';
import { startServices } from '#cmd/fritzy/shop.ts';
import { welcome } from '#cmd/fritzy/welcome.ts';
import { startGateway } from '#graphql/service.ts';
import { systemClock } from '#platform/clock.ts';
import { readConfig } from '#platform/config.ts';
import { createLogger } from '#platform/logger.ts';
import { startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';
import { run } from '#platform/run.ts';
import { openEventLog } from '#platform/service.ts';
import { createTelemetry } from '#platform/telemetry.ts';

/** The whole shop in one process: what `make run` starts. */
await run(async (stack) => {
  const config = readConfig(process.env, fritzySettings);
  const logger = await createLogger({
    service: 'fritzy',
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT,
  });
  const folder = resolve(config.FRITZY_DATA);
  const postgres = stack.use(await startEmbeddedPostgres({ folder, log: (line) => logger.info(line) }));
  await Promise.all(['account', 'catalog', 'order', 'events'].map((name) => postgres.ensureDatabase(name)));
  const urls = {
    account: config.ACCOUNT_DATABASE_URL ?? postgres.url('account'),
    catalog: config.CATALOG_DATABASE_URL ?? postgres.url('catalog'),
    order: config.ORDER_DATABASE_URL ?? postgres.url('order'),
    events: config.EVENTS_URL ?? postgres.url('events'),
  };
  const telemetry = createTelemetry();
  const eventLog = await openEventLog(urls.events, telemetry, stack);
  const deps = { logger, telemetry, clock: systemClock, eventLog };
  const { clients, ready } = await startServices((service) => urls[service], deps, stack);
  const port = await startGateway(
    {
      host: config.HOST,
      port: config.PORT,
      currency: config.CURRENCY,
      requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
      playground: config.NODE_ENV !== 'production',
    },
    clients,
    { logger, telemetry, clock: systemClock, ready },
    stack,
  );
  process.stdout.write(welcome(port, folder));
  return {
    failed: postgres.exited.then(
      ({ message }) => `PostgreSQL ended by itself (${message}): see ${folder}/postgres.log`,
    ),
  };
});
