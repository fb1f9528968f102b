import { join, resolve } from 'node:path';
import { fritzySettings } from '#cmd/fritzy/config.ts';
import { findDatabases, needsPostgres } from '#cmd/fritzy/databases.ts';
import { startServices } from '#cmd/fritzy/shop.ts';
import { welcome } from '#cmd/fritzy/welcome.ts';
import { gatewayConfig, isDevelopment } from '#graphql/config.ts';
import { startGateway } from '#graphql/service.ts';
import { developmentToken } from '#platform/auth/development-token.ts';
import { systemClock } from '#platform/clock.ts';
import { readConfig, type CleanedEnv, type Environment } from '#platform/config.ts';
import { createLogger } from '#platform/logger.ts';
import { diskFull, isDiskFull } from '#platform/postgres/disk-full.ts';
import { startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';
import { poolConfig } from '#platform/postgres/pool-settings.ts';
import { run } from '#platform/run.ts';
import { openEventLog } from '#platform/service.ts';
import { createTelemetry } from '#platform/telemetry.ts';

/** Runs the whole shop in one process (`make run`). */
await run(async (stack) => {
  const config = readConfig(process.env, await fritzySettings());
  const folder = resolve(config.FRITZY_DATA);
  try {
    return await startShop(config, process.env, folder, stack);
  } catch (error) {
    // PostgreSQL can start on a disk that is too full for the tables.
    throw needsPostgres(process.env) && isDiskFull(error) ? diskFull(folder, error) : error;
  }
});

type Config = CleanedEnv<Awaited<ReturnType<typeof fritzySettings>>>;

async function startShop(
  config: Config,
  given: Environment,
  folder: string,
  stack: AsyncDisposableStack,
): Promise<void | { failed: Promise<string> }> {
  const logger = await createLogger({
    service: 'fritzy',
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT,
  });
  const { env, postgres } = await findDatabases(
    given,
    () => startEmbeddedPostgres({ folder, log: (line) => logger.info(line) }),
    stack,
  );
  const deps = { logger, telemetry: createTelemetry(), clock: systemClock, pool: poolConfig(config) };
  const eventLog = await openEventLog(String(env['EVENTS_URL']), deps, stack);
  const tokenKeys = env['TOKEN_KEYS'] || join(folder, 'token-keys');
  // If CURRENCY is unset, the services use the default of the gateway. Sessions survive a restart.
  const servicesEnv = {
    ...env,
    CURRENCY: config.CURRENCY,
    TOKEN_KEYS: tokenKeys,
  };
  const { clients, upstreams } = await startServices(servicesEnv, { ...deps, eventLog }, stack);
  const gateway = gatewayConfig(config);
  const signIn = isDevelopment(gateway) ? { developmentToken: () => developmentToken(tokenKeys) } : {};
  const { port, failed } = await startGateway(
    gateway,
    clients,
    { ...deps, upstreams, changes: eventLog, ...signIn },
    stack,
  );
  const { host, playground, access } = gateway;
  const tokens = access === 'open' ? undefined : config.FRITZY_DATA;
  process.stdout.write(welcome({ host, port, folder: postgres && folder, playground, tokens }));
  if (!postgres) return { failed };
  const postgresEnded = postgres.exited.then(
    ({ message }) => `PostgreSQL exited unexpectedly (${message}): see ${folder}/postgres.log`,
  );
  return { failed: Promise.race([failed, postgresEnded]) };
}
