import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createClock, type Clock } from '#platform/clock.ts';
import { fakeClock } from '#testkit/shop.ts';

/** Checks the layout of RFC 9562, section 5.7, for one clock value. */
function assertLayout(id: string, ms: number): void {
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16), ms);
}

test('an id is a UUIDv7 that contains its millisecond', () => {
  const times = fc.integer({ min: 1, max: 2 ** 48 - 1 });
  fc.assert(
    fc.property(times, (ms) => assertLayout(createClock(() => ms).newId(), ms)),
    { examples: [[1], [2 ** 32 - 1], [2 ** 32], [2 ** 48 - 1], [Date.UTC(2026, 0, 31)]] },
  );
  assert.throws(() => assertLayout(crypto.randomUUID(), 0), { name: 'AssertionError' });
});

/** Ids increase strictly while the clock advances, stops or steps back. */
function assertIncreases(make: (now: () => number) => Pick<Clock, 'newId'>): void {
  const steps = fc.array(fc.integer({ min: -5_000, max: 5_000 }), { minLength: 1, maxLength: 100 });
  fc.assert(
    fc.property(steps, (stepsMs) => {
      let nowMs = Date.UTC(2026, 0, 31);
      const { newId } = make(() => nowMs);
      const ids = stepsMs.map((stepMs) => {
        nowMs += stepMs;
        return newId();
      });
      for (const [index, id] of ids.entries()) assert.ok(index === 0 || id > (ids[index - 1] ?? ''), id);
    }),
  );
}

test('ids increase strictly, even while the clock stops or steps back', () => {
  assertIncreases(createClock);
  // Known-bad twin: a new clock for each id, which has no state of the last id.
  assert.throws(
    () => assertIncreases((now) => ({ newId: () => createClock(now).newId() })),
    /Property failed/,
  );
});

test('10,000 ids of one millisecond increase strictly: the counter overflows into the next millisecond', () => {
  const startMs = Date.UTC(2026, 0, 31);
  const { newId } = createClock(() => startMs);
  const ids = Array.from({ length: 10_000 }, newId);
  for (let index = 1; index < ids.length; index++) assert.ok((ids[index] ?? '') > (ids[index - 1] ?? ''));
  assertLayout(ids[4_095] ?? '', startMs);
  assertLayout(ids[4_096] ?? '', startMs + 1);
  assertLayout(ids[9_999] ?? '', startMs + 2);
});

test('two clocks generate different ids at the same time', () => {
  const ids = Array.from({ length: 1_000 }, () => createClock(() => 1).newId());
  assert.equal(new Set(ids).size, 1_000);
});

test('a fake clock advances only on command', () => {
  const clock = fakeClock(1_000);
  assert.equal(clock.now(), 1_000);
  clock.advance(5);
  assert.equal(clock.now(), 1_005);
  assertLayout(clock.newId(), 1_005);
});
