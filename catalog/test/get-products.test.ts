import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { CatalogService } from '#catalog/pb/catalog_pb.js';
import { startCatalog } from '#catalog/service.ts';
import { systemClock } from '#platform/clock.ts';
import { inProcess, type Client } from '#platform/rpc.ts';
import { openServiceBench } from '#testkit/service-bench.ts';
import { testCall } from '#testkit/shop.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const bench = await openServiceBench('catalog', stack);
const { implementation } = await startCatalog({ databaseUrl: bench.url }, bench.deps, stack);
const catalog: Client<typeof CatalogService> = inProcess(implementation);

async function create(name: string): Promise<string> {
  const { product } = await catalog.createProduct({ name, priceMinor: 100n }, testCall());
  return product?.id ?? '';
}

async function batch(ids: readonly string[]): Promise<string[]> {
  const answer = await catalog.batchGetProducts({ ids: [...ids] }, testCall());
  return answer.products.map((product) => product.id);
}

suite('getProduct', () => {
  test('finds a product, archived or not, however its id is spelt', async () => {
    const id = await create('Lamp');
    assert.equal(
      (await catalog.getProduct({ id: id.toUpperCase() }, testCall())).product?.archivedAt,
      undefined,
    );
    await catalog.archiveProduct({ id }, testCall());
    const { product } = await catalog.getProduct({ id }, testCall());
    assert.equal(product?.name, 'Lamp');
    assert.ok(product.archivedAt);
  });

  test('NOT_FOUND on id: no such product', async () => {
    await assert.rejects(catalog.getProduct({ id: systemClock.newId() }, testCall()), {
      reason: 'NOT_FOUND',
      field: 'id',
    });
  });

  test('INVALID_ARGUMENT on id: no UUID', async () => {
    for (const id of ['', '1', "'; DROP TABLE product; --"])
      await assert.rejects(catalog.getProduct({ id }, testCall()), {
        reason: 'INVALID_ARGUMENT',
        field: 'id',
      });
  });
});

suite('batchGetProducts', () => {
  test('gives each product once, archived ones too, and leaves unknown ids out', async () => {
    const [lamp, desk] = [await create('Lamp'), await create('Desk')];
    await catalog.archiveProduct({ id: desk }, testCall());
    const found = await batch([desk, systemClock.newId(), lamp, desk.toUpperCase()]);
    assert.deepEqual(found.toSorted(), [lamp, desk].toSorted());
  });

  test('200 concurrent callers get their own products each', async () => {
    const ids = await Promise.all(Array.from({ length: 50 }, (_, nr) => create(`Product ${nr}`)));
    const wanted = Array.from({ length: 200 }, (_, nr) => ids.slice(nr % 40, (nr % 40) + 1 + (nr % 7)));
    assert.deepEqual(await Promise.all(wanted.map(batch)), wanted);
  });

  test('takes no ids and 1,000; INVALID_ARGUMENT on ids: 1,001; on ids[0]: no UUID', async () => {
    const ids = Array.from({ length: 1_001 }, systemClock.newId);
    assert.deepEqual(await batch([]), []);
    assert.deepEqual(await batch(ids.slice(1)), []);
    for (const [field, wrong] of [
      ['ids', ids],
      ['ids[0]', ['x']],
    ] as const)
      await assert.rejects(batch(wrong), { reason: 'INVALID_ARGUMENT', field });
  });
});
