import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { ADVISORY_LOCKS } from '#platform/postgres/advisory-locks.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const HOME = 'platform/postgres/advisory-locks.ts';
/** Numbers from here on are for tests. */
const TESTS_FROM = 4_711_900;

/** The lock numbers in a text: arguments of PostgreSQL's lock functions, or numbers in our range. */
const numbersIn = (text: string): string[] =>
  Array.from(
    text.matchAll(/advisory_(?:xact_)?(?:lock|unlock)(?:_shared)?\s*\(\s*(\d[\d_]*)|\b(4_?711_?\d{3})\b/g),
    ([, called = '', ours = '']) => called || ours,
  );

const requireUnique = (numbers: readonly number[]): void =>
  assert.equal(new Set(numbers).size, numbers.length, 'two locks have the same number');

test('each advisory lock has a unique number', () => {
  const numbers = Object.values(ADVISORY_LOCKS);
  requireUnique(numbers);
  assert.ok(numbers.every((number) => number < TESTS_FROM));
  assert.throws(() => requireUnique([...numbers, ADVISORY_LOCKS.migration]), 'known-bad twin');
});

test('no other code or migration contains a lock number', async () => {
  const options = {
    cwd: root,
    exclude: ['node_modules/**', '.fritzy/**', '**/test/**', 'testkit/**', 'e2e/**'],
  };
  const paths = await Array.fromAsync(glob('**/*.{ts,sql}', options));
  assert.ok(paths.includes(HOME) && paths.some((path) => path.endsWith('.sql')), `${paths.length} files`);
  const naming = await Promise.all(
    paths.map(async (path) => (numbersIn(await readFile(`${root}${path}`, 'utf8')).length > 0 ? [path] : [])),
  );
  assert.deepEqual(naming.flat(), [HOME]);
  for (const twin of [
    "'SELECT pg_try_advisory_xact_lock(17)'",
    'const LOCK = 4_711_020;',
    'SELECT pg_advisory_unlock (4711020, 1)',
  ])
    assert.equal(numbersIn(twin).length, 1, `known-bad twin: ${twin}`);
});
