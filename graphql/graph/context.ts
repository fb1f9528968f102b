import type { AccountService } from '#account/pb/account_pb.js';
import type { CatalogService } from '#catalog/pb/catalog_pb.js';
import { createLoaders, type Loaders } from '#graphql/graph/loaders.ts';
import type { OrderService } from '#order/pb/order_pb.js';
import type { Call } from '#platform/call.ts';
import type { Client } from '#platform/rpc.ts';

/** The services behind the gateway. */
export interface Clients {
  readonly accounts: Client<typeof AccountService>;
  readonly catalog: Client<typeof CatalogService>;
  readonly orders: Client<typeof OrderService>;
}

/** What resolvers share within one request. */
export class Context {
  readonly clients: Clients;
  readonly call: Call;
  #loaders: Loaders | undefined;

  constructor(clients: Clients, call: Call) {
    this.clients = clients;
    this.call = call;
  }

  get loaders(): Loaders {
    this.#loaders ??= createLoaders(this.clients, this.call);
    return this.#loaders;
  }
}
