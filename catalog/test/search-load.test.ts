import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { CatalogService } from '#catalog/pb/catalog_pb.js';
import { postgresIndex } from '#catalog/search/postgres.ts';
import { TYPED_WORDS } from '#catalog/search/postgres-statements.ts';
import { startCatalog } from '#catalog/service.ts';
import { openDatabase } from '#platform/postgres/pool.ts';
import { inProcess, type Client } from '#platform/rpc.ts';
import { openServiceBench } from '#testkit/service-bench.ts';
import { eventually, testCall } from '#testkit/shop.ts';
import { firstHitOf } from './search-fixtures.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const bench = await openServiceBench('catalog', stack);
const { implementation } = await startCatalog({ databaseUrl: bench.url }, bench.deps, stack);
const catalog: Client<typeof CatalogService> = inProcess(implementation);
const { product } = await catalog.createProduct({ name: 'Lamp' }, testCall());

/** The number of connections that currently compute a correction. */
async function correcting(): Promise<number> {
  const sql = `SELECT FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%words_like(%' AND pid <> pg_backend_pid()`;
  return (await bench.rows(sql)).length;
}

suite('expensive searches in PostgreSQL', () => {
  test('correct at most the first four unknown words', async () => {
    const words = ['lampp', 'no', 'lamqp', 'lamp', 'lammp', 'llamp', 'lampq', 'lampz'];
    const rows = await bench.rows<{ known: boolean; candidates: string[] }>(TYPED_WORDS.text, [words]);
    assert.deepEqual(
      rows.map(({ candidates }) => candidates.length),
      [1, 0, 1, 0, 1, 1, 0, 0],
    );
    assert.deepEqual(
      rows.map(({ known }) => known),
      [false, true, false, true, false, false, false, false],
    );
  });

  test('use at most three connections, so that reads by id get one, and end with DEADLINE_EXCEEDED', async () => {
    await bench.rows(`
      CREATE OR REPLACE FUNCTION words_like(typed text) RETURNS text[] LANGUAGE sql VOLATILE
      AS 'SELECT ARRAY[typed] FROM pg_sleep(60)'`);
    const searches = Promise.allSettled(
      Array.from({ length: 6 }, (_, n) =>
        catalog.searchProducts({ query: `lampp${n}`, size: 1, withDidYouMean: true }, testCall()),
      ),
    );
    await eventually(async () => assert.equal(await correcting(), 3));
    const { products } = await catalog.batchGetProducts({ ids: [product?.id ?? ''] }, testCall());
    assert.equal(products[0]?.name, 'Lamp');
    for (const answer of await searches) {
      assert.ok(answer.status === 'rejected');
      const { reason } = answer.reason as { reason: string };
      assert.ok(['DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED'].includes(reason), reason);
    }
    // PostgreSQL reports the error shortly before the session is idle. Without the timeout each search would take 60 s.
    await eventually(async () => assert.equal(await correcting(), 0));
  });

  test('known-bad twin: in the shared pool they take all ten connections', async () => {
    await using database = openDatabase({ ...bench.deps, url: bench.url, name: 'catalog' });
    const index = postgresIndex(database);
    const stopping = new AbortController();
    const include = { hits: false, total: false, facets: false, didYouMean: true };
    const searches = Promise.allSettled(
      Array.from({ length: 20 }, (_, n) =>
        index.search({ ...firstHitOf(`lampp${n}`), include }, stopping.signal),
      ),
    );
    await eventually(async () => assert.equal(await correcting(), 10));
    stopping.abort(new Error('the test is done'));
    await searches;
  });
});
