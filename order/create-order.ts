import type { AccountService } from '#account/pb/account_pb.js';
import type { CatalogService, Product } from '#catalog/pb/catalog_pb.js';
import { orderPlaced } from '#order/events.ts';
import {
  orderedDescription,
  requireItems,
  totalOf,
  type Order,
  type OrderItem,
  type OrderLine,
} from '#order/order.ts';
import type { OrderStore } from '#order/store.ts';
import type { Call } from '#platform/call.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { groupInserts } from '#platform/group-inserts.ts';
import { requireUuid } from '#platform/input.ts';
import type { Client } from '#platform/rpc.ts';

export interface CreateOrderDeps {
  readonly store: OrderStore;
  readonly clock: Clock;
  readonly accounts: Client<typeof AccountService>;
  readonly catalog: Client<typeof CatalogService>;
}

/**
 * Places orders at today's names and prices; concurrent ones share a commit. Nothing is written unless all of the
 * order is in order. Throws INVALID_ARGUMENT, ACCOUNT_NOT_FOUND, PRODUCT_NOT_FOUND, PRODUCT_ARCHIVED, UNAVAILABLE.
 */
export function createOrderUseCase(deps: CreateOrderDeps) {
  const insert = groupInserts(deps.store.insert, charactersOf);

  return async function createOrder(
    input: { accountId: string; products: readonly OrderItem[] },
    call: Call,
  ): Promise<Order> {
    const accountId = requireUuid('accountId', input.accountId);
    const items = requireItems(input.products);
    const ids = items.map((item) => item.productId);
    const [{ accounts }, { products }] = await Promise.all([
      deps.accounts.batchGetAccounts({ ids: [accountId] }, call),
      deps.catalog.batchGetProducts({ ids }, call),
    ]);
    if (accounts.length === 0) {
      throw new AppError('ACCOUNT_NOT_FOUND', `There is no account ${accountId}.`, {
        detail: { field: 'accountId' },
      });
    }
    const lines = toLines(items, products);
    const order: Order = {
      id: deps.clock.newId(),
      accountId,
      totalPriceMinor: totalOf(lines),
      createdAt: new Date(deps.clock.now()),
      lines,
    };
    return insert(order, orderPlaced(deps.clock.newId, order, call), call);
  };
}

function toLines(items: readonly OrderItem[], products: readonly Product[]): OrderLine[] {
  const byId = new Map(products.map((product) => [product.id, product]));
  return items.map(({ productId, quantity }) => {
    const product = byId.get(productId);
    const detail = { field: 'products', productId };
    if (!product) throw new AppError('PRODUCT_NOT_FOUND', `There is no product ${productId}.`, { detail });
    if (product.archivedAt)
      throw new AppError('PRODUCT_ARCHIVED', `Product ${productId} is no longer sold.`, { detail });
    const { name, description, priceMinor } = product;
    return { productId, name, description: orderedDescription(description), priceMinor, quantity };
  });
}

function charactersOf(order: Order): number {
  return order.lines.reduce((sum, { name, description }) => sum + name.length + description.length, 0);
}
