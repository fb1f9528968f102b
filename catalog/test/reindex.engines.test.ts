import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { openEngine, type Engine } from '#catalog/search/engine.ts';
import { indexProducts } from '#catalog/search/index-products.ts';
import { SEARCH_LANGUAGE_DEFAULT } from '#catalog/search/language.ts';
import { createLexicon } from '#catalog/search/postgres/lexicon.ts';
import { searchTables, textFingerprint } from '#catalog/search/postgres/tables.ts';
import { productText, productWords } from '#catalog/search/text/product-text.ts';
import { productIndex, type ProductDocument } from '#catalog/search/product-index.ts';
import { rebuildIndex, type RebuildDeps } from '#catalog/search/rebuild-index.ts';
import { createDocumentStore } from '#catalog/search/document-store.ts';
import { systemClock } from '#platform/clock.ts';
import { openDatabase, type Database } from '#platform/postgres/pool.ts';
import { missingEngine, openTestEngine } from '#testkit/engines.ts';
import { eventually, testCall } from '#testkit/shop.ts';
import { openEngineCatalog, type EngineCatalog } from './engine-catalog.ts';
import { startLiveOnlyProxy } from './live-only-proxy.ts';

const LANGUAGE = SEARCH_LANGUAGE_DEFAULT;
const FINGERPRINT = textFingerprint(LANGUAGE);
const documentsIn = (database: Database) =>
  createDocumentStore(database, createLexicon(searchTables(LANGUAGE), LANGUAGE));
const textOf = (name: string) =>
  productText(productWords({ name, description: '', tags: [] }), () => undefined);
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
  const index = productIndex(engine, shop.index.alias, FINGERPRINT);
  return { database, engine, documents: documentsIn(database), index, clock: systemClock };
}

const never = new AbortController().signal;

async function addProducts(shop: EngineCatalog, count: number): Promise<string[]> {
  const products = await Promise.all(
    Array.from({ length: count }, (_, n) =>
      shop.catalog.createProduct({ name: `Thing ${n}` }, testCall({ timeoutMs: 60_000 })),
    ),
  );
  return products.map(({ product }) => product?.id ?? '');
}

/** Searches for all products in a loop until `work` is done. Returns the totals. */
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

function assertNeverPartial(totals: readonly number[], expected: number): void {
  assert.ok(totals.length > 3, `only ${totals.length} searches`);
  assert.deepEqual([...new Set(totals)], [expected], 'totals during the rebuild');
}

/**
 * Runs a rebuild that, before it reads its second page, changes a product of the first page and waits until the index
 * in use contains the change. Returns the product's id.
 */
async function rebuildAroundChange(shop: EngineCatalog): Promise<string> {
  const [id = ''] = (await addProducts(shop, 600)).toSorted();
  await shop.settle();
  const deps = await rebuildDeps(shop);
  let pages = 0;
  const onSaleAfter: typeof deps.documents.onSaleAfter = async (...args) => {
    if (++pages === 2) {
      await shop.catalog.updateProduct(
        { id, expectedVersion: 1n, name: 'Changed during the rebuild' },
        testCall(),
      );
      const path = `/${shop.index.alias}/_doc/${id}`;
      await eventually(async () => {
        const live = await deps.engine.send<{ _version: number }>({ method: 'GET', path, timeoutMs: 5_000 });
        assert.equal(live._version, 2);
      }, 30_000);
    }
    return deps.documents.onSaleAfter(...args);
  };
  await rebuildIndex({ ...deps, documents: { onSaleAfter } }, never);
  assert.ok(pages > 2, 'the product was changed between two pages');
  return id;
}

const indicesOf = async (shop: EngineCatalog): Promise<string[]> => (await shop.index.names()).toSorted();

suite('reindex', { skip, timeout: 240_000 }, () => {
  test('loses no concurrent update, and no search sees an empty or partial index', async () => {
    const shop = await openEngineCatalog(engineUrl, stack);
    const ids = await addProducts(shop, 3_000);
    await shop.settle();
    const before = await indicesOf(shop);
    const deps = await rebuildDeps(shop);
    const rebuilding = rebuildIndex(deps, never);
    const rebuilt = new AbortController();
    const updating = (async () => {
      for (let n = 0; !rebuilt.signal.aborted; n++) {
        // From both ends: pages that the rebuild has read, and pages that it has not.
        const id = ids[n % 2 === 0 ? n % ids.length : ids.length - 1 - (n % ids.length)] ?? '';
        const { product } = await shop.catalog.getProduct({ id }, testCall());
        const change = { id, expectedVersion: product?.version ?? 0n, name: `Changed ${n}` };
        await shop.catalog.updateProduct(change, testCall());
      }
    })();
    const totals = await totalsDuring(shop, rebuilding);
    rebuilt.abort();
    await updating;
    assertNeverPartial(totals, ids.length);
    assert.equal((await rebuilding)?.products, ids.length);
    await shop.settle();
    const now = await indicesOf(shop);
    assert.equal(now.length, 1, 'the old index is deleted');
    assert.notDeepEqual(now, before);
  });

  test('the new index contains a change made after the rebuild has read the product', async () => {
    const shop = await openEngineCatalog(engineUrl, stack);
    await rebuildAroundChange(shop);
    await shop.settle();
  });

  test('known-bad twin: if changes are written only to the index in use, that change is lost and detected', async () => {
    const liveOnly = stack.use(await startLiveOnlyProxy(engineUrl));
    const shop = await openEngineCatalog(liveOnly.url, stack);
    const id = await rebuildAroundChange(shop);
    await assert.rejects(shop.compare(), {
      name: 'AssertionError',
      message: new RegExp(`product ${id} in the index`),
    });
  });

  test('known-bad twin: an index that is published before it is complete is detected', async () => {
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
    assert.throws(() => assertNeverPartial(totals, ids.length), assert.AssertionError);
  });

  test('a late or repeated event does not restore an older version', async () => {
    const shop = await openEngineCatalog(engineUrl, stack);
    await eventually(async () => assert.equal((await indicesOf(shop)).length, 1));
    const deps = await rebuildDeps(shop);
    const [name = ''] = await indicesOf(shop);
    const document = (version: bigint): ProductDocument => ({
      id: '01900000-0000-7000-8000-000000000001',
      version,
      text: textOf(`Version ${version}`),
      sales: 0,
      onSale: true,
      priceMinor: 1n,
      categoryPath: [],
      tags: [],
    });
    const nameNow = async (): Promise<string> => {
      const path = `/${name}/_doc/${document(1n).id}`;
      const { _source: source } = await deps.engine.send<{ _source: { line: string } }>({
        method: 'GET',
        path,
        timeoutMs: 5_000,
      });
      return source.line;
    };
    const versions = [2n, 1n, 3n, 2n, 3n] as const;
    for (const version of versions) assert.deepEqual(await shop.index.write([name], [document(version)]), []);
    assert.equal(await nameNow(), 'version 3');

    // Known-bad twin: without versions, the last write wins.
    for (const version of versions.slice(0, 4))
      await deps.engine.send({
        method: 'PUT',
        path: `/${name}/_doc/${document(version).id}`,
        body: { line: document(version).text.line },
        timeoutMs: 5_000,
      });
    assert.equal(await nameNow(), 'version 2', 'the twin loses version 3');
  });

  test('a second concurrent rebuild returns undefined', async () => {
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

  test('a failed rebuild does not affect searches; the next rebuild removes its index', async () => {
    const shop = await openEngineCatalog(engineUrl, stack);
    const [id = ''] = await addProducts(shop, 10);
    await shop.settle();
    const deps = await rebuildDeps(shop);
    const failing: RebuildDeps = {
      ...deps,
      documents: { onSaleAfter: () => Promise.reject(new Error('the process dies')) },
    };
    await assert.rejects(rebuildIndex(failing, never), /the process dies/);
    const [live, leftover, ...more] = await indicesOf(shop);
    assert.ok(live && leftover && more.length === 0);
    // The leftover index is written to but never searched.
    await shop.catalog.updateProduct({ id, expectedVersion: 1n, name: 'Renamed' }, testCall());
    await shop.settle();
    const { total } = await shop.catalog.searchProducts({ size: 1, withTotal: true }, testCall());
    assert.equal(total, 10);
    await rebuildIndex(deps, never);
    const now = await indicesOf(shop);
    assert.equal(now.length, 1);
    assert.ok(!now.includes(live) && !now.includes(leftover));
  });

  test('a write to an index that was just deleted goes to the existing indices and creates none', async () => {
    const shop = await openEngineCatalog(engineUrl, stack);
    const [id = ''] = await addProducts(shop, 1);
    await shop.settle();
    const deps = await rebuildDeps(shop);
    const deleted = `${shop.index.alias}-20200101000000000`;
    let listings = 0;
    const index = {
      ...deps.index,
      names: async () => (listings++ === 0 ? [deleted] : deps.index.names()),
    };
    await indexProducts({ documents: documentsIn(deps.database), index }, [id]);
    assert.equal(listings, 2);
    assert.ok(!(await indicesOf(shop)).includes(deleted));
  });

  test('an index that is missing, deleted at run time or built with other settings is rebuilt automatically', async () => {
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
    assert.equal(await productIndex(deps.engine, shop.index.alias, FINGERPRINT).isCurrent(), false);
    await shop.restart();
    await eventually(async () => {
      const names = await indicesOf(shop);
      assert.ok(names.length === 1 && names[0] !== old);
    }, 30_000);
    await shop.settle();
  });
});
