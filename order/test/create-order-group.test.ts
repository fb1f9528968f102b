import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { Order } from '#order/pb/order_pb.js';
import { AppError } from '#platform/errors.ts';
import { openOrderBench } from '#testkit/service-bench.ts';
import { testCall } from '#testkit/shop.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const { bench, clients } = await openOrderBench(stack);

async function create(kind: 'account' | 'product', index: number): Promise<string> {
  if (kind === 'account')
    return (await clients.accounts.createAccount({ name: `Buyer ${index}` }, testCall())).account?.id ?? '';
  const input = { name: `Product ${index}`, priceMinor: BigInt(index + 1) };
  return (await clients.catalog.createProduct(input, testCall())).product?.id ?? '';
}

const ORDERS = 200;
const numbers = Array.from({ length: ORDERS }, (_, index) => index);
const accounts = await Promise.all(numbers.map((index) => create('account', index)));
const products = await Promise.all(numbers.map((index) => create('product', index)));

type Place = (index: number) => Promise<Order | undefined>;

const place: Place = async (index) => {
  const wanted = {
    accountId: accounts[index] ?? '',
    products: [{ productId: products[index] ?? '', quantity: index + 1 }],
  };
  return (await clients.orders.createOrder(wanted, testCall())).order;
};

/** The guarantee: each of many concurrent callers gets its own order, which is stored under its id. */
async function assertOwnAnswers(placeOne: Place): Promise<void> {
  const placed = await Promise.all(numbers.map(placeOne));
  for (const [index, order] of placed.entries()) {
    assert.ok(order);
    assert.equal(order.accountId, accounts[index], `order ${index} has its own account`);
    assert.equal(order.totalPriceMinor, BigInt(index + 1) ** 2n);
    assert.equal(order.lines[0]?.productId, products[index]);
    const stored = await clients.orders.getOrder({ id: order.id }, testCall());
    assert.deepEqual(stored.order, order);
  }
  assert.equal(new Set(placed.map((order) => order?.id)).size, ORDERS);
}

/** Matches the events of an order and its notification, which has the account as its key and the order id in its text. */
const IS_EVENT_OF_ORDER = `(e.key = o.id::text OR e.topic = 'notifications' AND e.key = o.account_id::text
  AND e.payload->>'message' LIKE '%' || o.id || '%')`;

suite('concurrent createOrder calls', () => {
  test('200 concurrent callers share commits, and each gets its own order with its own three events', async () => {
    await assertOwnAnswers(place);
    const [written] = await bench.rows<{ orders: number; commits: number; published: number }>(
      `SELECT count(*)::int AS orders, count(DISTINCT o.xmin::text)::int AS commits,
         count(*) FILTER (WHERE (SELECT array_agg(e.topic ORDER BY e.topic) = $1::text[]
           AND bool_and(e.xmin::text = o.xmin::text) FROM outbox e WHERE ${IS_EVENT_OF_ORDER}))::int AS published
       FROM orders o`,
      [['notifications', 'order.created', 'order.events']],
    );
    assert.equal(written?.orders, ORDERS);
    assert.equal(written.published, ORDERS, 'orders with events in the same transaction');
    assert.ok(written.commits < ORDERS / 10, `${written.commits} commits for ${ORDERS} orders`);
  });

  test('known-bad twin: responses sent to the wrong callers are caught', async () => {
    const waiting: { index: number; resolve: (order: Order | undefined) => void }[] = [];
    const swapped: Place = (index) =>
      new Promise((resolve) => {
        waiting.push({ index, resolve });
        if (waiting.length < ORDERS) return;
        for (const [position, caller] of waiting.entries())
          void place(caller.index).then(waiting[(position + 1) % ORDERS]?.resolve);
      });
    await assert.rejects(assertOwnAnswers(swapped), /has its own account/);
  });

  test('an order that a use case or the database rejects does not affect the others in its group', async () => {
    await bench.rows(
      `ALTER TABLE order_line ADD CONSTRAINT no_product_7 CHECK (name <> 'Product 7') NOT VALID`,
    );
    const outcomes = await Promise.allSettled(
      numbers.map((index) => {
        if (index !== 11) return place(index);
        const productId = accounts[index] ?? '';
        const wanted = { accountId: productId, products: [{ productId, quantity: 1 }] };
        return clients.orders.createOrder(wanted, testCall()).then((answer) => answer.order);
      }),
    );
    const refused = new Map([
      [7, 'INTERNAL'],
      [11, 'PRODUCT_NOT_FOUND'],
    ]);
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') {
        assert.ok(!refused.has(index));
        assert.equal(outcome.value?.accountId, accounts[index]);
      } else {
        assert.ok(outcome.reason instanceof AppError);
        assert.equal(outcome.reason.reason, refused.get(index), `order ${index}`);
      }
    }
    const [count] = await bench.rows<{ n: number }>(
      `SELECT count(*)::int AS n FROM outbox e WHERE NOT EXISTS (SELECT FROM orders o WHERE ${IS_EVENT_OF_ORDER})`,
    );
    assert.equal(count?.n, 0, 'events without an order');
  });
});
