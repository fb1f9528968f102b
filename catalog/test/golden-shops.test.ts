import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { GOLDEN_SHOPS } from './golden-shops.ts';
import type { GoldenProduct, GoldenShop } from './golden-shops/golden-shop.ts';

const PRODUCTS_MAX = 8;
const TANK_TOPS = 146;
const SCRIPTS =
  'Latin Greek Cyrillic Hebrew Arabic Georgian Armenian Ethiopic Hangul Hiragana Katakana Han Thai Khmer Lao Devanagari Bengali Tamil Telugu Malayalam Kannada Gujarati Gurmukhi'.split(
    ' ',
  );

const nameOf = (product: GoldenProduct): string => (typeof product === 'string' ? product : product.name);

/** What makes a golden shop unfit as test data. */
function problemsOf({ why, products, queries }: GoldenShop): string[] {
  const names = new Set(products.map(nameOf));
  const problems: string[] = [];
  if (names.size < products.length) problems.push(`${why}: duplicate product`);
  if (names.size < 2 || (names.size > PRODUCTS_MAX && names.size !== TANK_TOPS))
    problems.push(`${why}: ${names.size} products`);
  if (new Set(queries.map(([query]) => query)).size < queries.length)
    problems.push(`${why}: duplicate query`);
  for (const [query, first, also = []] of queries) {
    const expected = first === null ? also : [first, ...also];
    problems.push(...expected.filter((name) => !names.has(name)).map((name) => `${query}: no ${name}`));
    if (first === null ? also.length > 0 : also.includes(first)) problems.push(`${query}: contradiction`);
  }
  return problems;
}

suite('the golden shops', () => {
  test('they have 2 to 8 products, except that of the tank tops, and each expected product exists', () => {
    assert.deepEqual(GOLDEN_SHOPS.flatMap(problemsOf), []);
    const sizes = GOLDEN_SHOPS.map(({ products }) => products.length);
    assert.equal(sizes.filter((size) => size > PRODUCTS_MAX).length, 1);
    assert.equal(new Set(GOLDEN_SHOPS.map(({ why }) => why)).size, GOLDEN_SHOPS.length);
  });

  test('they have at least 200 queries, in all scripts', () => {
    const queries = GOLDEN_SHOPS.flatMap((shop) => shop.queries.map(([query]) => query));
    assert.ok(queries.length >= 200, `${queries.length}`);
    for (const script of SCRIPTS) {
      const letter = new RegExp(String.raw`\p{Script=${script}}`, 'u');
      assert.ok(
        queries.some((query) => letter.test(query)),
        script,
      );
    }
  });

  test('known-bad twin: unfit shops are reported', () => {
    const shop: GoldenShop = { why: 'x', products: ['A', { name: 'B' }], queries: [['a', 'A', ['B']]] };
    assert.deepEqual(problemsOf(shop), []);
    const twins: [GoldenShop, string][] = [
      [{ ...shop, queries: [['c', 'C']] }, 'c: no C'],
      [{ ...shop, queries: [['a', 'A', ['C']]] }, 'a: no C'],
      [{ ...shop, queries: [['a', null, ['A']]] }, 'a: contradiction'],
      [{ ...shop, queries: [...shop.queries, ...shop.queries] }, 'x: duplicate query'],
      [{ ...shop, products: ['A', 'B', 'B'] }, 'x: duplicate product'],
      [{ ...shop, products: ['A'] }, 'x: 1 products'],
    ];
    for (const [twin, problem] of twins) assert.ok(problemsOf(twin).includes(problem), problem);
  });
});
