import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { lineIdOf, placeOf } from '#order/line-id.ts';
import { ITEMS_MAX } from '#order/order.ts';
import { systemClock } from '#platform/clock.ts';

const UUID_V8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const orderIds = Array.from({ length: 1_000 }, systemClock.newId);
const numbers = Array.from({ length: ITEMS_MAX }, (_, number) => number);

/** Throws unless every line of the orders has an id of its own. */
function assertUnique(idOf: (orderId: string, lineNumber: number) => string): void {
  const ids = orderIds.flatMap((orderId) => numbers.map((number) => idOf(orderId, number)));
  assert.equal(new Set([...ids, ...orderIds]).size, ids.length + orderIds.length, 'two objects have one id');
}

suite('the id of an order line', () => {
  test('is a UUIDv8 that no other line and no order has', () => {
    assertUnique(lineIdOf);
    for (const number of numbers) assert.match(lineIdOf(orderIds[0] ?? '', number), UUID_V8);
  });

  test('known-bad twins: an id without the number, or with the version of the order, is caught', () => {
    assert.throws(() => assertUnique((orderId) => lineIdOf(orderId, 0)), /two objects have one id/);
    // The last byte of an order's id is the number of one of its lines for some of these orders.
    const careless = (orderId: string, number: number): string =>
      orderId.slice(0, -2) + number.toString(16).padStart(2, '0');
    assert.throws(() => assertUnique(careless), /two objects have one id/);
  });

  test('leads back to the order and the number', () => {
    for (const orderId of orderIds)
      for (const number of [0, 1, ITEMS_MAX - 1]) {
        const place = placeOf(lineIdOf(orderId, number));
        assert.ok(place);
        assert.ok(place.firstOrderId <= orderId && orderId <= place.lastOrderId);
        assert.equal(place.lineNumber, number);
      }
  });

  test('is not that of any object with another version', () => {
    assert.equal(placeOf(orderIds[0] ?? ''), undefined);
  });
});
