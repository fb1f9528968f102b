import { fileURLToPath } from 'node:url';
import { AccountService } from '#account/pb/account_pb.js';
import { CatalogService } from '#catalog/pb/catalog_pb.js';
import { orderSettings } from '#order/config.ts';
import type { CreateOrderDeps } from '#order/create-order.ts';
import { createOrderList } from '#order/list-store.ts';
import { OrderService } from '#order/pb/order_pb.js';
import { orderHandlers } from '#order/rpc.ts';
import { createStore, FIND_ORDER } from '#order/store.ts';
import { storedCurrency, type CurrencySetting } from '#platform/currency.ts';
import { recordCurrency } from '#platform/record-currency.ts';
import { implement } from '#platform/rpc.ts';
import {
  defineService,
  openServiceDatabase,
  type ServiceDeps,
  type StartedService,
} from '#platform/service.ts';

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));

export const service = defineService({
  name: 'order',
  settings: orderSettings,
  upstreams: { ACCOUNT_URL: AccountService, CATALOG_URL: CatalogService },
  start(config, clientOf, deps, stack) {
    const clients = { accounts: clientOf(AccountService), catalog: clientOf(CatalogService) };
    const { ORDER_DATABASE_URL: databaseUrl } = config;
    return startOrder({ databaseUrl, currency: storedCurrency(config) }, clients, deps, stack);
  },
});

/** Starts the order service on its database. Disposing `stack` stops it. */
export async function startOrder(
  config: { databaseUrl: string; currency?: CurrencySetting | undefined },
  clients: Pick<CreateOrderDeps, 'accounts' | 'catalog'>,
  deps: ServiceDeps,
  stack: AsyncDisposableStack,
): Promise<StartedService<typeof OrderService>> {
  const { database, idempotency } = await openServiceDatabase(
    { name: 'order', url: config.databaseUrl, migrations: MIGRATIONS },
    deps,
    stack,
  );
  const currency = await recordCurrency({ name: 'order', database, findAmount: FIND_ORDER }, config.currency);
  const store = createStore(database);
  const list = createOrderList(database);
  const handlers = orderHandlers({ ...clients, store, list, idempotency, clock: deps.clock, currency });
  return { implementation: implement(deps, OrderService, handlers), ready: database.ping };
}
