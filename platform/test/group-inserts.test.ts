import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { AppError } from '#platform/errors.ts';
import type { Event } from '#platform/events/event.ts';
import { groupInserts } from '#platform/group-inserts.ts';
import type { Database } from '#platform/postgres/pool.ts';
import { testCall } from '#testkit/shop.ts';

type Insert = (rows: readonly string[], events: readonly Event[]) => Promise<readonly (string | AppError)[]>;

/** Not used, since no request has an idempotency key (platform/test/idempotency.test.ts). */
const NO_DATABASE = {} as Database;

const refused = new AppError('VERSION_CONFLICT', 'The entity exists.');
/** The outcomes of a store with idempotency keys: a new row, the row of an earlier call, an error. */
const outcomeOf = (row: string): string | AppError => {
  if (row === 'refused') return refused;
  return row === 'repeated' ? 'stored before' : row;
};

/** The outcomes of three concurrent calls, and the number of rows of each statement. */
async function insertTogether(
  insert: Insert,
): Promise<{ outcomes: PromiseSettledResult<string>[]; sizes: number[] }> {
  const sizes: number[] = [];
  const store = groupInserts<string>(
    NO_DATABASE,
    (_database, rows, events) => {
      sizes.push(rows.length);
      return insert(rows, events);
    },
    (row) => row.length,
  );
  const call = testCall();
  const outcomes = await Promise.allSettled(
    ['new', 'repeated', 'refused'].map((row) => store(row, [], call)),
  );
  return { outcomes, sizes };
}

async function assertOutcomes(insert: Insert): Promise<void> {
  const { outcomes, sizes } = await insertTogether(insert);
  assert.deepEqual(sizes, [3]);
  assert.deepEqual(outcomes, [
    { status: 'fulfilled', value: 'new' },
    { status: 'fulfilled', value: 'stored before' },
    { status: 'rejected', reason: refused },
  ]);
}

suite('grouped inserts', () => {
  test('each caller gets the outcome of its own row: the stored row or its error', async () => {
    await assertOutcomes(async (rows) => rows.map(outcomeOf));
  });

  test('known-bad twin: a store that returns its input rows is detected', async () => {
    await assert.rejects(
      assertOutcomes(async (rows) => rows),
      assert.AssertionError,
    );
  });

  test('known-bad twin: a store that omits an existing row is detected', async () => {
    await assert.rejects(
      assertOutcomes(async (rows) => rows.filter((row) => row !== 'repeated').map(outcomeOf)),
      assert.AssertionError,
    );
  });
});
