import type { AccountService } from '#account/pb/account_pb.js';
import type { CatalogService, Product } from '#catalog/pb/catalog_pb.js';
import { orderPlaced } from '#order/events.ts';
import { lineIdOf } from '#order/line-id.ts';
import { transition } from '#order/order-status.ts';
import {
  truncateDescription,
  requireItems,
  requireTotal,
  totalOf,
  type Order,
  type OrderItem,
  type OrderLine,
} from '#order/order.ts';
import type { OrderStore } from '#order/store.ts';
import type { Call } from '#platform/call.ts';
import type { Clock } from '#platform/clock.ts';
import { refused, withDetail, type AppError } from '#platform/errors.ts';
import { requireAll, requireEach, requireUuid } from '#platform/input.ts';
import type { Client } from '#platform/rpc.ts';

export interface CreateOrderDeps {
  readonly store: Pick<OrderStore, 'insert'>;
  readonly clock: Clock;
  readonly accounts: Client<typeof AccountService>;
  readonly catalog: Client<typeof CatalogService>;
}

/**
 * Places an order with the current names and prices of the products. Writes nothing if any part of the input is invalid.
 * Throws INVALID_ARGUMENT, ACCOUNT_NOT_FOUND, PRODUCT_NOT_FOUND, PRODUCT_ARCHIVED, PRICE_CHANGED, UNAVAILABLE.
 */
export async function createOrder(
  deps: CreateOrderDeps,
  input: { accountId: string; products: readonly OrderItem[]; expectedTotalMinor?: bigint | undefined },
  call: Call,
): Promise<Order> {
  const { clock } = deps;
  const id = clock.newId();
  const { accountId, items, expectedTotalMinor } = requireAll({
    accountId: () => requireUuid('accountId', input.accountId),
    items: () => requireItems(input.products),
    expectedTotalMinor: () => requireTotal('expectedTotal', input.expectedTotalMinor),
  });
  const ids = items.map((item) => item.productId);
  const [{ accounts }, { products }] = await Promise.all([
    deps.accounts.batchGetAccounts({ ids: [accountId] }, call),
    deps.catalog.batchGetProducts({ ids }, call),
  ]);
  const { lines } = requireAll({
    account: () => {
      if (accounts.length === 0)
        throw refused('ACCOUNT_NOT_FOUND', 'accountId', `There is no account ${accountId}.`);
    },
    lines: () => toLines(input.products, items, products, id),
  });
  const totalPriceMinor = totalOf(lines);
  if (expectedTotalMinor !== undefined && expectedTotalMinor !== totalPriceMinor)
    throw priceChanged(totalPriceMinor);
  const order: Order = {
    id,
    accountId,
    totalPriceMinor,
    createdAt: new Date(clock.now()),
    lines,
    ...transition(undefined, 'PLACED'),
  };
  return deps.store.insert(order, orderPlaced(clock.newId, order, call), call);
}

/** The error that has the total the order would have now. */
function priceChanged(totalPriceMinor: bigint): AppError {
  const error = refused('PRICE_CHANGED', 'expectedTotal', 'The total price of the order has changed.');
  // A total has at most 15 digits, which a number holds exactly.
  return withDetail(error, { totalPriceMinor: Number(totalPriceMinor) });
}

/** Creates the lines of `items` in the order `orderId`. Throws a violation for every item that cannot be ordered. */
function toLines(
  input: readonly OrderItem[],
  items: readonly OrderItem[],
  products: readonly Product[],
  orderId: string,
): OrderLine[] {
  const byId = new Map(products.map((product) => [product.id, product]));
  requireEach(input, ({ productId }, index) => {
    const product = byId.get(productId.toLowerCase());
    const field = `products[${index}].productId`;
    if (!product) throw refused('PRODUCT_NOT_FOUND', field, `There is no product ${productId}.`);
    if (product.archivedAt)
      throw refused('PRODUCT_ARCHIVED', field, `Product ${productId} is no longer sold.`);
  });
  return items.flatMap(({ productId, quantity }, lineNumber) => {
    const product = byId.get(productId);
    if (!product) return [];
    const { name, description, priceMinor } = product;
    const id = lineIdOf(orderId, lineNumber);
    return [{ id, productId, name, description: truncateDescription(description), priceMinor, quantity }];
  });
}
