import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { failureLines, waitForOutput, spawnProgram, startShop } from '#cmd/fritzy/test/program.ts';
import { isAlive, newFolder, processesIn } from '#platform/test/embedded-server-owner.ts';
import { ACCOUNTS, accountName, CATEGORY_PATHS, productOf, PRODUCTS } from '#scripts/seed-data.ts';
import { eventually, postGraphQL } from '#testkit/shop.ts';

const PROGRAM = 'scripts/seed.ts';
const FACETS = `{ searchProducts(query: "backpack", filter: { tags: ["leather"] }) {
  totalCount facets { categories { category { name } count } priceBuckets { count } } } }`;

/** Names that occur more than once. */
function repeated(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.filter((name) => seen.size === seen.add(name).size);
}

test('the 10,000 products of make seed have unique names without serial numbers, plausible prices, a category and tags', () => {
  const products = PRODUCTS.map(productOf);
  assert.equal(products.length, 10_000);
  assert.deepEqual(repeated(products.map(({ name }) => name)), []);
  assert.deepEqual(repeated(ACCOUNTS.map(accountName)), []);
  // Known-bad twin: without the variant after the comma, names repeat.
  assert.ok(repeated(products.map(({ name }) => name.replace(/,.*/, ''))).length > 0);
  assert.deepEqual(
    products.filter(({ name }) => /\d{3}/.test(name)),
    [],
  );
  const paths = new Set(CATEGORY_PATHS.map((path) => path.join(' > ')));
  for (const { name, description, price, category, tags } of products) {
    assert.ok(paths.has(category.join(' > ')), name);
    assert.ok(category.length >= 2 && category.length <= 3, name);
    assert.ok(tags.length >= 2 && tags.every((tag) => tag === tag.toLowerCase()), name);
    assert.match(description, /^[A-Z0-9].*\.$/, name);
    assert.ok(price > 1 && price < 2_000, `${name}: ${price}`);
  }
  const lamp = Math.max(
    ...products.filter(({ name }) => name.includes('Desk Lamp')).map(({ price }) => price),
  );
  const sofa = Math.min(...products.filter(({ name }) => name.includes('Sofa')).map(({ price }) => price));
  assert.ok(lamp < sofa, `a desk lamp costs ${lamp}, a sofa ${sofa}`);
});

suite('make seed', () => {
  const folder = newFolder();
  // Nothing listens on this port, so that make seed starts a shop.
  const env = { FRITZY_DATA: folder, PORT: '1' };

  for (const [signal, to, when, stream, code] of [
    ['SIGTERM', 'program', /starting one/, 'stdout', 143],
    ['SIGTERM', 'program', /products .* [1-9]\d*\/10000/, 'stderr', 143],
    ['SIGINT', 'group', /products .* [1-9]\d*\/10000/, 'stderr', 130],
  ] as const) {
    test(`${signal} to the ${to} at ${when} ends make seed with status ${code} and one line, and stops the shop that it started`, async () => {
      await using seed = spawnProgram(PROGRAM, env);
      await waitForOutput(seed, when, stream);
      seed.signal(signal, to);
      assert.equal(await seed.ended, code, seed.stderr());
      const lines = seed
        .stderr()
        .split('\n')
        .filter((line) => line !== '' && !/[█░]/.test(line));
      assert.deepEqual(lines, ['fritzy: interrupted; run make seed again to add the missing data']);
      assert.deepEqual(processesIn(folder), []);
      // The lock of the data folder is free.
      await using shop = await startShop(folder);
      assert.equal((await fetch(`${shop.url}/readyz`)).status, 200);
    });
  }

  test('known-bad twin: a killed make seed leaves its shop running, which the check detects', async () => {
    const folder = newFolder();
    await using seed = spawnProgram(PROGRAM, { ...env, FRITZY_DATA: folder });
    await waitForOutput(seed, /products .* [1-9]\d*\/10000/, 'stderr');
    seed.signal('SIGKILL');
    const shop = Number(readFileSync(join(folder, 'lock.owner'), 'utf8'));
    await eventually(() => assert.ok(!isAlive(seed.pid)));
    assert.ok(isAlive(shop) && processesIn(folder).length > 0);
    process.kill(shop, 'SIGTERM');
    assert.equal(await seed.ended, 'SIGKILL');
    await eventually(() => assert.deepEqual(processesIn(folder), []), 60_000);
  });

  test('adds missing data, and nothing on a second run; searches return facets', async () => {
    await using shop = await startShop(folder);
    const shopEnv = { PORT: new URL(shop.url).port, FRITZY_DATA: folder };
    const counts: unknown[] = [];
    for (let run = 1; run <= 2; run++) {
      await using seed = spawnProgram(PROGRAM, shopEnv);
      assert.equal(await seed.ended, 0, seed.stderr());
      assert.match(seed.stdout(), /The shop has 51 categories, 10000 products and 1000 accounts/);
      // The search index is updated asynchronously.
      const { data } = await eventually(async () => {
        const found = await postGraphQL(shop.url, { query: FACETS });
        assert.equal(found.data?.searchProducts.totalCount, 32);
        return found;
      }, 60_000);
      counts.push(data);
    }
    assert.deepEqual(counts[1], counts[0]);
    assert.deepEqual(counts[0], {
      searchProducts: {
        totalCount: 32,
        facets: {
          categories: ['Shoes and bags', 'Bags', 'Everyday'].map((name) => ({
            category: { name },
            count: 32,
          })),
          priceBuckets: [{ count: 1 }, { count: 7 }, { count: 24 }],
        },
      },
    });
  });

  test('reports in one line that it cannot start a shop', async () => {
    const lines = await failureLines(PROGRAM, { FRITZY_DATA: '/dev/null/x', PORT: '1' });
    assert.match(lines.join('\n'), /cannot be written .*\nfritzy: the shop could not be started$/);
  });
});
