import type { DescService } from '@bufbuild/protobuf';
import { startAccount } from '#account/service.ts';
import { startCatalog } from '#catalog/service.ts';
import type { Clients } from '#graphql/graph/clients.ts';
import { startOrder } from '#order/service.ts';
import type { CurrencySetting } from '#platform/currency.ts';
import { inProcess, type Client, type Implementation } from '#platform/rpc.ts';
import type { ServiceDeps } from '#platform/service.ts';

/** How a service's implementation becomes a client: `inProcess`, or over a socket where a test wants the wire. */
export type Link = <S extends DescService>(implementation: Implementation<S>) => Promise<Client<S>>;

const linkInProcess: Link = async (implementation) => inProcess(implementation);

/** All services in this process, linked to each other. Rejects `ready` while one of them cannot work. */
export async function startServices(
  databaseUrl: (service: 'account' | 'catalog' | 'order') => string,
  deps: ServiceDeps,
  stack: AsyncDisposableStack,
  {
    link = linkInProcess,
    searchUrl = 'postgres:',
    currency,
  }: { link?: Link; searchUrl?: string; currency?: CurrencySetting } = {},
): Promise<{ clients: Clients; ready(): Promise<void> }> {
  const [account, catalog] = await Promise.all([
    startAccount({ databaseUrl: databaseUrl('account') }, deps, stack),
    startCatalog({ databaseUrl: databaseUrl('catalog'), searchUrl, currency }, deps, stack),
  ]);
  const accounts = await link(account.implementation);
  const products = await link(catalog.implementation);
  const order = await startOrder(
    { databaseUrl: databaseUrl('order'), currency },
    { accounts, catalog: products },
    deps,
    stack,
  );
  const orders = await link(order.implementation);
  return {
    clients: { accounts, catalog: products, orders },
    ready: async () => void (await Promise.all([account.ready(), catalog.ready(), order.ready()])),
  };
}
