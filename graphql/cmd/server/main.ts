import { gatewayConfig, isDevelopment, settings } from '#graphql/config.ts';
import { openClients, UPSTREAMS } from '#graphql/graph/clients.ts';
import { startGateway } from '#graphql/service.ts';
import { developmentToken } from '#platform/auth/development-token.ts';
import { systemClock } from '#platform/clock.ts';
import { readConfig } from '#platform/config.ts';
import { createLogger } from '#platform/logger.ts';
import { poolConfig } from '#platform/postgres/pool-settings.ts';
import { run } from '#platform/run.ts';
import { openEventLog } from '#platform/service.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { connectUpstreams } from '#platform/upstreams.ts';

/** Runs the gateway in its own process. */
await run(async (stack) => {
  const config = readConfig(process.env, settings);
  const { LOG_LEVEL: level, LOG_FORMAT: format, EVENTS_URL } = config;
  const logger = await createLogger({ service: 'graphql', level, format });
  const { clientOf, opened } = connectUpstreams(process.env, UPSTREAMS, { logger }, stack);
  const clients = openClients(clientOf);
  const deps = { logger, telemetry: createTelemetry(), clock: systemClock };
  const changes =
    EVENTS_URL === undefined
      ? undefined
      : await openEventLog(EVENTS_URL, { ...deps, pool: poolConfig(config) }, stack);
  const gateway = gatewayConfig(config);
  const { TOKEN_KEYS: keys } = config;
  const signIn =
    keys !== undefined && isDevelopment(gateway) ? { developmentToken: () => developmentToken(keys) } : {};
  const { port, failed } = await startGateway(
    gateway,
    clients,
    { ...deps, changes, upstreams: opened, ...signIn },
    stack,
  );
  logger.info({ http_port: port }, 'serving');
  return { failed };
});
