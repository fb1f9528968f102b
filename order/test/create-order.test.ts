import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { Order } from '#order/pb/order_pb.js';
import { assertOneTransaction, openOrderBench } from '#testkit/service-bench.ts';
import { fakeClock, testCall } from '#testkit/shop.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const clock = fakeClock();
const { bench, clients } = await openOrderBench(stack, clock);
const accountId = (await clients.accounts.createAccount({ name: 'John Doe' }, testCall())).account?.id ?? '';

async function product(name: string, priceMinor: bigint): Promise<string> {
  const input = { name, description: `About ${name}`, priceMinor };
  return (await clients.catalog.createProduct(input, testCall())).product?.id ?? '';
}

async function place(
  products: readonly { productId: string; quantity: number }[],
  call = testCall(),
): Promise<Order> {
  const { order } = await clients.orders.createOrder({ accountId, products: [...products] }, call);
  assert.ok(order);
  return order;
}

suite('createOrder', () => {
  test('the total is exact: 1199.99 × 2 = 2399.98', async () => {
    const phone = await product('iPhone 15 Pro', 119_999n);
    const order = await place([{ productId: phone, quantity: 2 }]);
    assert.equal(order.totalPriceMinor, 239_998n);
    assert.ok(order.createdAt);
    assert.equal(timestampDate(order.createdAt).getTime(), clock.now());
    assert.deepEqual((await clients.orders.getOrder({ id: order.id }, testCall())).order, order);
  });

  test('the bounds are inclusive: 100 items, 10,000 units, a total of 15 digits, a price of 0', async () => {
    const expensive = await product('Yacht', 99_999_999_999n);
    const cent = await product('Screw', 1n);
    const free = await product('Leaflet', 0n);
    const largest = await place([
      { productId: expensive, quantity: 10_000 },
      { productId: cent, quantity: 9_999 },
    ]);
    assert.equal(largest.totalPriceMinor, 999_999_999_999_999n);
    assert.equal((await place([{ productId: free, quantity: 1 }])).totalPriceMinor, 0n);
    const hundred = await Promise.all(
      Array.from({ length: 100 }, (_, index) => product(`Item ${index}`, BigInt(index))),
    );
    const order = await place(hundred.map((productId) => ({ productId, quantity: 1 })));
    assert.equal(order.totalPriceMinor, 4_950n);
    assert.deepEqual(
      order.lines.map((line) => line.productId),
      hundred,
    );
  });

  test('items with the same product become one line at the position of the first', async () => {
    const [lamp, desk] = [await product('Lamp', 100n), await product('Desk', 1_000n)];
    const order = await place([
      { productId: lamp, quantity: 2 },
      { productId: desk, quantity: 1 },
      { productId: lamp.toUpperCase(), quantity: 3 },
    ]);
    assert.deepEqual(
      order.lines.map((line) => [line.productId, line.quantity]),
      [
        [lamp, 5],
        [desk, 1],
      ],
    );
    assert.equal(order.totalPriceMinor, 1_500n);
  });

  test('names, descriptions and prices are copied: later changes of a product do not affect an order', async () => {
    const lamp = await product('Lamp', 100n);
    const old = await place([{ productId: lamp, quantity: 3 }]);
    await clients.catalog.updateProduct(
      { id: lamp, expectedVersion: 1n, name: 'Torch', description: 'New', priceMinor: 250n },
      testCall(),
    );
    const recent = await place([{ productId: lamp, quantity: 3 }]);
    await clients.catalog.archiveProduct({ id: lamp }, testCall());
    const read = async ({ id }: Order): Promise<unknown> => {
      const { order } = await clients.orders.getOrder({ id }, testCall());
      const [line] = order?.lines ?? [];
      return [line?.name, line?.description, line?.priceMinor, order?.totalPriceMinor];
    };
    assert.deepEqual(await read(old), ['Lamp', 'About Lamp', 100n, 300n]);
    assert.deepEqual(await read(recent), ['Torch', 'New', 250n, 750n]);
  });

  test('the events have exactly the documented JSON and share the transaction of the order and its lines', async () => {
    const [lamp, desk] = [await product('Lamp', 100n), await product('Desk "L"', 1_000n)];
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const order = await place(
      [
        { productId: lamp, quantity: 2 },
        { productId: desk, quantity: 1 },
      ],
      testCall({ traceparent }),
    );
    const events = [...(await bench.outbox(order.id)), ...(await bench.outbox(accountId)).slice(-1)];
    assert.deepEqual(
      events.map((event) => [event.topic, event.event_type, event.version]),
      [
        ['order.events', 'order_placed', 1],
        ['order.created', 'order_created', 1],
        ['notifications', 'notification_requested', 1],
      ],
    );
    for (const event of events)
      assert.match(event.traceparent, /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    assert.equal(new Set(events.map((event) => event.event_id)).size, 3);
    const products =
      `[{"product_id":"${lamp}","name":"Lamp","price":100,"quantity":2},` +
      `{"product_id":"${desk}","name":"Desk \\"L\\"","price":1000,"quantity":1}]`;
    const timestamp = '2026-01-31T12:00:00.000Z';
    assert.deepEqual(
      events.map((event) => event.payload),
      [
        `{"event_type":"order_placed","order_id":"${order.id}","total_price":1200,"products":${products},"timestamp":"${timestamp}"}`,
        `{"order_id":"${order.id}","account_id":"${accountId}","products":${products},"timestamp":"${timestamp}"}`,
        `{"user_id":"${accountId}","type":"order_placed","message":"Your order ${order.id} was placed.","timestamp":"${timestamp}"}`,
      ],
    );
    await assertOneTransaction(bench, { table: 'orders', id: order.id, version: 1, events: 2 });
    const [lines] = await bench.rows<{ same: boolean }>(
      `SELECT bool_and(l.xmin::text = o.xmin::text) AS same
       FROM orders o JOIN order_line l ON l.order_id = o.id WHERE o.id = $1`,
      [order.id],
    );
    assert.equal(lines?.same, true);
    const [notification] = await bench.rows<{ same: boolean }>(
      `SELECT e.xmin::text = o.xmin::text AS same FROM orders o, outbox e WHERE o.id = $1 AND e.event_id = $2`,
      [order.id, events[2]?.event_id],
    );
    assert.equal(notification?.same, true);
  });

  test('known-bad twin: events in a separate transaction are caught', async () => {
    const order = await place([{ productId: await product('Lamp', 100n), quantity: 1 }]);
    await bench.rows('UPDATE outbox SET payload = payload WHERE key = $1', [order.id]);
    await assert.rejects(
      assertOneTransaction(bench, { table: 'orders', id: order.id, version: 1, events: 2 }),
      { name: 'AssertionError' },
    );
  });
});
