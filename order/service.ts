import { fileURLToPath } from 'node:url';
import { AccountService } from '#account/pb/account_pb.js';
import { CatalogService } from '#catalog/pb/catalog_pb.js';
import { orderSettings } from '#order/config.ts';
import type { CreateOrderDeps } from '#order/create-order.ts';
import { OrderService } from '#order/pb/order_pb.js';
import { orderHandlers } from '#order/rpc.ts';
import { createStore } from '#order/store.ts';
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
  start({ ORDER_DATABASE_URL: databaseUrl }, clientOf, deps, stack) {
    const clients = { accounts: clientOf(AccountService), catalog: clientOf(CatalogService) };
    return startOrder({ databaseUrl }, clients, deps, stack);
  },
});

/** Brings the order service up on its database. `stack` ends it. */
export async function startOrder(
  config: { databaseUrl: string },
  clients: Pick<CreateOrderDeps, 'accounts' | 'catalog'>,
  deps: ServiceDeps,
  stack: AsyncDisposableStack,
): Promise<StartedService<typeof OrderService>> {
  const { database } = await openServiceDatabase(
    { name: 'order', url: config.databaseUrl, migrations: MIGRATIONS },
    deps,
    stack,
  );
  const handlers = orderHandlers({ ...clients, store: createStore(database), clock: deps.clock });
  return { implementation: implement(deps, OrderService, handlers), ready: database.ping };
}
