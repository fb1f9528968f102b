import { lineIdOf, lineKeyOf } from '#order/line-id.ts';
import type { OrderStatus } from '#order/order-status.ts';
import { DESCRIPTION_LENGTH_MAX, type Order, type OrderHead, type OrderLine } from '#order/order.ts';
import type { Call } from '#platform/call.ts';
import { createCostGate } from '#platform/cost-gate.ts';
import type { Event } from '#platform/events/event.ts';
import { outboxInsert, outboxValues } from '#platform/events/outbox.ts';
import { groupInserts } from '#platform/group-inserts.ts';
import type { Page } from '#platform/input.ts';
import { keyset, keysetValues, toPage, type PageOf } from '#platform/postgres/keyset.ts';
import type { Database, Queryable, Statement } from '#platform/postgres/pool.ts';
import { groupReadsById } from '#platform/read-by-id.ts';

/** The SQL statements of the order service, except those of the list of all orders (order/list-store.ts). */

export interface OrderRow {
  readonly id: string;
  readonly account_id: string;
  readonly total_price_minor: bigint;
  readonly created_at: Date;
  readonly status: OrderStatus;
  readonly version: bigint;
}

interface LineRow {
  readonly order_id: string;
  readonly nr: number;
  readonly product_id: string;
  readonly name: string;
  readonly description: string;
  readonly price_minor: bigint;
  readonly quantity: number;
}

/** The texts are null if `fits` is false. */
type OrderLineRow = { readonly order_id: string; readonly fits: false } | ({ readonly fits: true } & LineRow);

/** Bytes of lines that one call may read: 2,000 orders with five lines of 150 characters have 5.5 million. */
export const LINES_BYTES_MAX = 6_000_000;
/** Bytes that a line counts in addition to its texts: reading and sending a line costs more than its bytes. */
export const LINE_BYTES = 400;
/** Orders whose lines are read at the same time: 40 MB if each has 100 lines. Further reads wait. */
const ORDERS_AT_ONCE_MAX = 400;
/** A character has up to four bytes. */
const DESCRIPTION_BYTES_MAX = 4 * DESCRIPTION_LENGTH_MAX;

export const COLUMNS = 'id, account_id, total_price_minor, created_at, status, version';

const INSERT: Statement = {
  name: 'insert_orders',
  text: `
    WITH published AS (${outboxInsert(14)}),
    lines AS (
      INSERT INTO order_line (order_id, nr, product_id, name, description, price_minor, quantity)
      SELECT * FROM unnest($7::uuid[], $8::smallint[], $9::uuid[], $10::text[], $11::text[], $12::bigint[], $13::integer[])
    )
    INSERT INTO orders (${COLUMNS})
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::timestamptz[], $5::text[], $6::bigint[])`,
};
/** Returns a row if the database has amounts. */
export const FIND_ORDER: Statement = { name: 'find_order', text: 'SELECT 1 FROM orders LIMIT 1' };
const BY_IDS: Statement = {
  name: 'orders_by_ids',
  text: `SELECT ${COLUMNS} FROM orders WHERE id = ANY($1::uuid[])`,
};
/** Truncates the descriptions that were stored before orders truncated them. */
const TRUNCATED_DESCRIPTION =
  `CASE WHEN char_length(description) <= ${DESCRIPTION_LENGTH_MAX} THEN description ` +
  `ELSE left(description, ${DESCRIPTION_LENGTH_MAX - 1}) || '…' END`;
const LINES_BY_IDS: Statement = {
  name: 'order_lines_by_ids',
  text: `
    SELECT line.* FROM unnest($1::uuid[], $2::uuid[], $3::smallint[]) AS place (first_order_id, last_order_id, nr)
    CROSS JOIN LATERAL (
      SELECT order_id, nr, product_id, name, ${TRUNCATED_DESCRIPTION} AS description, price_minor, quantity
      FROM order_line
      WHERE order_id BETWEEN place.first_order_id AND place.last_order_id AND order_line.nr = place.nr
      LIMIT 1
    ) AS line`,
};
/**
 * Includes the accounts with the fewest bytes first, each with all of its lines or none, so that an account with large
 * orders does not make the orders of others unreadable. An order whose lines do not fit has one row.
 */
const LINES: Statement = {
  name: 'lines_of_orders',
  text: `
    SELECT order_id, fits, nr, product_id,
      CASE WHEN fits THEN name END AS name,
      CASE WHEN fits THEN ${TRUNCATED_DESCRIPTION} END AS description,
      price_minor, quantity
    FROM (
      SELECT *, sum(bytes) OVER (ORDER BY account_bytes, account_id) <= ${LINES_BYTES_MAX} AS fits
      FROM (
        SELECT *, sum(bytes) OVER (PARTITION BY account_id) AS account_bytes
        FROM (
          SELECT orders.account_id, order_line.*, ${LINE_BYTES} + octet_length(order_line.name)
            + least(octet_length(order_line.description), ${DESCRIPTION_BYTES_MAX}) AS bytes
          FROM orders JOIN order_line ON order_line.order_id = orders.id
          WHERE orders.id = ANY($1::uuid[])
        ) AS line
      ) AS weighed
    ) AS counted
    WHERE fits OR nr = 0
    ORDER BY order_id, nr`,
};
const byAccounts = (direction: 'forward' | 'backward'): string => `
    SELECT o.* FROM unnest($1::uuid[]) AS wanted (account_id)
    CROSS JOIN LATERAL (
      SELECT ${COLUMNS} FROM orders WHERE account_id = wanted.account_id AND ${keyset(direction, 2)}
    ) AS o`;
const BY_ACCOUNTS: Statement = { name: 'orders_by_accounts', text: byAccounts('forward') };
const BY_ACCOUNTS_BACKWARD: Statement = { name: 'orders_by_accounts_backward', text: byAccounts('backward') };

export interface AccountOrders {
  readonly accountId: string;
  readonly page: PageOf<OrderHead>;
}

export interface OrderLines {
  readonly orderId: string;
  /** Null if the lines of its account do not fit into LINES_BYTES_MAX after those of accounts with fewer bytes. */
  readonly lines: readonly OrderLine[] | null;
}

export type OrderStore = ReturnType<typeof createStore>;

export function createStore(database: Database) {
  const linesGate = createCostGate(ORDERS_AT_ONCE_MAX);
  return {
    /**
     * Stores an order with its lines and events and returns the stored order. Concurrent callers share a commit; each
     * has its own outcome.
     */
    insert: groupInserts<Order>(database, insertOrders, charactersOf),

    /** Returns the orders that exist. Concurrent callers share a statement. */
    byIds: groupReadsById(async (ids, signal) =>
      (await database.query<OrderRow>(BY_IDS, [ids], signal)).map(toOrderHead),
    ),

    /** Returns the lines that exist. Concurrent callers share a statement. */
    linesByIds: groupReadsById(async (ids, signal) => readLinesByIds(database, ids, signal)),

    /** Returns the lines of the orders that exist. */
    linesOf: (orderIds: readonly string[], call: Call): Promise<OrderLines[]> =>
      linesGate.run(orderIds.length, call, () => readLines(database, orderIds, call.signal)),

    /** Returns the same page of each account's list; accounts without orders on it are omitted. */
    async byAccounts(
      accountIds: readonly string[],
      page: Page,
      signal: AbortSignal,
    ): Promise<AccountOrders[]> {
      const statement = page.fromEnd ? BY_ACCOUNTS_BACKWARD : BY_ACCOUNTS;
      const rows = await database.query<OrderRow>(statement, [accountIds, ...keysetValues(page)], signal);
      const ofAccount = Map.groupBy(rows.map(toOrderHead), (order) => order.accountId);
      return [...ofAccount].map(([accountId, its]) => ({ accountId, page: toPage(its, page) }));
    },
  };
}

/** Inserts all orders with their lines and events in one commit. Returns the outcome of each. */
export async function insertOrders(
  database: Queryable,
  orders: readonly Order[],
  events: readonly Event[],
): Promise<readonly Order[]> {
  const lines = orders.flatMap((order) =>
    order.lines.map((line, lineNumber) => ({ ...line, orderId: order.id, lineNumber })),
  );
  await database.query(INSERT, [
    orders.map((order) => order.id),
    orders.map((order) => order.accountId),
    orders.map((order) => order.totalPriceMinor),
    orders.map((order) => order.createdAt),
    orders.map((order) => order.status),
    orders.map((order) => order.version),
    lines.map((line) => line.orderId),
    lines.map((line) => line.lineNumber),
    lines.map((line) => line.productId),
    lines.map((line) => line.name),
    lines.map((line) => line.description),
    lines.map((line) => line.priceMinor),
    lines.map((line) => line.quantity),
    ...outboxValues(events),
  ]);
  return orders;
}

function charactersOf(order: Order): number {
  return order.lines.reduce((sum, { name, description }) => sum + name.length + description.length, 0);
}

async function readLinesByIds(
  database: Database,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<OrderLine[]> {
  const keys = ids.map(lineKeyOf).filter((key) => key !== undefined);
  if (keys.length === 0) return [];
  const values = [
    keys.map((key) => key.firstOrderId),
    keys.map((key) => key.lastOrderId),
    keys.map((key) => key.lineNumber),
  ];
  return (await database.query<LineRow>(LINES_BY_IDS, values, signal)).map(toLine);
}

async function readLines(
  database: Database,
  orderIds: readonly string[],
  signal: AbortSignal,
): Promise<OrderLines[]> {
  if (orderIds.length === 0) return [];
  const rows = await database.query<OrderLineRow>(LINES, [orderIds], signal);
  return Array.from(
    Map.groupBy(rows, (row) => row.order_id),
    ([orderId, its]) => {
      const lines = its.flatMap((row) => (row.fits ? [toLine(row)] : []));
      return { orderId, lines: lines.length > 0 ? lines : null };
    },
  );
}

export function toOrderHead(row: OrderRow): OrderHead {
  return {
    id: row.id,
    accountId: row.account_id,
    totalPriceMinor: row.total_price_minor,
    createdAt: row.created_at,
    status: row.status,
    version: row.version,
  };
}

function toLine(row: LineRow): OrderLine {
  return {
    id: lineIdOf(row.order_id, row.nr),
    productId: row.product_id,
    name: row.name,
    description: row.description,
    priceMinor: row.price_minor,
    quantity: row.quantity,
  };
}
