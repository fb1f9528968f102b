import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { Order } from '#order/pb/order_pb.js';
import { AppError } from '#platform/errors.ts';
import { openOrderBench } from '#testkit/service-bench.ts';
import { testCall } from '#testkit/shop.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const { bench, clients } = await openOrderBench(stack);

async function create(kind: 'account' | 'product', nr: number): Promise<string> {
  if (kind === 'account')
    return (await clients.accounts.createAccount({ name: `Buyer ${nr}` }, testCall())).account?.id ?? '';
  const input = { name: `Product ${nr}`, priceMinor: BigInt(nr + 1) };
  return (await clients.catalog.createProduct(input, testCall())).product?.id ?? '';
}

const ORDERS = 200;
const numbers = Array.from({ length: ORDERS }, (_, nr) => nr);
const accounts = await Promise.all(numbers.map((nr) => create('account', nr)));
const products = await Promise.all(numbers.map((nr) => create('product', nr)));

type Place = (nr: number) => Promise<Order | undefined>;

const place: Place = async (nr) => {
  const wanted = {
    accountId: accounts[nr] ?? '',
    products: [{ productId: products[nr] ?? '', quantity: nr + 1 }],
  };
  return (await clients.orders.createOrder(wanted, testCall())).order;
};

/** The guarantee: each of many callers at once gets its own order, which is then stored under its id. */
async function assertOwnAnswers(placeOne: Place): Promise<void> {
  const placed = await Promise.all(numbers.map(placeOne));
  for (const [nr, order] of placed.entries()) {
    assert.ok(order);
    assert.equal(order.accountId, accounts[nr], `order ${nr} has its own account`);
    assert.equal(order.totalPriceMinor, BigInt(nr + 1) ** 2n);
    assert.equal(order.lines[0]?.productId, products[nr]);
    const stored = await clients.orders.getOrder({ id: order.id }, testCall());
    assert.deepEqual(stored.order, order);
  }
  assert.equal(new Set(placed.map((order) => order?.id)).size, ORDERS);
}

/** An event of an order, or the notification of its buyer, which goes by the account and names the order. */
const ABOUT_THE_ORDER = `(e.key = o.id::text OR e.topic = 'notifications' AND e.key = o.account_id::text
  AND e.payload->>'message' LIKE '%' || o.id || '%')`;

suite('createOrder, many at once', () => {
  test('200 concurrent callers share commits and get their own order each, with its own three events', async () => {
    await assertOwnAnswers(place);
    const [written] = await bench.rows<{ orders: number; commits: number; told: number }>(
      `SELECT count(*)::int AS orders, count(DISTINCT o.xmin::text)::int AS commits,
         count(*) FILTER (WHERE (SELECT array_agg(e.topic ORDER BY e.topic) = $1::text[]
           AND bool_and(e.xmin::text = o.xmin::text) FROM outbox e WHERE ${ABOUT_THE_ORDER}))::int AS told
       FROM orders o`,
      [['notifications', 'order.created', 'order.events']],
    );
    assert.equal(written?.orders, ORDERS);
    assert.equal(written.told, ORDERS, 'an order without its events, or with those of another transaction');
    assert.ok(written.commits < ORDERS / 10, `${written.commits} commits for ${ORDERS} orders`);
  });

  test('known-bad twin: answers handed out in the wrong order are caught', async () => {
    const waiting: { nr: number; resolve: (order: Order | undefined) => void }[] = [];
    const mixedUp: Place = (nr) =>
      new Promise((resolve) => {
        waiting.push({ nr, resolve });
        if (waiting.length < ORDERS) return;
        for (const [index, one] of waiting.entries())
          void place(one.nr).then(waiting[(index + 1) % ORDERS]?.resolve);
      });
    await assert.rejects(assertOwnAnswers(mixedUp), /has its own account/);
  });

  test('orders that are refused before or by the database do not hurt the others of their group', async () => {
    await bench.rows(`ALTER TABLE order_line ADD CONSTRAINT no_poison CHECK (name <> 'Product 7') NOT VALID`);
    const outcomes = await Promise.allSettled(
      numbers.map((nr) => {
        if (nr !== 11) return place(nr);
        const productId = accounts[nr] ?? '';
        const wanted = { accountId: productId, products: [{ productId, quantity: 1 }] };
        return clients.orders.createOrder(wanted, testCall()).then((answer) => answer.order);
      }),
    );
    const refused = new Map([
      [7, 'INTERNAL'],
      [11, 'PRODUCT_NOT_FOUND'],
    ]);
    for (const [nr, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') {
        assert.ok(!refused.has(nr));
        assert.equal(outcome.value?.accountId, accounts[nr]);
      } else {
        assert.ok(outcome.reason instanceof AppError);
        assert.equal(outcome.reason.reason, refused.get(nr), `order ${nr}`);
      }
    }
    const [count] = await bench.rows<{ n: number }>(
      `SELECT count(*)::int AS n FROM outbox e WHERE NOT EXISTS (SELECT FROM orders o WHERE ${ABOUT_THE_ORDER})`,
    );
    assert.equal(count?.n, 0, 'no event without its order');
  });
});
