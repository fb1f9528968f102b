import { AccountService } from '#account/pb/account_pb.js';
import { CatalogService } from '#catalog/pb/catalog_pb.js';
import { orderSettings } from '#order/config.ts';
import { startOrder } from '#order/service.ts';
import { readConfig } from '#platform/config.ts';
import { connect } from '#platform/rpc-grpc.ts';
import { run } from '#platform/run.ts';
import { serveService, serviceSettings } from '#platform/service.ts';

/** The order service in a process of its own. */
await run(async (stack) => {
  const config = readConfig(process.env, { ...serviceSettings, ...orderSettings });
  const clients = {
    accounts: stack.use(connect(AccountService, config.ACCOUNT_URL)).client,
    catalog: stack.use(connect(CatalogService, config.CATALOG_URL)).client,
  };
  const start = startOrder.bind(null, { databaseUrl: config.ORDER_DATABASE_URL }, clients);
  await serveService(config, 'order', start, stack);
});
