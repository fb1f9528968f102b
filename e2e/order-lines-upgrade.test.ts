import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { migrationsOf } from '#cmd/services.ts';
import { systemClock } from '#platform/clock.ts';
import { serviceMigrations } from '#platform/service.ts';
import { openTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import { startTestShop, testCall, type TestShop } from '#testkit/shop.ts';
import { createOldTables } from './old-tables.ts';

/** The migrations of the release whose order lines have no ids. */
const OLD_MIGRATIONS = [
  'outbox/0001_outbox',
  'outbox/0002_shards',
  'inbox/0001_inbox',
  'inbox/0002_forget-by-age',
  'order/0001_order',
];

/** The statement with which that release stores orders, without their events. */
const OLD_INSERT = `
  WITH lines AS (
    INSERT INTO order_line (order_id, nr, product_id, name, description, price_minor, quantity)
    SELECT * FROM unnest($5::uuid[], $6::smallint[], $7::uuid[], $8::text[], $9::text[], $10::bigint[], $11::integer[])
  )
  INSERT INTO orders (id, account_id, total_price_minor, created_at)
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::timestamptz[])`;

interface Line {
  readonly productId: string;
  readonly name: string;
  readonly priceMinor: number;
  readonly quantity: number;
}

/** An order stored by the old release. */
interface OldOrder {
  readonly id: string;
  readonly createdAt: string;
  readonly totalPriceMinor: number;
  readonly lines: readonly Line[];
}

const LAMP = systemClock.newId();
const DESK = systemClock.newId();
/** Not in the catalog. */
const DELETED = systemClock.newId();
const line = (productId: string, name: string, priceMinor: number, quantity: number): Line => ({
  productId,
  name,
  priceMinor,
  quantity,
});

function oldOrder(createdAt: string, lines: readonly Line[]): OldOrder {
  const totalPriceMinor = lines.reduce((sum, { priceMinor, quantity }) => sum + priceMinor * quantity, 0);
  return { id: idAt(createdAt), createdAt, totalPriceMinor, lines };
}

/** A UUIDv7 with this timestamp. */
function idAt(time: string): string {
  const hex = Date.parse(time).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}${systemClock.newId().slice(13)}`;
}

/** Oldest first. The first two have the same products and prices. Names and prices differ from the current ones. */
const OLD_ORDERS: readonly OldOrder[] = [
  oldOrder('2025-03-01T09:00:00.000Z', [line(LAMP, 'Old lamp', 1_999, 1), line(DESK, 'Old desk', 25_000, 7)]),
  oldOrder('2025-03-01T10:00:00.000Z', [line(LAMP, 'Old lamp', 1_999, 1), line(DESK, 'Old desk', 25_000, 7)]),
  oldOrder('2025-06-01T10:00:00.000Z', [
    line(DELETED, 'Deleted', 1, 10_000),
    line(DESK, 'Desk', 0, 1),
    line(LAMP, 'Lamp', 5, 3),
  ]),
];

interface Databases extends Readonly<Record<'account' | 'catalog' | 'order' | 'events', string>> {}

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());

async function run(url: string, sql: string, values: readonly unknown[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql, [...values]);
  } finally {
    await client.end();
  }
}

async function insertAsOldRelease(
  url: string,
  accountId: string,
  orders: readonly OldOrder[],
): Promise<void> {
  const lines = orders.flatMap((order) =>
    order.lines.map((each, lineNumber) => ({ ...each, orderId: order.id, lineNumber })),
  );
  await run(url, OLD_INSERT, [
    orders.map((order) => order.id),
    orders.map(() => accountId),
    orders.map((order) => order.totalPriceMinor),
    orders.map((order) => order.createdAt),
    lines.map((each) => each.orderId),
    lines.map((each) => each.lineNumber),
    lines.map((each) => each.productId),
    lines.map((each) => each.name),
    lines.map((each) => `About ${each.name}`),
    lines.map((each) => each.priceMinor),
    lines.map((each) => each.quantity),
  ]);
}

/** An order database with the tables of the old release. */
async function oldOrderDatabase(postgres: TestPostgres): Promise<string> {
  const url = await postgres.createDatabase('empty');
  const folders = serviceMigrations('order', fileURLToPath(migrationsOf('order')));
  await createOldTables(url, folders, OLD_MIGRATIONS);
  return url;
}

const shopOn = (databases: Databases): Promise<TestShop> =>
  startTestShop({ postgres: { createDatabase: async (kind) => Reflect.get(databases, kind) as string } });

interface ServedLine {
  readonly id: string;
  readonly productId: string;
  readonly product: { readonly name: string } | null;
  readonly name: string;
  readonly description: string;
  readonly price: number;
  readonly quantity: number;
}

interface ServedOrder {
  readonly id: string;
  readonly createdAt: string;
  readonly totalPrice: number;
  readonly status: string;
  readonly version: number;
  readonly products: readonly ServedLine[];
}

/** The orders of an account, oldest first. `lineId` is the field that is used as the id of a line. */
async function ordersOf(shop: TestShop, accountId: string, lineId = 'id'): Promise<ServedOrder[]> {
  const { data, errors } = await shop.graphql(
    `query($id: ID!) { account(id: $id) { ordersConnection(first: 20) { nodes { id createdAt totalPrice status version products {
       id: ${lineId} productId product { name } name description price quantity } } } } }`,
    { id: accountId },
  );
  assert.equal(errors, undefined);
  return (data.account.ordersConnection.nodes as ServedOrder[]).toReversed();
}

function assertServes(served: readonly ServedOrder[], stored: readonly OldOrder[]): void {
  const currentProducts = new Map([
    [LAMP, { name: 'Current lamp' }],
    [DESK, { name: 'Current desk' }],
  ]);
  assert.deepEqual(
    served,
    stored.map(({ id, createdAt, totalPriceMinor, lines }, index) => ({
      id,
      createdAt,
      totalPrice: totalPriceMinor / 100,
      status: 'PLACED',
      version: 1,
      products: lines.map(({ productId, name, priceMinor, quantity }, lineNumber) => ({
        id: served[index]?.products[lineNumber]?.id,
        productId,
        product: currentProducts.get(productId) ?? null,
        name,
        description: `About ${name}`,
        price: priceMinor / 100,
        quantity,
      })),
    })),
  );
}

const idsOf = (orders: readonly ServedOrder[]): string[] =>
  orders.flatMap(({ products }) => products.map(({ id }) => id));

/** The guarantee: line ids are unique across all orders, so that a client cache can store lines by id. */
function assertUniqueLines(orders: readonly ServedOrder[]): void {
  const ids = idsOf(orders);
  assert.equal(new Set(ids).size, ids.length, 'two lines have the same id');
  for (const id of ids)
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
}

suite('orders of a release whose lines have no ids', () => {
  let databases: Databases;
  let accountId: string;
  /** The orders as returned by the first start after the migration. */
  let first: ServedOrder[];

  before(async () => {
    const postgres = stack.use(await openTestPostgres());
    const [account, catalog, events] = await Promise.all([
      postgres.createDatabase('account'),
      postgres.createDatabase('catalog'),
      postgres.createDatabase('events'),
    ]);
    databases = { account, catalog, events, order: await oldOrderDatabase(postgres) };
    accountId = systemClock.newId();
    await run(account, `INSERT INTO account (id, name, created_at) VALUES ($1, 'Ann', now())`, [accountId]);
    await run(
      catalog,
      `INSERT INTO product (id, name, description, price_minor, created_at)
       VALUES ($1, 'Current lamp', '', 1, now()), ($2, 'Current desk', '', 2, now())`,
      [LAMP, DESK],
    );
    await insertAsOldRelease(databases.order, accountId, OLD_ORDERS);
  });

  test('are returned unchanged after the migration, with stable line ids, also after a restart', async () => {
    {
      await using shop = await shopOn(databases);
      first = await ordersOf(shop, accountId);
      assertServes(first, OLD_ORDERS);
      assert.deepEqual(await ordersOf(shop, accountId), first);
    }
    await using restarted = await shopOn(databases);
    assert.deepEqual(await ordersOf(restarted, accountId), first);
    const { data } = await restarted.graphql('query($id: ID!) { order(id: $id) { products { id } } }', {
      id: OLD_ORDERS[0]?.id ?? '',
    });
    assert.deepEqual(
      data.order.products,
      first[0]?.products.map(({ id }) => ({ id })),
    );
  });

  test('have unique line ids with the timestamp of the order; so do new orders and orders that a running old release stores', async () => {
    await using shop = await shopOn(databases);
    for (const { id, products } of first)
      for (const each of products) assert.equal(each.id.slice(0, 13), id.slice(0, 13));
    // During a rolling deployment, a process of the old release still stores orders.
    const late = oldOrder(new Date().toISOString(), [
      line(LAMP, 'Late lamp', 100, 1),
      line(DESK, 'Late desk', 1, 1),
    ]);
    await insertAsOldRelease(databases.order, accountId, [late]);
    const products = [LAMP, DESK].map((productId) => ({ productId, quantity: 1 }));
    const placed = await shop.clients.orders.createOrder({ accountId, products }, testCall());
    const all = await ordersOf(shop, accountId);
    assertServes(
      all.filter(({ id }) => id !== placed.order?.id),
      [...OLD_ORDERS, late],
    );
    assertUniqueLines(all);
    const newOrder = all.find(({ id }) => id === placed.order?.id);
    assert.deepEqual(
      idsOf(newOrder ? [newOrder] : []),
      placed.order?.lines.map(({ id }) => id),
      'the ids that createOrder returned',
    );
  });

  test('known-bad twin: an API that returns the product id as the line id is caught', async () => {
    await using shop = await shopOn(databases);
    const knownBad = await ordersOf(shop, accountId, 'productId');
    assert.throws(() => assertUniqueLines(knownBad), /two lines have the same id/);
  });
});
