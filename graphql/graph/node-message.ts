import type { Account } from '#account/pb/account_pb.js';
import type { Category, Product } from '#catalog/pb/catalog_pb.js';
import type { Order, OrderLine } from '#order/pb/order_pb.js';

/** An object with an id, of any type. */
export type NodeMessage = Account | Category | Order | OrderLine | Product;
/** An error in the place of an object is an error of this item of a list only. */
export type NodeOrError = NodeMessage | Error;
