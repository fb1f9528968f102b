import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '#platform/clock.ts';
import type { Page } from '#platform/input.ts';
import { keyset, keysetValues, toPage, type PageOf } from '#platform/postgres/keyset.ts';
import { openDatabase, type Statement } from '#platform/postgres/pool.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { openTestPostgres } from '#testkit/postgres.ts';

const postgres = await openTestPostgres();
const database = openDatabase({
  url: await postgres.createDatabase('empty'),
  name: 'test',
  telemetry: createTelemetry(),
});
after(async () => {
  await database[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});
await database.query({ name: 'create', text: 'CREATE TABLE item (id uuid PRIMARY KEY)' }, []);

const TRUNCATE: Statement = { name: 'truncate', text: 'TRUNCATE item' };
const INSERT: Statement = { name: 'insert', text: 'INSERT INTO item SELECT unnest($1::uuid[])' };
const ALL: Statement = { name: 'all', text: 'SELECT id FROM item ORDER BY id DESC' };
const FORWARD: Statement = { name: 'forward', text: `SELECT id FROM item WHERE ${keyset('forward', 1)}` };
const BACKWARD: Statement = { name: 'backward', text: `SELECT id FROM item WHERE ${keyset('backward', 1)}` };

const PAGE: Page = { size: 1, skip: 0, afterId: null, beforeId: null, fromEnd: false };

async function read(page: Page): Promise<PageOf<string>> {
  const rows = await database.query<{ id: string }>(page.fromEnd ? BACKWARD : FORWARD, keysetValues(page));
  return toPage(
    rows.map(({ id }) => id),
    page,
  );
}

const listed = async (): Promise<string[]> =>
  (await database.query<{ id: string }>(ALL, [])).map(({ id }) => id);

/** The page after the rows seen so far, in one direction. */
type Next = (seen: readonly string[], size: number) => Page;

const forward: Next = (seen, size) => ({ ...PAGE, size, afterId: seen.at(-1) ?? null });
const backward: Next = (seen, size) => ({ ...PAGE, size, beforeId: seen.at(0) ?? null, fromEnd: true });
/** Known-bad twin: uses an offset, which shifts when rows are inserted before it. */
const byOffset: Next = (seen, size) => ({ ...PAGE, size, skip: seen.length });

const PAGES_MAX = 200;
const anyCase = fc.record({
  rows: fc.nat({ max: 25 }),
  sizes: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }),
  /** The rows inserted after each page: newer ones and ones at any position. */
  inserts: fc.array(fc.record({ newer: fc.nat({ max: 2 }), anywhere: fc.nat({ max: 2 }) }), { maxLength: 4 }),
});

/** Paging through a list returns every row that existed at the start, once, in order. */
async function assertEachRowOnce(next: Next): Promise<void> {
  await fc.assert(
    fc.asyncProperty(anyCase, async ({ rows, sizes, inserts }) => {
      await database.query(TRUNCATE, []);
      const ids = Array.from({ length: rows }, (_, count) =>
        count % 2 === 0 ? systemClock.newId() : randomUUID(),
      );
      await database.query(INSERT, [ids]);
      const atStart = await listed();
      let seen: string[] = [];
      for (let count = 0, more = true; more; count++) {
        assert.ok(count < PAGES_MAX, 'paging does not end');
        const page = next(seen, sizes[count % sizes.length] ?? 1);
        const { rows: found, hasMore } = await read(page);
        assert.ok(found.length === page.size || !hasMore, 'a short page is not the last');
        seen = page.fromEnd ? [...found, ...seen] : [...seen, ...found];
        more = hasMore;
        const { newer = 0, anywhere = 0 } = inserts[count] ?? {};
        const added = [
          ...Array.from({ length: newer }, systemClock.newId),
          ...Array.from({ length: anywhere }, () => randomUUID()),
        ];
        if (more) await database.query(INSERT, [added]);
      }
      assert.deepEqual(seen, [...new Set(seen)].sort().toReversed(), 'duplicated or out of order');
      const known = new Set(atStart);
      assert.deepEqual(
        seen.filter((id) => known.has(id)),
        atStart,
        'a row is missing',
      );
      if (inserts.length === 0) assert.deepEqual(seen, atStart);
    }),
    { numRuns: 60 },
  );
}

test('paging forward returns each row once, even while rows are inserted', async () => {
  await assertEachRowOnce(forward);
  await assert.rejects(assertEachRowOnce(byOffset), /Property failed/);
});

test('paging backward returns each row once, even while rows are inserted', () =>
  assertEachRowOnce(backward));

test('a page between two ids contains neither of them, from either end', async () => {
  await database.query(TRUNCATE, []);
  const ids = Array.from({ length: 6 }, systemClock.newId);
  await database.query(INSERT, [ids]);
  const [first = '', a, b, c, d, last = ''] = await listed();
  const between = { ...PAGE, afterId: first, beforeId: last };
  assert.deepEqual(await read({ ...between, size: 3 }), { rows: [a, b, c], hasMore: true });
  assert.deepEqual(await read({ ...between, size: 4 }), { rows: [a, b, c, d], hasMore: false });
  assert.deepEqual(await read({ ...between, size: 3, fromEnd: true }), { rows: [b, c, d], hasMore: true });
  assert.deepEqual(await read({ ...PAGE, size: 2, skip: 1 }), { rows: [a, b], hasMore: true });
  assert.deepEqual(await read({ ...PAGE, size: 2, skip: 6 }), { rows: [], hasMore: false });
});
