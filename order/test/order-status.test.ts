import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { ORDER_STATUSES, transition, TRANSITIONS, type OrderStatus } from '#order/order-status.ts';
import { OrderStatusSchema } from '#order/pb/order_pb.js';
import { systemClock } from '#platform/clock.ts';
import { openOrderBench } from '#testkit/service-bench.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const { bench } = await openOrderBench(stack);

const CHECK_VIOLATION = '23514';

function storeOrder(status: string): Promise<unknown> {
  return bench.rows(
    `INSERT INTO orders (id, account_id, total_price_minor, created_at, status) VALUES ($1, $1, 100, now(), $2)`,
    [systemClock.newId(), status],
  );
}

/** The guarantee: the database accepts the statuses of ORDER_STATUSES and no others. */
async function assertSameStatuses(): Promise<void> {
  for (const status of ORDER_STATUSES) await storeOrder(status);
  for (const status of ['SHIPPED', 'NEW', 'placed', ''])
    await assert.rejects(storeOrder(status), { code: CHECK_VIOLATION, constraint: 'orders_status' });
}

suite('the status of an order', () => {
  test('only the transitions of TRANSITIONS are allowed, and each increments the version by 1', () => {
    const pairs: [OrderStatus | undefined, OrderStatus][] = [undefined, ...ORDER_STATUSES].flatMap((from) =>
      ORDER_STATUSES.map((to): [OrderStatus | undefined, OrderStatus] => [from, to]),
    );
    for (const [from, to] of pairs) {
      const before = from && { status: from, version: 7n };
      if (TRANSITIONS[from ?? 'NEW'].includes(to))
        assert.deepEqual(transition(before, to), { status: to, version: before ? 8n : 1n });
      else assert.throws(() => transition(before, to), new RegExp(`cannot change from ${from} to ${to}`));
    }
    assert.throws(() => transition({ status: 'PLACED', version: 1n }, 'PLACED'), /from PLACED to PLACED/);
  });

  test('TRANSITIONS, the proto enum and the database have the same status names', async () => {
    assert.deepEqual(Object.keys(TRANSITIONS), ['NEW', ...ORDER_STATUSES]);
    assert.deepEqual(
      OrderStatusSchema.values.map(({ localName }) => localName),
      ['UNSPECIFIED', ...ORDER_STATUSES],
    );
    await assertSameStatuses();
  });

  test('known-bad twin: a database that accepts any status is caught', async () => {
    await bench.rows('ALTER TABLE orders DROP CONSTRAINT orders_status');
    await assert.rejects(assertSameStatuses(), /Missing expected rejection/);
  });
});
