import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { AppError } from '#platform/errors.ts';
import { groupInserts } from '#platform/group-inserts.ts';
import { testCall } from '#testkit/shop.ts';

type Insert = Parameters<typeof groupInserts<string>>[0];

const refused = new AppError('VERSION_CONFLICT', 'There is one already.');
/** What a store that knows idempotency keys reports: a new row, the row of an earlier call, a refusal. */
const outcomeOf = (row: string): string | AppError => {
  if (row === 'refused') return refused;
  return row === 'repeated' ? 'stored before' : row;
};

/** What three concurrent callers get, and how many rows each statement had. */
async function insertTogether(
  insert: Insert,
): Promise<{ outcomes: PromiseSettledResult<string>[]; sizes: number[] }> {
  const sizes: number[] = [];
  const store = groupInserts<string>(
    (rows, events) => {
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
  test('each caller gets the outcome of its own row: what is stored, or its refusal', async () => {
    await assertOutcomes(async (rows) => rows.map(outcomeOf));
  });

  test('known-bad twin: a store that returns the rows it was given is caught', async () => {
    await assert.rejects(
      assertOutcomes(async (rows) => rows),
      assert.AssertionError,
    );
  });

  test('known-bad twin: a store that leaves out the row that was there is caught', async () => {
    await assert.rejects(
      assertOutcomes(async (rows) => rows.filter((row) => row !== 'repeated').map(outcomeOf)),
      assert.AssertionError,
    );
  });
});
