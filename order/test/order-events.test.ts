import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { orderPlaced } from '#order/events.ts';
import type { Order } from '#order/order.ts';
import { systemClock } from '#platform/clock.ts';
import { testCall } from '#testkit/shop.ts';

const { newId } = systemClock;
const line = { productId: newId(), name: 'Lamp', description: '', priceMinor: 100n, quantity: 1 };
const order: Order = {
  id: newId(),
  accountId: newId(),
  totalPriceMinor: 100n,
  createdAt: new Date(0),
  lines: [{ ...line, id: newId() }],
  status: 'PLACED',
  version: 7n,
};

type Publish = typeof orderPlaced;

function assertRealVersion(publish: Publish): void {
  const versions = publish(newId, order, testCall()).map(({ aggregateVersion }) => aggregateVersion);
  assert.deepEqual(versions, [7n, 7n, 7n]);
}

suite('events of an order', () => {
  test('events have the version of the order', () => assertRealVersion(orderPlaced));

  test('known-bad twin: events that always carry version 1 are caught', () => {
    const constant: Publish = (id, placed, call) => orderPlaced(id, { ...placed, version: 1n }, call);
    assert.throws(() => assertRealVersion(constant), assert.AssertionError);
  });
});
