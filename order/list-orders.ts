import { timestampDate, type Timestamp } from '@bufbuild/protobuf/wkt';
import type { OrderFilter, OrderList } from '#order/list-store.ts';
import { headAsOrder, requireTotal, type Order } from '#order/order.ts';
import type { ListOrdersRequest } from '#order/pb/order_pb.js';
import type { Call } from '#platform/call.ts';
import { invalid } from '#platform/errors.ts';
import { requireAll, requirePage, requireUuids } from '#platform/input.ts';

export interface ListOrdersDeps {
  readonly list: OrderList;
}

export interface ListedOrders {
  readonly orders: readonly Order[];
  readonly hasMore: boolean;
  /** Empty unless the search stopped before the page was full. */
  readonly stoppedAtId: string;
}

/** The maximum number of accounts in a filter. */
const ACCOUNTS_MAX = 100;

/** Lists the orders of all accounts that match a filter, newest first, without their lines. Throws INVALID_ARGUMENT. */
export async function listOrders(
  deps: ListOrdersDeps,
  input: Pick<ListOrdersRequest, 'page' | 'filter'>,
  call: Call,
): Promise<ListedOrders> {
  const { page, filter } = requireAll({
    page: () => requirePage(input.page),
    filter: () => requireFilter(input.filter),
  });
  if (page.skip > 0) throw invalid('page.skip', 'must be 0: continue with afterId');
  const { rows, hasMore, stoppedAtId } = await deps.list(filter, page, call.signal);
  return { orders: rows.map(headAsOrder), hasMore, stoppedAtId: stoppedAtId ?? '' };
}

function requireFilter(filter: ListOrdersRequest['filter']): OrderFilter {
  const { accountIds, period, totals } = requireAll({
    accountIds: () => requireUuids('filter.accountIds', filter?.accountIds ?? [], ACCOUNTS_MAX),
    period: () => requirePeriod(toDate(filter?.createdFrom), toDate(filter?.createdTo)),
    totals: () => requireTotals(filter?.totalPriceMinMinor, filter?.totalPriceMaxMinor),
  });
  return { accountIds, ...period, ...totals };
}

function requirePeriod(createdFrom: Date | null, createdTo: Date | null) {
  if (createdFrom && createdTo && createdFrom > createdTo)
    throw invalid('filter.createdTo', 'must not be before filter.createdFrom');
  return { createdFrom, createdTo };
}

function requireTotals(min: bigint | undefined, max: bigint | undefined) {
  const { totalPriceMin, totalPriceMax } = requireAll({
    totalPriceMin: () => requireTotal('filter.totalPriceMin', min) ?? null,
    totalPriceMax: () => requireTotal('filter.totalPriceMax', max) ?? null,
  });
  if (totalPriceMin !== null && totalPriceMax !== null && totalPriceMin > totalPriceMax)
    throw invalid('filter.totalPriceMax', 'must not be below filter.totalPriceMin');
  return { totalPriceMin, totalPriceMax };
}

function toDate(timestamp: Timestamp | undefined): Date | null {
  return timestamp ? timestampDate(timestamp) : null;
}
