import { AccountService } from '#account/pb/account_pb.js';
import { CatalogService } from '#catalog/pb/catalog_pb.js';
import { OrderService } from '#order/pb/order_pb.js';
import type { Client, ClientOf } from '#platform/rpc.ts';

/** The services behind the gateway, by the setting with their URL if each runs in its own process. */
export const UPSTREAMS = {
  ACCOUNT_URL: AccountService,
  CATALOG_URL: CatalogService,
  ORDER_URL: OrderService,
} as const;

/** The clients that resolvers use. */
export interface Clients {
  readonly accounts: Client<typeof AccountService>;
  readonly catalog: Client<typeof CatalogService>;
  readonly orders: Client<typeof OrderService>;
}

export function openClients(clientOf: ClientOf): Clients {
  return {
    accounts: clientOf(AccountService),
    catalog: clientOf(CatalogService),
    orders: clientOf(OrderService),
  };
}
