import type { AccountService } from '#account/pb/account_pb.js';
import type { CatalogService } from '#catalog/pb/catalog_pb.js';
import type { OrderService } from '#order/pb/order_pb.js';
import type { Client } from '#platform/rpc.ts';

/** The services behind the gateway. */
export interface Clients {
  readonly accounts: Client<typeof AccountService>;
  readonly catalog: Client<typeof CatalogService>;
  readonly orders: Client<typeof OrderService>;
}
