import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMinimumVersions } from '#platform/cache/minimum-versions.ts';
import { decodeValue, encodeValue } from '#platform/cache/cache-value.ts';
import { cacheContract } from '#platform/test/cache-contract.ts';
import { thingOptions } from '#platform/test/cache-things.ts';
import fc from 'fast-check';

let nowMs = 0;
cacheContract('in memory', () => ({
  options: async (load) => thingOptions({ load, elapsedMs: () => nowMs }),
  pass: async (ms) => void (nowMs += ms),
}));

test('above the maximum count, minimum versions reject all earlier reads and no later ones', () => {
  let atMs = 0;
  const minimumVersions = createMinimumVersions(() => atMs, 2_000, 3);
  const raise = (id: string): void =>
    minimumVersions.raise(id, { version: 2n, sinceMs: Number.NEGATIVE_INFINITY });
  for (const id of ['a', 'b', 'c']) raise(id);
  assert.equal(minimumVersions.accepts('a', { version: 1n, startedMs: 0 }), false);
  assert.equal(minimumVersions.accepts('z', { version: 1n, startedMs: 0 }), true);
  atMs = 10;
  raise('d');
  assert.equal(
    minimumVersions.accepts('a', { version: 1n, startedMs: 9 }),
    false,
    'dropped, so all earlier reads are rejected',
  );
  assert.equal(minimumVersions.accepts('z', { version: 1n, startedMs: 9 }), false);
  assert.equal(minimumVersions.accepts('z', { version: 1n, startedMs: 11 }), true);
  atMs = 2_011;
  raise('e');
  assert.equal(minimumVersions.accepts('d', { version: 1n, startedMs: 2_011 }), true, 'expired');
});

test('a minimum version holds for the maximum age of a value, including the last millisecond', () => {
  let atMs = 0;
  const minimumVersions = createMinimumVersions(() => atMs, 2_000, 3);
  const raise = (id: string): void =>
    minimumVersions.raise(id, { version: 2n, sinceMs: Number.NEGATIVE_INFINITY });
  raise('a');
  atMs = 2_000;
  raise('b');
  assert.equal(minimumVersions.accepts('a', { version: 1n, startedMs: 0 }), false);
});

test('a shared value is decoded as it was encoded; with any byte changed, removed or added it is rejected', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      fc.double({ noNaN: true }),
      fc.uint8Array(),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (version, momentMs, bytes, at, flip) => {
        const value = encodeValue({ version, momentMs, bytes });
        const read = decodeValue(value);
        assert.deepEqual(
          { ...read, bytes: Uint8Array.from(read?.bytes ?? []) },
          { version, momentMs, bytes },
        );
        assert.equal(decodeValue(value.subarray(0, at % value.length)), undefined);
        assert.equal(decodeValue(Buffer.concat([value, Buffer.from([flip])])), undefined);
        value[at % value.length] = (value[at % value.length] ?? 0) ^ flip;
        assert.equal(decodeValue(value), undefined);
      },
    ),
  );
});
