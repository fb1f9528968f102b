import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { openEngine, type Engine } from '#catalog/search/engine.ts';
import { indexProducts } from '#catalog/search/index-products.ts';
import { productIndex, type ProductDocument } from '#catalog/search/product-index.ts';
import { rebuildIndex, type RebuildDeps } from '#catalog/search/rebuild-index.ts';
import { createDocumentStore } from '#catalog/search/document-store.ts';
import { systemClock } from '#platform/clock.ts';
import { openDatabase } from '#platform/postgres/pool.ts';
import { missingEngine, openTestEngine } from '#testkit/engines.ts';
import { eventually, testCall } from '#testkit/shop.ts';
import { openEngineCatalog, type EngineCatalog } from './engine-catalog.ts';
import { startLiveOnlyProxy } from './live-only-proxy.ts';

const skip = missingEngine('elasticsearch');
const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());

let engineUrl = '';
if (!skip) engineUrl = stack.use(await openTestEngine('elasticsearch')).url;

async function rebuildDeps(shop: EngineCatalog): Promise<RebuildDeps & { engine: Engine }> {
  const database = stack.use(
    openDatabase({ url: shop.databaseUrl, name: 'catalog', telemetry: shop.deps.telemetry }),
  );
  const engine = stack.use(openEngine(engineUrl));
  const index = productIndex(engine, shop.index.alias);
  return { database, engine, documents: createDocumentStore(database), index, clock: systemClock };
}

const never = new AbortController().signal;

async function addProducts(shop: EngineCatalog, count: number): Promise<string[]> {
  const products = await Promise.all(
    Array.from({ length: count }, (_, nr) =>
      shop.catalog.createProduct({ name: `Thing ${nr}` }, testCall({ timeoutMs: 60_000 })),
    ),
  );
  return products.map(({ product }) => product?.id ?? '');
}

/** Searches for everything again and again until `work` is done; the totals that were seen. */
async function totalsDuring(shop: EngineCatalog, work: Promise<unknown>): Promise<number[]> {
  const done = new AbortController();
  const finished = work.finally(() => done.abort());
  const totals: number[] = [];
  while (!done.signal.aborted) {
    const { total } = await shop.catalog.searchProducts({ size: 1, withTotal: true }, testCall());
    totals.push(total);
  }
  await finished;
  return totals;
}

function assertNeverHalf(totals: readonly number[], expected: number): void {
  assert.ok(totals.length > 3, `only ${totals.length} searches`);
  assert.deepEqual([...new Set(totals)], [expected], 'totals seen while the index was rebuilt');
}

/**
 * Rebuilds, and while the second page is waited for changes a product of the first. Returns its id when the rebuild is
 * over; the change was in the index that was in use before that.
 */
async function rebuildAroundChange(shop: EngineCatalog): Promise<string> {
  const [id = ''] = (await addProducts(shop, 600)).toSorted();
  await shop.settle();
  const deps = await rebuildDeps(shop);
  let pages = 0;
  const onSaleAfter: typeof deps.documents.onSaleAfter = async (...args) => {
    if (++pages === 2) {
      await shop.catalog.updateProduct({ id, expectedVersion: 1n, name: 'Changed meanwhile' }, testCall());
      const path = `/${shop.index.alias}/_doc/${id}`;
      await eventually(async () => {
        const live = await deps.engine.send<{ _version: number }>({ method: 'GET', path, timeoutMs: 5_000 });
        assert.equal(live._version, 2);
      }, 30_000);
    }
    return deps.documents.onSaleAfter(...args);
  };
  await rebuildIndex({ ...deps, documents: { onSaleAfter } }, never);
  assert.ok(pages > 2, 'the change came between two pages');
  return id;
}

const indicesOf = async (shop: EngineCatalog): Promise<string[]> => (await shop.index.names()).toSorted();

suite('reindex', { skip, timeout: 240_000 }, () => {
  test('loses no update made meanwhile, and searches never see an empty or half index', async () => {
    const shop = await openEngineCatalog(engineUrl, stack);
    const ids = await addProducts(shop, 3_000);
    await shop.settle();
    const before = await indicesOf(shop);
    const deps = await rebuildDeps(shop);
    const rebuilding = rebuildIndex(deps, never);
    const rebuilt = new AbortController();
    const updating = (async () => {
      for (let nr = 0; !rebuilt.signal.aborted; nr++) {
        // From both ends: pages that were read already, and pages to come.
        const id = ids[nr % 2 === 0 ? nr % ids.length : ids.length - 1 - (nr % ids.length)] ?? '';
        const { product } = await shop.catalog.getProduct({ id }, testCall());
        const change = { id, expectedVersion: product?.version ?? 0n, name: `Changed ${nr}` };
        await shop.catalog.updateProduct(change, testCall());
      }
    })();
    const totals = await totalsDuring(shop, rebuilding);
    rebuilt.abort();
    await updating;
    assertNeverHalf(totals, ids.length);
    assert.equal((await rebuilding)?.products, ids.length);
    await shop.settle();
    const now = await indicesOf(shop);
    assert.equal(now.length, 1, 'the old index is gone');
    assert.notDeepEqual(now, before);
  });

  test('a product that changes after the rebuild has read it is in the new index as it is now', async () => {
    const shop = await openEngineCatalog(engineUrl, stack);
    await rebuildAroundChange(shop);
    await shop.settle();
  });

  test('known-bad twin: where changes go only to the index in use, that one is lost, and seen to be', async () => {
    const liveOnly = stack.use(await startLiveOnlyProxy(engineUrl));
    const shop = await openEngineCatalog(liveOnly.url, stack);
    const id = await rebuildAroundChange(shop);
    await assert.rejects(shop.compare(), {
      name: 'AssertionError',
      message: new RegExp(`product ${id} in the index`),
    });
  });

  test('known-bad twin: an index that is published before it is full is caught', async () => {
    const shop = await openEngineCatalog(engineUrl, stack);
    const ids = await addProducts(shop, 1_500);
    await shop.settle();
    const deps = await rebuildDeps(shop);
    const tooEarly: RebuildDeps = {
      ...deps,
      index: {
        ...deps.index,
        async create(nowMs) {
          const name = await deps.index.create(nowMs);
          await deps.index.publish(name);
          return name;
        },
      },
    };
    const totals = await totalsDuring(shop, rebuildIndex(tooEarly, never));
    assert.throws(() => assertNeverHalf(totals, ids.length), assert.AssertionError);
  });

  test('a change whose event comes late or twice does not bring the older version back', async () => {
    const shop = await openEngineCatalog(engineUrl, stack);
    await eventually(async () => assert.equal((await indicesOf(shop)).length, 1));
    const deps = await rebuildDeps(shop);
    const [name = ''] = await indicesOf(shop);
    const document = (version: bigint): ProductDocument => ({
      id: '01900000-0000-7000-8000-000000000001',
      version,
      name: `Version ${version}`,
      onSale: true,
      description: '',
      priceMinor: 1n,
      categoryPath: [],
      tags: [],
    });
    const nameNow = async (): Promise<string> => {
      const path = `/${name}/_doc/${document(1n).id}`;
      const { _source: source } = await deps.engine.send<{ _source: { name: string } }>({
        method: 'GET',
        path,
        timeoutMs: 5_000,
      });
      return source.name;
    };
    const versions = [2n, 1n, 3n, 2n, 3n] as const;
    for (const version of versions) assert.deepEqual(await shop.index.write([name], [document(version)]), []);
    assert.equal(await nameNow(), 'Version 3');

    // Known-bad twin: writes that carry no version keep whatever comes last.
    for (const version of versions.slice(0, 4))
      await deps.engine.send({
        method: 'PUT',
        path: `/${name}/_doc/${document(version).id}`,
        body: { name: document(version).name },
        timeoutMs: 5_000,
      });
    assert.equal(await nameNow(), 'Version 2', 'the twin loses version 3');
  });

  test('two at once: the second is told that somebody is at it', async () => {
    const shop = await openEngineCatalog(engineUrl, stack);
    await addProducts(shop, 10);
    await shop.settle();
    const deps = await rebuildDeps(shop);
    const entered = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const slow: RebuildDeps = {
      ...deps,
      documents: {
        async onSaleAfter(...args) {
          entered.resolve();
          await gate.promise;
          return deps.documents.onSaleAfter(...args);
        },
      },
    };
    const first = rebuildIndex(slow, never);
    await entered.promise;
    assert.equal(await rebuildIndex(deps, never), undefined);
    gate.resolve();
    assert.equal((await first)?.products, 10);
  });

  test('a rebuild that failed or crashed leaves the searches as they were; the next one clears up after it', async () => {
    const shop = await openEngineCatalog(engineUrl, stack);
    const [id = ''] = await addProducts(shop, 10);
    await shop.settle();
    const deps = await rebuildDeps(shop);
    const failing: RebuildDeps = {
      ...deps,
      documents: { onSaleAfter: () => Promise.reject(new Error('the process dies')) },
    };
    await assert.rejects(rebuildIndex(failing, never), /the process dies/);
    const [live, left, ...more] = await indicesOf(shop);
    assert.ok(live && left && more.length === 0);
    // The index that was left is written to and never searched.
    await shop.catalog.updateProduct({ id, expectedVersion: 1n, name: 'Renamed' }, testCall());
    await shop.settle();
    const { total } = await shop.catalog.searchProducts({ size: 1, withTotal: true }, testCall());
    assert.equal(total, 10);
    await rebuildIndex(deps, never);
    const now = await indicesOf(shop);
    assert.equal(now.length, 1);
    assert.ok(!now.includes(live) && !now.includes(left));
  });

  test('a write to an index that was just removed goes to those there are; none comes into being by it', async () => {
    const shop = await openEngineCatalog(engineUrl, stack);
    const [id = ''] = await addProducts(shop, 1);
    await shop.settle();
    const deps = await rebuildDeps(shop);
    const gone = `${shop.index.alias}-20200101000000000`;
    let asked = 0;
    const index = {
      ...deps.index,
      names: async () => (asked++ === 0 ? [gone] : deps.index.names()),
    };
    await indexProducts({ documents: createDocumentStore(deps.database), index }, [id]);
    assert.equal(asked, 2);
    assert.ok(!(await indicesOf(shop)).includes(gone));
  });

  test('an index that is missing, lost while the shop runs, or made from other settings is built by itself', async () => {
    const shop = await openEngineCatalog(engineUrl, stack);
    await addProducts(shop, 20);
    await shop.settle();
    const deps = await rebuildDeps(shop);
    for (const name of await indicesOf(shop))
      await deps.engine.send({ method: 'DELETE', path: `/${name}`, timeoutMs: 10_000 });
    await eventually(async () => {
      const { total } = await shop.catalog.searchProducts({ size: 1, withTotal: true }, testCall());
      assert.equal(total, 20, 'PostgreSQL answers meanwhile');
      assert.equal((await indicesOf(shop)).length, 1);
    }, 30_000);
    await shop.settle();

    const [old = ''] = await indicesOf(shop);
    const body = { _meta: { fingerprint: 'other' } };
    await deps.engine.send({ method: 'PUT', path: `/${old}/_mapping`, body, timeoutMs: 10_000 });
    assert.equal(await productIndex(deps.engine, shop.index.alias).isCurrent(), false);
    await shop.restart();
    await eventually(async () => {
      const names = await indicesOf(shop);
      assert.ok(names.length === 1 && names[0] !== old);
    }, 30_000);
    await shop.settle();
  });
});
