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
  test('returns a product, archived or not; the case of the id is ignored', async () => {
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

  test('NOT_FOUND on id: unknown product', async () => {
    await assert.rejects(catalog.getProduct({ id: systemClock.newId() }, testCall()), {
      reason: 'NOT_FOUND',
      field: 'id',
    });
  });

  test('INVALID_ARGUMENT on id: not a UUID', async () => {
    for (const id of ['', '1', "'; DROP TABLE product; --"])
      await assert.rejects(catalog.getProduct({ id }, testCall()), {
        reason: 'INVALID_ARGUMENT',
        field: 'id',
      });
  });
});

suite('batchGetProducts', () => {
  test('returns each product once, including archived products, and omits unknown ids', async () => {
    const [lamp, desk] = [await create('Lamp'), await create('Desk')];
    await catalog.archiveProduct({ id: desk }, testCall());
    const found = await batch([desk, systemClock.newId(), lamp, desk.toUpperCase()]);
    assert.deepEqual(found.toSorted(), [lamp, desk].toSorted());
  });

  test('200 concurrent calls return their own products', async () => {
    const ids = await Promise.all(Array.from({ length: 50 }, (_, n) => create(`Product ${n}`)));
    const wanted = Array.from({ length: 200 }, (_, n) => ids.slice(n % 40, (n % 40) + 1 + (n % 7)));
    assert.deepEqual(await Promise.all(wanted.map(batch)), wanted);
  });

  test('accepts 0 and 1,000 ids; INVALID_ARGUMENT on ids: 1,001 ids; on ids[0]: not a UUID', async () => {
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
