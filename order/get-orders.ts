import { headAsOrder, type Order, type OrderHead } from '#order/order.ts';
import type { OrderStore } from '#order/store.ts';
import type { Call } from '#platform/call.ts';
import { AppError, invalid, refused } from '#platform/errors.ts';
import { requireAll, requirePage, requireUuid, requireUuids } from '#platform/input.ts';
import { BATCH_SIZE_MAX } from '#platform/limits.ts';
import type { PageRequest } from '#platform/pb/page_pb.js';

export interface GetOrdersDeps {
  readonly store: Pick<OrderStore, 'byIds' | 'byAccounts' | 'linesOf'>;
}

/** Returns one order. Throws INVALID_ARGUMENT, NOT_FOUND, RESOURCE_EXHAUSTED. */
export async function getOrder(
  deps: GetOrdersDeps,
  input: { id: string; withoutLines: boolean },
  call: Call,
): Promise<Order> {
  const id = requireUuid('id', input.id);
  const [order] = await addLines(deps, await deps.store.byIds([id], call), input, call);
  if (!order) throw refused('NOT_FOUND', 'id', `There is no order ${id}.`);
  return order;
}

/** Returns the orders that exist, without their lines. Throws INVALID_ARGUMENT. */
export async function getOrders(deps: GetOrdersDeps, ids: readonly string[], call: Call): Promise<Order[]> {
  const found = await deps.store.byIds(requireUuids('ids', ids, BATCH_SIZE_MAX), call);
  return found.map(headAsOrder);
}

/** A page of the orders of one account, newest first. */
export interface AccountOrders {
  readonly accountId: string;
  readonly orders: readonly Order[];
  readonly hasMore: boolean;
}

/** Returns the same page of the orders of each account. Throws INVALID_ARGUMENT, RESOURCE_EXHAUSTED. */
export async function listOrdersByAccounts(
  deps: GetOrdersDeps,
  input: { accountIds: readonly string[]; page?: PageRequest | undefined; withoutLines: boolean },
  call: Call,
): Promise<AccountOrders[]> {
  const { accountIds, page } = requireAll({
    accountIds: () => requireUuids('accountIds', input.accountIds, BATCH_SIZE_MAX),
    page: () => requirePage(input.page),
  });
  if (page.skip > 0) throw invalid('page.skip', 'must be 0: continue with afterId');
  const found = await deps.store.byAccounts(accountIds, page, call.signal);
  const heads = found.flatMap(({ page: { rows } }) => rows);
  const byAccount = Map.groupBy(await addLines(deps, heads, input, call), (order) => order.accountId);
  return found.map(({ accountId, page: { hasMore } }) => ({
    accountId,
    orders: byAccount.get(accountId) ?? [],
    hasMore,
  }));
}

/** Throws RESOURCE_EXHAUSTED if the lines do not fit into one response. */
async function addLines(
  { store }: Pick<GetOrdersDeps, 'store'>,
  heads: readonly OrderHead[],
  { withoutLines }: { withoutLines: boolean },
  call: Call,
): Promise<Order[]> {
  if (withoutLines) return heads.map(headAsOrder);
  const ids = heads.map(({ id }) => id);
  const byOrder = new Map((await store.linesOf(ids, call)).map(({ orderId, lines }) => [orderId, lines]));
  return heads.map((head) => {
    const lines = byOrder.get(head.id);
    if (lines) return { ...head, lines };
    throw new AppError(
      'RESOURCE_EXHAUSTED',
      'These orders have too many lines to read at once. Ask for fewer orders.',
    );
  });
}
