import type { Account } from '#account/pb/account_pb.js';
import type { Category, Product } from '#catalog/pb/catalog_pb.js';
import type { Order, OrderLine } from '#order/pb/order_pb.js';

/** A message of any type that implements Node. */
export type NodeMessage = Account | Category | Order | OrderLine | Product;
/** An error in place of an object fails only its item of a list. */
export type NodeOrError = NodeMessage | Error;
