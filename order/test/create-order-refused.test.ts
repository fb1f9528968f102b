import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { CreateOrderRequest } from '#order/pb/order_pb.js';
import { systemClock } from '#platform/clock.ts';
import { AppError, type Reason } from '#platform/errors.ts';
import { openOrderBench } from '#testkit/service-bench.ts';
import { testCall } from '#testkit/shop.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const { bench, clients } = await openOrderBench(stack);

async function product(name: string, priceMinor: bigint): Promise<string> {
  const { product: made } = await clients.catalog.createProduct({ name, priceMinor }, testCall());
  return made?.id ?? '';
}

const accountId = (await clients.accounts.createAccount({ name: 'John Doe' }, testCall())).account?.id ?? '';
const lamp = await product('Lamp', 100n);
const yacht = await product('Yacht', 100_000_000_000n);
const archived = await product('Archived', 100n);
await clients.catalog.archiveProduct({ id: archived }, testCall());
await clients.orders.createOrder({ accountId, products: [{ productId: lamp, quantity: 1 }] }, testCall());

type Wanted = Pick<CreateOrderRequest, 'accountId' | 'expectedTotalMinor'> & {
  products: { productId: string; quantity: number }[];
};

/** Asserts that `work` leaves orders, lines and outbox unchanged. */
async function assertUnchanged(work: () => Promise<void>): Promise<void> {
  const rows = (): Promise<number[]> => bench.counts('orders', 'order_line', 'outbox');
  const before = await rows();
  await work();
  assert.deepEqual(await rows(), before, 'orders, lines and events after a rejected order');
}

function assertRejected(order: Partial<Wanted>, reason: Reason, ...fields: string[]): Promise<void> {
  const wanted = { accountId, products: [{ productId: lamp, quantity: 1 }], ...order };
  return assertUnchanged(() =>
    assert.rejects(clients.orders.createOrder(wanted, testCall()), (error) => {
      assert.ok(error instanceof AppError);
      assert.equal(error.reason, reason);
      assert.deepEqual(
        error.violations.map(({ field }) => field),
        fields,
      );
      return true;
    }),
  );
}

const item = (productId: string, quantity: number): Wanted['products'][number] => ({ productId, quantity });
const unknownId = systemClock.newId();

suite('a rejected createOrder leaves the database unchanged', () => {
  test('ACCOUNT_NOT_FOUND on accountId: the account does not exist', () =>
    assertRejected({ accountId: unknownId }, 'ACCOUNT_NOT_FOUND', 'accountId'));

  test('PRODUCT_NOT_FOUND on products[1].productId: one of two products does not exist', () =>
    assertRejected(
      { products: [item(lamp, 1), item(unknownId, 1)] },
      'PRODUCT_NOT_FOUND',
      'products[1].productId',
    ));

  test('PRODUCT_ARCHIVED on products[1].productId: one of two products is archived', () =>
    assertRejected(
      { products: [item(lamp, 1), item(archived, 1)] },
      'PRODUCT_ARCHIVED',
      'products[1].productId',
    ));

  test('the violations name the account and every item that cannot be ordered', async () => {
    const products = [item(unknownId, 1), item(lamp, 1), item(archived, 1), item(unknownId, 2)];
    await assertRejected(
      { accountId: unknownId, products },
      'ACCOUNT_NOT_FOUND',
      'accountId',
      'products[0].productId',
      'products[2].productId',
      'products[3].productId',
    );
    const malformed = [item('x', 0), item(lamp, 1), item(lamp, -1)];
    await assertRejected(
      { accountId: 'x', products: malformed },
      'INVALID_ARGUMENT',
      'accountId',
      'products[0].productId',
      'products[0].quantity',
      'products[2].quantity',
    );
  });

  test('PRICE_CHANGED on expectedTotal, with the current total: the price of a product has changed', async () => {
    const shoes = await product('Shoes', 1_000n);
    const wanted = { products: [item(shoes, 2), item(lamp, 1)], expectedTotalMinor: 2_100n };
    for (const other of [2_099n, 2_101n, 0n])
      await assertRejected({ ...wanted, expectedTotalMinor: other }, 'PRICE_CHANGED', 'expectedTotal');
    await clients.catalog.updateProduct({ id: shoes, expectedVersion: 1n, priceMinor: 999n }, testCall());
    await assertRejected(wanted, 'PRICE_CHANGED', 'expectedTotal');
    const placed = clients.orders.createOrder({ accountId, ...wanted }, testCall());
    await assert.rejects(placed, { detail: { totalPriceMinor: 2_098 } });
    const { order } = await clients.orders.createOrder(
      { accountId, ...wanted, expectedTotalMinor: 2_098n },
      testCall(),
    );
    assert.equal(order?.totalPriceMinor, 2_098n);
  });

  for (const expectedTotalMinor of [-1n, 1_000_000_000_000_000n])
    test(`INVALID_ARGUMENT on expectedTotal: ${expectedTotalMinor}`, () =>
      assertRejected({ expectedTotalMinor }, 'INVALID_ARGUMENT', 'expectedTotal'));

  for (const quantity of [0, -1, 10_001]) {
    test(`INVALID_ARGUMENT on products[1].quantity: ${quantity}`, () =>
      assertRejected(
        { products: [item(lamp, 1), item(yacht, quantity)] },
        'INVALID_ARGUMENT',
        'products[1].quantity',
      ));
  }

  test('INVALID_ARGUMENT on products[2].quantity: 10,001 units of one product in several items', () =>
    assertRejected(
      { products: [item(lamp, 5_000), item(yacht, 1), item(lamp.toUpperCase(), 5_001)] },
      'INVALID_ARGUMENT',
      'products[2].quantity',
    ));

  test('INVALID_ARGUMENT on products: an empty order', () =>
    assertRejected({ products: [] }, 'INVALID_ARGUMENT', 'products'));

  test('INVALID_ARGUMENT on products: 101 items', () =>
    assertRejected(
      { products: Array.from({ length: 101 }, () => item(lamp, 1)) },
      'INVALID_ARGUMENT',
      'products',
    ));

  test('INVALID_ARGUMENT on products: a total of 16 digits', () =>
    assertRejected({ products: [item(yacht, 10_000)] }, 'INVALID_ARGUMENT', 'products'));

  test('INVALID_ARGUMENT on accountId and products[0].productId: not a UUID', async () => {
    await assertRejected({ accountId: 'x' }, 'INVALID_ARGUMENT', 'accountId');
    await assertRejected({ products: [item('x', 1)] }, 'INVALID_ARGUMENT', 'products[0].productId');
  });

  test('known-bad twin: a check after the write, which leaves rows, is caught', async () => {
    const writesFirst = async (): Promise<void> => {
      await bench.rows('INSERT INTO orders VALUES ($1, $2, 100, now())', [systemClock.newId(), unknownId]);
      await assertRejected({ accountId: unknownId }, 'ACCOUNT_NOT_FOUND', 'accountId');
    };
    await assert.rejects(assertUnchanged(writesFirst), /after a rejected order/);
  });

  test('an order whose line or event the database rejects is not stored', async () => {
    await bench.rows(`ALTER TABLE order_line ADD CONSTRAINT no_bad_line CHECK (name <> 'bad line')`);
    await bench.rows(
      `ALTER TABLE outbox ADD CONSTRAINT no_bad_event CHECK (payload::text NOT LIKE '%"bad event"%')`,
    );
    for (const name of ['bad line', 'bad event']) {
      await assertRejected({ products: [item(lamp, 1), item(await product(name, 100n), 1)] }, 'INTERNAL');
    }
  });
});
