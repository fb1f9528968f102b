import DataLoader from 'dataloader';
import type { Account } from '#account/pb/account_pb.js';
import type { Category, Product } from '#catalog/pb/catalog_pb.js';
import type { Clients } from '#graphql/graph/clients.ts';
import type { AccountOrders, Order, OrderLine } from '#order/pb/order_pb.js';
import type { Call } from '#platform/call.ts';
import { AppError, refused } from '#platform/errors.ts';
import type { Page } from '#graphql/graph/connection.ts';
import { BATCH_SIZE_MAX, NESTED_BATCH_SIZE_MAX, PARENTS_MAX } from '#platform/limits.ts';

/** Batches the reads by id of one request into one call per type. Created on first use: most requests need none. */
export interface Loaders {
  readonly account: DataLoader<string, Account | null>;
  readonly product: DataLoader<string, Product | null>;
  readonly category: DataLoader<string, Category | null>;
  /** By line id. */
  readonly line: DataLoader<string, OrderLine | null>;
  /** Without their lines. */
  readonly order: DataLoader<string, Order | null>;
  /** By order id. RESOURCE_EXHAUSTED if the lines of its account do not fit into one response with those of the others. */
  readonly lines: DataLoader<string, OrderLine[]>;
  /**
   * Returns the first children of a parent, or the top-level categories for an empty id. Throws CATEGORY_NOT_FOUND if the
   * parent does not exist. Reads of the same size share one call.
   */
  childrenOf(parentId: string, first: number): Promise<Category[]>;
  /** Returns a page of an account's orders, without their lines. Reads of the same page share one call. */
  ordersOf(accountId: string, page: Page): Promise<AccountOrders | null>;
}

export function createLoaders(clients: Clients, call: Call): Loaders {
  const orders = new Map<string, DataLoader<string, AccountOrders | null>>();
  const children = new Map<number, DataLoader<string, Category[]>>();
  return {
    account: byId(async (ids) => (await clients.accounts.batchGetAccounts({ ids }, call)).accounts),
    product: byId(async (ids) => (await clients.catalog.batchGetProducts({ ids }, call)).products),
    category: byId(async (ids) => (await clients.catalog.batchGetCategories({ ids }, call)).categories),
    line: byId(async (ids) => (await clients.orders.batchGetLines({ ids }, call)).lines),
    order: byId(async (ids) => (await clients.orders.batchGetOrders({ ids }, call)).orders),
    lines: linesLoader(clients, call),
    childrenOf: (parentId, first) => {
      let loader = children.get(first);
      if (!loader) children.set(first, (loader = childrenLoader(clients, call, first)));
      return loader.load(parentId);
    },
    ordersOf: (accountId, page) => {
      const key = JSON.stringify(page);
      let loader = orders.get(key);
      if (!loader) {
        loader = new DataLoader<string, AccountOrders | null>(
          async (accountIds) => {
            const { accounts } = await clients.orders.listOrdersByAccounts(
              { accountIds: [...accountIds], page, withoutLines: true },
              call,
            );
            return inOrder(accountIds, accounts, (one) => one.accountId);
          },
          { maxBatchSize: BATCH_SIZE_MAX },
        );
        orders.set(key, loader);
      }
      return loader.load(accountId);
    },
  };
}

function childrenLoader(clients: Clients, call: Call, size: number): DataLoader<string, Category[]> {
  return new DataLoader<string, Category[]>(
    async (parentIds) => {
      const request = { parentIds: [...parentIds], size };
      const { categories, unknownParentIds } = await clients.catalog.listCategories(request, call);
      const byParent = Map.groupBy(categories, ({ ancestorIds }) => ancestorIds.at(-1) ?? '');
      const unknown = new Set(unknownParentIds);
      return parentIds.map((id) => (unknown.has(id) ? noSuchParent(id) : (byParent.get(id) ?? [])));
    },
    { maxBatchSize: PARENTS_MAX },
  );
}

function noSuchParent(id: string): AppError {
  return refused('CATEGORY_NOT_FOUND', 'parentId', `There is no category ${id}.`);
}

function linesLoader(clients: Clients, call: Call): DataLoader<string, OrderLine[]> {
  return new DataLoader<string, OrderLine[]>(
    async (orderIds) => {
      const { orders } = await clients.orders.batchGetOrderLines({ orderIds: [...orderIds] }, call);
      const found = inOrder(orderIds, orders, (one) => one.orderId);
      return found.map((one) => (one && !one.tooLarge ? one.lines : tooLarge()));
    },
    // A list of 100 accounts with 100 orders each is one call.
    { maxBatchSize: NESTED_BATCH_SIZE_MAX },
  );
}

function tooLarge(): AppError {
  return new AppError(
    'RESOURCE_EXHAUSTED',
    'The orders of this account have too many lines to read at once. Ask for fewer orders.',
  );
}

function byId<T extends { id: string }>(load: (ids: string[]) => Promise<T[]>): DataLoader<string, T | null> {
  return new DataLoader<string, T | null>(
    async (ids) => inOrder(ids, await load([...ids]), (one) => one.id),
    {
      maxBatchSize: BATCH_SIZE_MAX,
    },
  );
}

function inOrder<T>(ids: readonly string[], found: readonly T[], idOf: (one: T) => string): (T | null)[] {
  const byId = new Map(found.map((one) => [idOf(one), one]));
  return ids.map((id) => byId.get(id) ?? null);
}
