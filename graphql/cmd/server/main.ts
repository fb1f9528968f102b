import { AccountService } from '#account/pb/account_pb.js';
import { CatalogService } from '#catalog/pb/catalog_pb.js';
import { gatewayConfig, gatewaySettings, upstreamSettings } from '#graphql/config.ts';
import { startGateway } from '#graphql/service.ts';
import { OrderService } from '#order/pb/order_pb.js';
import { systemClock } from '#platform/clock.ts';
import { commonSettings, readConfig } from '#platform/config.ts';
import { createLogger } from '#platform/logger.ts';
import { connect } from '#platform/rpc-grpc-client.ts';
import { run } from '#platform/run.ts';
import { openEventLog } from '#platform/service.ts';
import { createTelemetry } from '#platform/telemetry.ts';

/** The gateway in a process of its own. */
await run(async (stack) => {
  const config = readConfig(process.env, { ...commonSettings, ...gatewaySettings, ...upstreamSettings });
  const logger = await createLogger({
    service: 'graphql',
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT,
  });
  const accounts = stack.use(connect(AccountService, config.ACCOUNT_URL, { logger }));
  const catalog = stack.use(connect(CatalogService, config.CATALOG_URL, { logger }));
  const orders = stack.use(connect(OrderService, config.ORDER_URL, { logger }));
  const telemetry = createTelemetry();
  const deps = { logger, telemetry, clock: systemClock };
  const changes =
    config.EVENTS_URL === undefined ? undefined : await openEventLog(config.EVENTS_URL, deps, stack);
  const { port, failed } = await startGateway(
    gatewayConfig(config),
    { accounts: accounts.client, catalog: catalog.client, orders: orders.client },
    {
      ...deps,
      changes,
      ready: async () => void (await Promise.all([accounts.ready(), catalog.ready(), orders.ready()])),
    },
    stack,
  );
  logger.info({ http_port: port }, 'serving');
  return { failed };
});
