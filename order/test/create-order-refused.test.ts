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
const gone = await product('Gone', 100n);
await clients.catalog.archiveProduct({ id: gone }, testCall());
await clients.orders.createOrder({ accountId, products: [{ productId: lamp, quantity: 1 }] }, testCall());

type Wanted = Pick<CreateOrderRequest, 'accountId'> & { products: { productId: string; quantity: number }[] };

/** Runs `work`, which fails, and requires that orders, lines and outbox are as they were. */
async function assertUntouched(work: () => Promise<void>): Promise<void> {
  const rows = (): Promise<number[]> => bench.counts('orders', 'order_line', 'outbox');
  const before = await rows();
  await work();
  assert.deepEqual(await rows(), before, 'orders, lines and events after a refused order');
}

function refuses(order: Partial<Wanted>, reason: Reason, ...fields: string[]): Promise<void> {
  const wanted = { accountId, products: [{ productId: lamp, quantity: 1 }], ...order };
  return assertUntouched(() =>
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
const nobody = systemClock.newId();

suite('createOrder refuses, and the database stays as it was', () => {
  test('ACCOUNT_NOT_FOUND on accountId: no such account', () =>
    refuses({ accountId: nobody }, 'ACCOUNT_NOT_FOUND', 'accountId'));

  test('PRODUCT_NOT_FOUND on products[1].productId: one of two does not exist', () =>
    refuses({ products: [item(lamp, 1), item(nobody, 1)] }, 'PRODUCT_NOT_FOUND', 'products[1].productId'));

  test('PRODUCT_ARCHIVED on products[1].productId: one of two is no longer sold', () =>
    refuses({ products: [item(lamp, 1), item(gone, 1)] }, 'PRODUCT_ARCHIVED', 'products[1].productId'));

  test('every item that cannot be ordered is named, and the account', async () => {
    const products = [item(nobody, 1), item(lamp, 1), item(gone, 1), item(nobody, 2)];
    await refuses(
      { accountId: nobody, products },
      'ACCOUNT_NOT_FOUND',
      'accountId',
      'products[0].productId',
      'products[2].productId',
      'products[3].productId',
    );
    const malformed = [item('x', 0), item(lamp, 1), item(lamp, -1)];
    await refuses(
      { accountId: 'x', products: malformed },
      'INVALID_ARGUMENT',
      'accountId',
      'products[0].productId',
      'products[0].quantity',
      'products[2].quantity',
    );
  });

  for (const quantity of [0, -1, 10_001]) {
    test(`INVALID_ARGUMENT on products[1].quantity: ${quantity}`, () =>
      refuses(
        { products: [item(lamp, 1), item(yacht, quantity)] },
        'INVALID_ARGUMENT',
        'products[1].quantity',
      ));
  }

  test('INVALID_ARGUMENT on products[2].quantity: the same product thrice, 10,001 together', () =>
    refuses(
      { products: [item(lamp, 5_000), item(yacht, 1), item(lamp.toUpperCase(), 5_001)] },
      'INVALID_ARGUMENT',
      'products[2].quantity',
    ));

  test('INVALID_ARGUMENT on products: an empty order', () =>
    refuses({ products: [] }, 'INVALID_ARGUMENT', 'products'));

  test('INVALID_ARGUMENT on products: 101 items', () =>
    refuses({ products: Array.from({ length: 101 }, () => item(lamp, 1)) }, 'INVALID_ARGUMENT', 'products'));

  test('INVALID_ARGUMENT on products: a total of 16 digits', () =>
    refuses({ products: [item(yacht, 10_000)] }, 'INVALID_ARGUMENT', 'products'));

  test('INVALID_ARGUMENT on accountId or products[0].productId: no UUID', async () => {
    await refuses({ accountId: 'x' }, 'INVALID_ARGUMENT', 'accountId');
    await refuses({ products: [item('x', 1)] }, 'INVALID_ARGUMENT', 'products[0].productId');
  });

  test('known-bad twin: a check that comes after the writing leaves rows behind and is caught', async () => {
    const writesFirst = async (): Promise<void> => {
      await bench.rows('INSERT INTO orders VALUES ($1, $2, 100, now())', [systemClock.newId(), nobody]);
      await refuses({ accountId: nobody }, 'ACCOUNT_NOT_FOUND', 'accountId');
    };
    await assert.rejects(assertUntouched(writesFirst), /after a refused order/);
  });

  test('an order whose event or line the database refuses did not happen', async () => {
    await bench.rows(`ALTER TABLE order_line ADD CONSTRAINT no_poison CHECK (name <> 'poison')`);
    await bench.rows(`ALTER TABLE outbox ADD CONSTRAINT no_mute CHECK (payload::text NOT LIKE '%"mute"%')`);
    for (const name of ['poison', 'mute']) {
      await refuses({ products: [item(lamp, 1), item(await product(name, 100n), 1)] }, 'INTERNAL');
    }
  });
});
