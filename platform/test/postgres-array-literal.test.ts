import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { encodeArray } from '#platform/postgres/array-literal.ts';
import { openDatabase } from '#platform/postgres/pool.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { Random } from '#testkit/random.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
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

/** Returns the arrays as PostgreSQL received them. */
async function receive(type: string, arrays: readonly unknown[]): Promise<unknown[]> {
  const text = `SELECT ${arrays.map((_, index) => `$${index + 1}::${type}[] AS a${index}`).join(', ')}`;
  const [row] = await database.query<Record<string, unknown>>({ name: '', text }, arrays);
  return arrays.map((_, index) => row?.[`a${index}`]);
}

const PARTS = [
  '"',
  '\\',
  ',',
  '{',
  '}',
  '\n',
  '\t',
  '\u0001',
  '\u007f',
  ' ',
  '',
  'NULL',
  'null',
  'é',
  '😀',
  'a1',
];

test(`arrays of 500 random texts arrive unchanged (FUZZ_SEED=${seed})`, async () => {
  const random = new Random(seed);
  const text = (): string => Array.from({ length: random.whole(0, 6) }, () => random.pick(PARTS)).join('');
  const arrays = Array.from({ length: 100 }, () => Array.from({ length: 5 }, text));
  assert.deepEqual(await receive('text', arrays), arrays);
  assert.ok(arrays.some((array) => encodeArray(array) !== array));
  assert.ok(arrays.some((array) => encodeArray(array) === array));
});

test('texts with null, whole numbers and empty arrays arrive unchanged', async () => {
  const texts = [['a', null], [], ['']];
  assert.deepEqual(await receive('text', texts), texts);
  const received = await receive('bigint', [[1n, -9_223_372_036_854_775_808n], []]);
  assert.deepEqual(received, [['1', '-9223372036854775808'], []]);
  const integers = [[0, -1, 2_147_483_647]];
  assert.deepEqual(await receive('integer', integers), integers);
});

test('known-bad twin: JSON alone changes a line break', async () => {
  assert.deepEqual(await receive('text', [`{${JSON.stringify('a\nb')}}`]), [['anb']]);
});
