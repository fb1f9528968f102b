import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import pg from 'pg';
import type { CatalogService } from '#catalog/pb/catalog_pb.js';
import { SEARCH_LANGUAGE_DEFAULT } from '#catalog/search/language.ts';
import { openPostgresSearch } from '#catalog/search/postgres/open-search.ts';
import { searchTables } from '#catalog/search/postgres/tables.ts';
import { startCatalog } from '#catalog/service.ts';
import { openDatabase } from '#platform/postgres/pool.ts';
import { inProcess, type Client } from '#platform/rpc.ts';
import { openServiceBench } from '#testkit/service-bench.ts';
import { eventually, testCall } from '#testkit/shop.ts';
import { openPlanner } from './open-planner.ts';
import { firstHitOf } from './search-fixtures.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const bench = await openServiceBench('catalog', stack);
const { implementation } = await startCatalog({ databaseUrl: bench.url }, bench.deps, stack);
const catalog: Client<typeof CatalogService> = inProcess(implementation);
const never = new AbortController().signal;
const { product } = await catalog.createProduct({ name: 'Lamp' }, testCall());

const { planner } = openPlanner(bench.url, stack);
const { words } = searchTables(SEARCH_LANGUAGE_DEFAULT);

/** The number of connections that wait for the vocabulary. */
async function waiting(): Promise<number> {
  const sql = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%${words}%'`;
  return (await bench.rows(sql)).length;
}

/** Makes searches with new words wait while `work` runs. */
async function withLockedVocabulary(work: () => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: bench.url });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query(`LOCK TABLE ${words} IN ACCESS EXCLUSIVE MODE`);
    await work();
  } finally {
    await client.end();
  }
}

suite('expensive searches in PostgreSQL', () => {
  test('correct at most the first four unknown words', async () => {
    const text = 'lampp lamqp lamp lammp llamp lampq';
    assert.equal(await planner.correct(text, never), 'lamp lamp lamp lamp lamp lampq');
  });

  test('use at most three connections, so that reads by id get one, and end with DEADLINE_EXCEEDED', async () => {
    await withLockedVocabulary(async () => {
      const searches = Promise.allSettled(
        Array.from({ length: 6 }, (_, n) =>
          catalog.searchProducts({ query: `lampp${n}`, size: 1, withDidYouMean: true }, testCall()),
        ),
      );
      await eventually(async () => assert.equal(await waiting(), 3));
      const { products } = await catalog.batchGetProducts({ ids: [product?.id ?? ''] }, testCall());
      assert.equal(products[0]?.name, 'Lamp');
      for (const answer of await searches) {
        assert.ok(answer.status === 'rejected');
        const { reason } = answer.reason as { reason: string };
        assert.ok(['DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED'].includes(reason), reason);
      }
      // PostgreSQL reports the error shortly before the session is idle.
      await eventually(async () => assert.equal(await waiting(), 0));
    });
  });

  test('known-bad twin: in the shared pool they take all ten connections', async () => {
    await using database = openDatabase({ ...bench.deps, url: bench.url, name: 'catalog' });
    await withLockedVocabulary(async () => {
      const { index } = openPostgresSearch(database, SEARCH_LANGUAGE_DEFAULT);
      const stopping = new AbortController();
      const include = { hits: false, total: false, facets: false, didYouMean: true };
      const searches = Promise.allSettled(
        Array.from({ length: 20 }, (_, n) =>
          index.search({ ...firstHitOf(`lampp${n}`), include }, stopping.signal),
        ),
      );
      await eventually(async () => assert.equal(await waiting(), 10));
      stopping.abort(new Error('the test is done'));
      await searches;
    });
  });
});
