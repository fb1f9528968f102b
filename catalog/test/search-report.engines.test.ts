import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { SEARCH_LANGUAGE_DEFAULT } from '#catalog/search/language.ts';
import { searchTables } from '#catalog/search/postgres/tables.ts';
import { missingEngine, openTestEngine } from '#testkit/engines.ts';
import { testCall } from '#testkit/shop.ts';
import { openEngineCatalog } from './engine-catalog.ts';
import { runReport } from './search-report-program.ts';

const skip = missingEngine('elasticsearch');
const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const folder = mkdtempSync(join(tmpdir(), 'search-report-'));
stack.defer(() => rmSync(folder, { recursive: true }));

suite('the search report of a shop with a search engine', { skip, timeout: 240_000 }, () => {
  test('shows the engine and PostgreSQL side by side, and the queries in which they differ', async () => {
    const engine = stack.use(await openTestEngine('elasticsearch'));
    const shop = await openEngineCatalog(engine.url, stack);
    for (const name of ['Peridot Ring', 'Desk Lamp', 'Lamp'])
      await shop.catalog.createProduct({ name }, testCall());
    await shop.settle();
    const file = join(folder, 'queries.csv');
    writeFileSync(file, 'query,expected\nlamp,Desk Lamp\nperdiot,Peridot Ring\n');
    const env = { FILE: file, CATALOG_DATABASE_URL: shop.databaseUrl, SEARCH_URL: shop.searchUrl };
    const report = async (): Promise<string> => {
      const { status, stdout, stderr } = await runReport(env);
      assert.equal(status, 0, stderr);
      return stdout;
    };
    assert.equal(
      await report(),
      `query    backend     rank    RR  first hit     matched
lamp     engine         2  0.50  Lamp          all
         postgresql     2  0.50  Lamp          all
perdiot  engine         1  1.00  Peridot Ring  corrected: peridot
         postgresql     1  1.00  Peridot Ring  corrected: peridot

backend     queries  first hit right    MRR
engine            2  1 (50.0 %)       0.750
postgresql        2  1 (50.0 %)       0.750
MRR: mean of the reciprocal ranks (RR). A product after the first 100 hits has RR 0.
0 of 2 queries differ between the backends in rank or first hit.
`,
    );
    const { products } = await shop.catalog.searchProducts({ query: 'lamp', size: 1 }, testCall());
    await shop.rows(`DELETE FROM ${searchTables(SEARCH_LANGUAGE_DEFAULT).products} WHERE id = $1`, [
      products[0]?.id,
    ]);
    assert.match(
      await report(),
      /1 of 2 queries differ .*\n {2}lamp: engine 2, Lamp; postgresql 1, Desk Lamp\n/,
      'known-bad twin: PostgreSQL misses a product',
    );

    const missing = await runReport({ ...env, SEARCH_URL: `${shop.searchUrl}-other` });
    assert.equal(missing.status, 1);
    assert.match(
      missing.stderr,
      /has no index of this version for SEARCH_LANGUAGE=english: run make reindex/,
    );
  });
});
