import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { elasticsearchBackend, SEARCH_TIMEOUT_MS } from '#catalog/search/elasticsearch.ts';
import { planSearch } from '#catalog/search/plan-search.ts';
import { openEngine } from '#catalog/search/engine.ts';
import { SearchSort } from '#catalog/pb/catalog_pb.js';
import { catalogMetrics } from '#catalog/metrics.ts';
import { missingEngine, startElasticsearch, type TestSearchEngine } from '#testkit/engines.ts';
import { eventually, testCall } from '#testkit/shop.ts';
import { openPlanner } from './open-planner.ts';
import { openEngineCatalog, type EngineCatalog } from './engine-catalog.ts';

const skip = missingEngine('elasticsearch', { own: true });
const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());

const DOWN = 'the search engine cannot be used; PostgreSQL answers searches';
const BACK = 'the search engine is back and answers searches';

suite('a search engine that fails', { skip, timeout: 240_000 }, () => {
  let engine: TestSearchEngine;
  let shop: EngineCatalog;
  const ids: string[] = [];

  const lines = (text: string): number => shop.logLines.filter(({ msg }) => msg === text).length;
  const metric = async (): Promise<[isUp: number | undefined, fallbacks: number]> => {
    const { engineUp, fallbacks } = catalogMetrics(shop.deps.telemetry.registry);
    const byReason = (await fallbacks.get()).values.map(({ value }) => value);
    return [(await engineUp.get()).values[0]?.value, byReason.reduce((sum, count) => sum + count, 0)];
  };
  const search = async (query: string): Promise<string[]> =>
    (await shop.catalog.searchProducts({ query, size: 100 }, testCall())).products.map(({ name }) => name);

  const page = async (sort: SearchSort, cursor: string) => {
    const request = { query: 'lamp', sort, size: 4, after: cursor };
    const { products, endCursor } = await shop.catalog.searchProducts(request, testCall());
    return { names: products.map(({ name }) => name), endCursor };
  };
  const cheapest = (cursor: string) => page(SearchSort.PRICE_ASC, cursor);
  const mostRelevant = (cursor: string) => page(SearchSort.RELEVANCE, cursor);

  /** Runs four clients that search and read until `work` is done. Returns their answers and the slowest search. */
  async function loadDuring(work: () => Promise<void>): Promise<{ answers: number; slowestMs: number }> {
    const done = new AbortController();
    let answers = 0;
    let slowestMs = 0;
    const client = async (n: number): Promise<void> => {
      while (!done.signal.aborted) {
        const startedMs = performance.now();
        assert.ok((await search(n % 2 === 0 ? 'lamp' : '')).length >= ids.length);
        slowestMs = Math.max(slowestMs, performance.now() - startedMs);
        const { products } = await shop.catalog.batchGetProducts({ ids }, testCall());
        assert.equal(products.length, ids.length);
        answers += 2;
      }
    };
    const clients = Promise.all([0, 1, 2, 3].map(client));
    await Promise.race([work(), clients]);
    done.abort();
    await clients;
    return { answers, slowestMs };
  }

  test('indexes the products', async () => {
    engine = stack.use(await startElasticsearch());
    shop = await openEngineCatalog(engine.url, stack);
    for (let n = 0; n < 20; n++) {
      const { product } = await shop.catalog.createProduct(
        { name: `Lamp ${n}`, priceMinor: BigInt(n) },
        testCall(),
      );
      ids.push(product?.id ?? '');
    }
    await shop.settle();
  });

  test('no query or prefix makes the engine fail: it answers all of them without the fallback', async () => {
    // The first searches after the start can exceed their timeout.
    await eventually(async () => {
      const before = await metric();
      await search('lampp shaed');
      assert.deepEqual(await metric(), before);
    }, 60_000);
    const before = await metric();
    for (const unit of ['中', '각', '㌖', '㍿', '𠀀', 'a', 'ab1']) {
      const query = unit.repeat(1_000 / unit.length);
      const request = { query, size: 10, withDidYouMean: true, withTotal: true, withFacets: true };
      await shop.catalog.searchProducts(request, testCall());
      const prefix = Array.from(query).slice(0, 100).join('');
      await shop.catalog.suggestProducts({ prefix, size: 10 }, testCall());
    }
    const forged = { query: '', sort: SearchSort.PRICE_ASC, size: 10, after: `af999999::${ids[0]}` };
    await assert.rejects(shop.catalog.searchProducts(forged, testCall()), {
      reason: 'INVALID_CURSOR',
      field: 'after',
    });
    assert.deepEqual(await metric(), before);
  });

  test('killed under load: no search or read fails, PostgreSQL answers, and the restarted engine is used again', async () => {
    const [, before] = await metric();
    const first = await cheapest('');
    const best = await mostRelevant('');
    let fromPostgres = '';
    const { answers } = await loadDuring(async () => {
      await search('lamp');
      await engine.kill();
      await eventually(async () => {
        const [isUp, fallbacks] = await metric();
        assert.ok(isUp === 0 && fallbacks > before + 50, `up: ${isUp}, answered by PostgreSQL: ${fallbacks}`);
      }, 60_000);
      const next = await cheapest(first.endCursor);
      assert.deepEqual(
        next.names,
        ['Lamp 4', 'Lamp 5', 'Lamp 6', 'Lamp 7'],
        "PostgreSQL continues from the engine's cursor",
      );
      assert.equal((await mostRelevant(best.endCursor)).names.length, 4);
      fromPostgres = next.endCursor;
      // Known-bad twin: searches without the fallback fail.
      const { planner } = openPlanner(shop.databaseUrl, stack);
      const backend = elasticsearchBackend(stack.use(openEngine(engine.url)), shop.index.searchAlias);
      await assert.rejects(planSearch(planner, backend).suggest('lamp', 1, testCall().signal), {
        name: 'EngineError',
      });
      // Created during the outage; the engine must find it afterwards.
      await shop.catalog.createProduct({ name: 'Lamp of the outage', priceMinor: 1_000n }, testCall());
      assert.ok((await search('outage')).includes('Lamp of the outage'), 'PostgreSQL finds it immediately');
      await engine.start();
      await eventually(async () => assert.equal((await metric())[0], 1), 60_000);
    });
    assert.ok(answers > 100, `only ${answers} answers`);
    assert.deepEqual([lines(DOWN), lines(BACK)], [1, 1], 'one log line per state change, not per search');
    await shop.settle();
    const [, after] = await metric();
    assert.equal(
      (await cheapest(fromPostgres)).names[0],
      'Lamp 8',
      "the engine continues from PostgreSQL's cursor",
    );
    assert.ok((await search('outage')).includes('Lamp of the outage'));
    assert.equal((await metric())[1], after, 'the engine answers again');
  });

  test('an engine that hangs is marked down after a few searches, and no search waits longer than its timeout', async () => {
    const { slowestMs } = await loadDuring(async () => {
      engine.pause();
      await eventually(async () => assert.equal((await metric())[0], 0), 60_000);
      const startedMs = performance.now();
      for (let n = 0; n < 20; n++) await search('lamp');
      // Twenty searches that each waited for the engine would take twenty timeouts.
      assert.ok(performance.now() - startedMs < 10 * SEARCH_TIMEOUT_MS);
      engine.resume();
      await eventually(async () => assert.equal((await metric())[0], 1), 60_000);
    });
    // One timeout, with a margin for a busy machine.
    assert.ok(slowestMs < 8 * SEARCH_TIMEOUT_MS, `one search took ${slowestMs} ms`);
    assert.deepEqual([lines(DOWN), lines(BACK)], [2, 2]);
  });

  test('a catalog started while the engine is down searches in PostgreSQL, and uses the engine when it is up', async () => {
    await engine.kill();
    await shop.restart();
    assert.ok((await search('lamp')).length >= ids.length);
    await engine.start();
    await eventually(async () => assert.equal((await metric())[0], 1), 60_000);
    await shop.settle();
  });
});
