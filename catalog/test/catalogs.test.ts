import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { requireDescription, requireName, requirePrice, requireTags } from '#catalog/product/product.ts';
import type { CatalogProduct } from './catalogs/catalog-product.ts';
import { CLOTHES } from './catalogs/clothes.ts';
import { HARDWARE } from './catalogs/hardware.ts';
import { JUDGED_QUERIES, type JudgedQuery } from './judged-queries.ts';

type Catalogs = Readonly<Record<JudgedQuery['catalog'], readonly CatalogProduct[]>>;

const CATALOGS: Catalogs = { hardware: HARDWARE, clothes: CLOTHES };
const PRODUCTS_MIN = 2_000;
const QUERIES_MIN = 30;
/** Enough for the tank tops. A query with more expected products would test nothing. */
const EXPECTED_MAX = 150;

/** What makes the catalogues and the judged queries unfit as test data. */
function problemsOf(catalogs: Catalogs, queries: readonly JudgedQuery[]): string[] {
  const problems: string[] = [];
  for (const [catalog, products] of Object.entries(catalogs)) {
    const names = new Set<string>();
    if (products.length < PRODUCTS_MIN) problems.push(`${catalog}: only ${products.length} products`);
    for (const { name } of products) {
      if (names.has(name)) problems.push(`${catalog}: duplicate ${name}`);
      names.add(name);
    }
    const judged = queries.filter((query) => query.catalog === catalog);
    if (judged.length < QUERIES_MIN) problems.push(`${catalog}: only ${judged.length} queries`);
    if (new Set(judged.map(({ query }) => query)).size < judged.length)
      problems.push(`${catalog}: duplicate query`);
    for (const { query, expected } of judged) {
      if (expected.length === 0 || expected.length > EXPECTED_MAX)
        problems.push(`${query}: ${expected.length} expected`);
      problems.push(...expected.filter((name) => !names.has(name)).map((name) => `${query}: no ${name}`));
    }
  }
  return problems;
}

suite('the catalogues and the judged queries', () => {
  test('each catalogue has at least 2,000 products with unique names; each expected product exists', () => {
    assert.deepEqual(problemsOf(CATALOGS, JUDGED_QUERIES), []);
  });

  test('known-bad twin: too few products, a duplicate name and an unknown expected product are reported', () => {
    const [first, second] = HARDWARE;
    const [judged] = JUDGED_QUERIES;
    assert.ok(first && second && judged);
    const twins: [Catalogs, JudgedQuery[], string][] = [
      [{ ...CATALOGS, clothes: CLOTHES.slice(0, PRODUCTS_MIN - 1) }, [], 'clothes: only 1999 products'],
      [{ ...CATALOGS, hardware: [...HARDWARE, first] }, [], `hardware: duplicate ${first.name}`],
      [CATALOGS, [{ ...judged, query: 'x', expected: ['Unknown'] }], 'x: no Unknown'],
      [CATALOGS, [{ ...judged, query: 'x', expected: [] }], 'x: 0 expected'],
      [CATALOGS, [judged], 'hardware: duplicate query'],
    ];
    for (const [catalogs, queries, problem] of twins)
      assert.ok(problemsOf(catalogs, [...JUDGED_QUERIES, ...queries]).includes(problem), problem);
  });

  test('the catalog accepts all products', () => {
    for (const { name, description, priceMinor, category, tags } of [...HARDWARE, ...CLOTHES]) {
      assert.equal(requireName(name), name);
      assert.equal(requireDescription(description), description);
      assert.deepEqual(requireTags('tags', tags), tags);
      requirePrice(BigInt(priceMinor));
      assert.ok(priceMinor > 0 && category.length > 0, name);
    }
  });

  test('the 146 tank tops are for men', () => {
    const tankTops = CLOTHES.filter((product) => /tank/i.test(JSON.stringify(product)));
    assert.equal(tankTops.length, 146);
    for (const { name, category } of tankTops) {
      assert.match(name, /Men’s .*Tank Top/);
      assert.deepEqual(category, ['Men', 'Tops', 'Tank tops']);
    }
  });
});
