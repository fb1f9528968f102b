import type { Order, OrderLine } from '#order/order.ts';
import { AppError } from '#platform/errors.ts';
import type { Event } from '#platform/events/event.ts';
import { outboxInsert, outboxValues } from '#platform/events/outbox.ts';
import type { Page } from '#platform/input.ts';
import { keyset, keysetValues, toPage, type PageOf } from '#platform/postgres/keyset.ts';
import type { Database, Statement } from '#platform/postgres/pool.ts';

/** Every SQL statement of the order service. */

interface OrderRow {
  readonly id: string;
  readonly account_id: string;
  readonly total_price_minor: bigint;
  readonly created_at: Date;
}

interface LineRow {
  readonly order_id: string;
  readonly product_id: string;
  readonly name: string;
  readonly description: string;
  readonly price_minor: bigint;
  readonly quantity: number;
  readonly bytes_so_far: bigint;
}

/** Bytes of lines that one call may read. 10,000 orders of three lines with 300 characters each have 12 million. */
export const LINES_BYTES_MAX = 16_000_000;

const COLUMNS = 'id, account_id, total_price_minor, created_at';

const INSERT: Statement = {
  name: 'insert_orders',
  text: `
    WITH published AS (${outboxInsert(12)}),
    lines AS (
      INSERT INTO order_line (order_id, nr, product_id, name, description, price_minor, quantity)
      SELECT * FROM unnest($5::uuid[], $6::smallint[], $7::uuid[], $8::text[], $9::text[], $10::bigint[], $11::integer[])
    )
    INSERT INTO orders (id, account_id, total_price_minor, created_at)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::timestamptz[])`,
};
const BY_IDS: Statement = {
  name: 'orders_by_ids',
  text: `SELECT ${COLUMNS} FROM orders WHERE id = ANY($1::uuid[])`,
};
/** Reads lines up to the first one with which they pass LINES_BYTES_MAX: the names and descriptions are what weighs. */
const LINES: Statement = {
  name: 'lines_of_orders',
  text: `
    SELECT order_id, product_id, name, description, price_minor, quantity, bytes_so_far
    FROM (
      SELECT *,
        octet_length(name) + octet_length(description) + 100 AS bytes,
        sum(octet_length(name) + octet_length(description) + 100) OVER (ORDER BY order_id, nr) AS bytes_so_far
      FROM order_line WHERE order_id = ANY($1::uuid[])
    ) AS line
    WHERE bytes_so_far - bytes <= ${LINES_BYTES_MAX}
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
  readonly page: PageOf<Order>;
}

export type OrderStore = ReturnType<typeof createStore>;

export function createStore(database: Database) {
  async function withLines(rows: readonly OrderRow[], signal: AbortSignal): Promise<Order[]> {
    if (rows.length === 0) return [];
    const lineRows = await database.query<LineRow>(LINES, [rows.map((row) => row.id)], signal);
    if ((lineRows.at(-1)?.bytes_so_far ?? 0n) > LINES_BYTES_MAX) {
      throw new AppError(
        'RESOURCE_EXHAUSTED',
        'These orders have too many lines to be read at once. Ask for fewer orders.',
      );
    }
    const lines = Map.groupBy(lineRows, (line) => line.order_id);
    return rows.map((row) => toOrder(row, lines.get(row.id) ?? []));
  }

  return {
    /** All of them with their lines and events in one commit. */
    async insert(orders: readonly Order[], events: readonly Event[]): Promise<void> {
      const lines = orders.flatMap((order) =>
        order.lines.map((line, nr) => ({ ...line, orderId: order.id, nr })),
      );
      await database.query(INSERT, [
        orders.map((order) => order.id),
        orders.map((order) => order.accountId),
        orders.map((order) => order.totalPriceMinor),
        orders.map((order) => order.createdAt),
        lines.map((line) => line.orderId),
        lines.map((line) => line.nr),
        lines.map((line) => line.productId),
        lines.map((line) => line.name),
        lines.map((line) => line.description),
        lines.map((line) => line.priceMinor),
        lines.map((line) => line.quantity),
        ...outboxValues(events),
      ]);
    },

    async byIds(ids: readonly string[], signal: AbortSignal): Promise<Order[]> {
      return withLines(await database.query<OrderRow>(BY_IDS, [ids], signal), signal);
    },

    /** The same page of each account's list; accounts without orders on it are left out. */
    async byAccounts(
      accountIds: readonly string[],
      page: Page,
      signal: AbortSignal,
    ): Promise<AccountOrders[]> {
      const statement = page.fromEnd ? BY_ACCOUNTS_BACKWARD : BY_ACCOUNTS;
      const rows = await database.query<OrderRow>(statement, [accountIds, ...keysetValues(page)], signal);
      const orders = await withLines(rows, signal);
      const ofAccount = Map.groupBy(orders, (order) => order.accountId);
      return [...ofAccount].map(([accountId, its]) => ({ accountId, page: toPage(its, page) }));
    },
  };
}

function toOrder(row: OrderRow, lines: readonly LineRow[]): Order {
  return {
    id: row.id,
    accountId: row.account_id,
    totalPriceMinor: row.total_price_minor,
    createdAt: row.created_at,
    lines: lines.map(toLine),
  };
}

function toLine(row: LineRow): OrderLine {
  return {
    productId: row.product_id,
    name: row.name,
    description: row.description,
    priceMinor: row.price_minor,
    quantity: row.quantity,
  };
}
