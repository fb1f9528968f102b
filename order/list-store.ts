import { TOTAL_MINOR_MAX, type OrderHead } from '#order/order.ts';
import { COLUMNS, toOrderHead, type OrderRow } from '#order/store.ts';
import type { Page } from '#platform/input.ts';
import { keyset, keysetOfOwner } from '#platform/postgres/keyset.ts';
import type { Database, Statement } from '#platform/postgres/pool.ts';

/** The SQL statements of the list of all orders. */

/** Null fields and an empty list of accounts are ignored. */
export interface OrderFilter {
  readonly accountIds: readonly string[];
  /** Inclusive. */
  readonly createdFrom: Date | null;
  /** Exclusive. */
  readonly createdTo: Date | null;
  /** Minor units, both inclusive. */
  readonly totalPriceMin: bigint | null;
  readonly totalPriceMax: bigint | null;
}

export interface OrderListPage {
  readonly rows: readonly OrderHead[];
  readonly hasMore: boolean;
  /** The order at which the search stopped before the page was full. */
  readonly stoppedAtId: string | null;
}

export type OrderList = (filter: OrderFilter, page: Page, signal: AbortSignal) => Promise<OrderListPage>;

/**
 * Rows that one page may read. No index covers a range of total prices together with the order by id, so rows are
 * filtered one by one. A page that is not full after this many rows ends early, and the next page continues there.
 */
export const SEARCHED_MAX = 10_000;
/**
 * An id contains its time of creation, so a period is a range of ids. `created_at` can differ from that time: it is read
 * separately, and the clocks of processes differ. This is the upper bound of the difference.
 */
const CLOCK_SKEW_MS_MAX = 60_000;

interface SearchedRow extends OrderRow {
  readonly matches: boolean;
  /** Whether it is the last row that may be read, of its account or of all orders. */
  readonly is_last: boolean;
}

const OF_ACCOUNT = { column: 'account_id', value: 'wanted.account_id' };

/** Parameters: $1 to $4 keyset, $5 to $8 filter, $9 page size + 1, $10 accounts. */
function listStatement(direction: 'forward' | 'backward', ofAccounts: boolean): Statement {
  const order = direction === 'forward' ? 'DESC' : 'ASC';
  const orders = `
      SELECT * FROM (
        SELECT ${COLUMNS}, row_number() OVER (ORDER BY id ${order}) = $3 AS is_last,
          created_at >= coalesce($5::timestamptz, '-infinity') AND created_at < coalesce($6::timestamptz, 'infinity')
            AND total_price_minor BETWEEN coalesce($7::bigint, 0) AND coalesce($8::bigint, ${TOTAL_MINOR_MAX}) AS matches
        FROM (
          SELECT ${COLUMNS} FROM orders
          WHERE ${ofAccounts ? keysetOfOwner(direction, 1, OF_ACCOUNT) : keyset(direction, 1)}
        ) AS part
      ) AS searched
      WHERE matches OR is_last
      ORDER BY id ${order} LIMIT $9`;
  const names = ['list_orders', ...(ofAccounts ? ['of_accounts'] : []), direction];
  const text = ofAccounts
    ? `
    SELECT found.* FROM unnest($10::uuid[]) AS wanted (account_id) CROSS JOIN LATERAL (${orders}
    ) AS found
    ORDER BY id ${order} LIMIT $9`
    : orders;
  return { name: names.join('_'), text };
}

const STATEMENTS = {
  ofAll: { forward: listStatement('forward', false), backward: listStatement('backward', false) },
  ofAccounts: { forward: listStatement('forward', true), backward: listStatement('backward', true) },
};

/** Reads pages of the list of all orders, newest first. */
export function createOrderList(database: Pick<Database, 'query'>): OrderList {
  return async (filter, page, signal) => {
    const { accountIds, createdFrom, createdTo, totalPriceMin, totalPriceMax } = filter;
    const { size, fromEnd } = page;
    const isFiltered = [createdFrom, createdTo, totalPriceMin, totalPriceMax].some((bound) => bound !== null);
    const rowsMax = isFiltered ? Math.floor(SEARCHED_MAX / Math.max(1, accountIds.length)) : size + 1;
    const statements = accountIds.length > 0 ? STATEMENTS.ofAccounts : STATEMENTS.ofAll;
    const rows = await database.query<SearchedRow>(
      fromEnd ? statements.backward : statements.forward,
      [
        lowest(page.afterId, createdTo && idAt(createdTo.getTime() + CLOCK_SKEW_MS_MAX)),
        highest(page.beforeId, createdFrom && idAt(createdFrom.getTime() - CLOCK_SKEW_MS_MAX)),
        rowsMax,
        0,
        createdFrom,
        createdTo,
        totalPriceMin,
        totalPriceMax,
        size + 1,
        ...(accountIds.length > 0 ? [accountIds] : []),
      ],
      signal,
    );
    const found = toListPage(rows, size);
    return { ...found, rows: fromEnd ? found.rows.toReversed() : found.rows };
  };
}

/** Ends the page at the first row after which rows were not read, so that no order is skipped. */
function toListPage(rows: readonly SearchedRow[], size: number): OrderListPage {
  const kept: OrderHead[] = [];
  for (const row of rows) {
    if (kept.length === size) return { rows: kept, hasMore: true, stoppedAtId: null };
    if (row.matches) kept.push(toOrderHead(row));
    if (row.is_last) return { rows: kept, hasMore: true, stoppedAtId: row.id };
  }
  return { rows: kept, hasMore: false, stoppedAtId: null };
}

/** The first id of a millisecond, as a UUIDv7. */
function idAt(ms: number): string {
  const hex = Math.min(Math.max(ms, 0), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

function lowest(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}

function highest(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return one > other ? one : other;
}
