import { AccountService } from '#account/pb/account_pb.js';
import { CatalogService } from '#catalog/pb/catalog_pb.js';
import { orderSettings } from '#order/config.ts';
import { startOrder } from '#order/service.ts';
import { readConfig } from '#platform/config.ts';
import { storedCurrency } from '#platform/currency.ts';
import { connect } from '#platform/rpc-grpc-client.ts';
import { run } from '#platform/run.ts';
import { serveService, serviceSettings, type ServiceDeps } from '#platform/service.ts';

/** The order service in a process of its own. */
await run(async (stack) => {
  const config = readConfig(process.env, { ...serviceSettings, ...orderSettings });
  const currency = storedCurrency(config);
  const start = (deps: ServiceDeps, owned: AsyncDisposableStack) => {
    const clients = {
      accounts: owned.use(connect(AccountService, config.ACCOUNT_URL, deps)).client,
      catalog: owned.use(connect(CatalogService, config.CATALOG_URL, deps)).client,
    };
    return startOrder({ databaseUrl: config.ORDER_DATABASE_URL, currency }, clients, deps, owned);
  };
  await serveService(config, 'order', start, stack);
});
