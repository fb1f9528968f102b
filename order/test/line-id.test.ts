import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { lineIdOf, lineKeyOf } from '#order/line-id.ts';
import { ITEMS_MAX } from '#order/order.ts';
import { systemClock } from '#platform/clock.ts';

const UUID_V8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const orderIds = Array.from({ length: 1_000 }, systemClock.newId);
const numbers = Array.from({ length: ITEMS_MAX }, (_, number) => number);

/** Asserts that all lines and orders have different ids. */
function assertUnique(idOf: (orderId: string, lineNumber: number) => string): void {
  const ids = orderIds.flatMap((orderId) => numbers.map((number) => idOf(orderId, number)));
  assert.equal(new Set([...ids, ...orderIds]).size, ids.length + orderIds.length, 'two objects have one id');
}

suite('the id of an order line', () => {
  test('a line id is a UUIDv8 and differs from the ids of all other lines and orders', () => {
    assertUnique(lineIdOf);
    for (const number of numbers) assert.match(lineIdOf(orderIds[0] ?? '', number), UUID_V8);
  });

  test('known-bad twins: line ids without the line number or with the version of the order are caught', () => {
    assert.throws(() => assertUnique((orderId) => lineIdOf(orderId, 0)), /two objects have one id/);
    // For some of these orders, the last byte of the order id equals a line number.
    const knownBad = (orderId: string, number: number): string =>
      orderId.slice(0, -2) + number.toString(16).padStart(2, '0');
    assert.throws(() => assertUnique(knownBad), /two objects have one id/);
  });

  test('lineKeyOf returns the order id range and the line number', () => {
    for (const orderId of orderIds)
      for (const number of [0, 1, ITEMS_MAX - 1]) {
        const key = lineKeyOf(lineIdOf(orderId, number));
        assert.ok(key);
        assert.ok(key.firstOrderId <= orderId && orderId <= key.lastOrderId);
        assert.equal(key.lineNumber, number);
      }
  });

  test('lineKeyOf returns undefined for a UUID of another version', () => {
    assert.equal(lineKeyOf(orderIds[0] ?? ''), undefined);
  });
});
