import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { CatalogService, Product } from '#catalog/pb/catalog_pb.js';
import { startCatalog } from '#catalog/service.ts';
import { systemClock } from '#platform/clock.ts';
import { inProcess, type Client } from '#platform/rpc.ts';
import { assertOneTransaction, openServiceBench } from '#testkit/service-bench.ts';
import { fakeClock, testCall } from '#testkit/shop.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const clock = fakeClock();
const bench = await openServiceBench('catalog', stack, clock);
const { implementation } = await startCatalog({ databaseUrl: bench.url }, bench.deps, stack);
const catalog: Client<typeof CatalogService> = inProcess(implementation);

async function create(name: string): Promise<string> {
  const { product } = await catalog.createProduct({ name, priceMinor: 1_999n }, testCall());
  return product?.id ?? '';
}

async function archive(id: string): Promise<Product | undefined> {
  return (await catalog.archiveProduct({ id }, testCall())).product;
}

suite('archiveProduct', () => {
  test('removes the product from lists and search; reads by id still return it', async () => {
    const id = await create('Samovar');
    const search = async (): Promise<string[]> =>
      (await catalog.searchProducts({ query: 'samovar', size: 10 }, testCall())).products.map((p) => p.id);
    const list = async (): Promise<string[]> =>
      (await catalog.listProducts({ page: { size: 100 } }, testCall())).products.map((p) => p.id);
    assert.deepEqual([await search(), (await list()).includes(id)], [[id], true]);
    await archive(id);
    assert.deepEqual([await search(), (await list()).includes(id)], [[], false]);
    assert.equal((await catalog.getProduct({ id }, testCall())).product?.name, 'Samovar');
    assert.equal((await catalog.batchGetProducts({ ids: [id] }, testCall())).products.length, 1);
  });

  test('writes the exact product_archived event in the transaction of the change', async () => {
    const id = await create('Lamp');
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await catalog.archiveProduct({ id }, testCall({ traceparent }));
    const [, event, ...more] = await bench.outbox(id);
    assert.ok(event);
    assert.deepEqual(more, []);
    assert.deepEqual(
      [event.topic, event.event_type, event.version],
      ['catalog.events', 'product_archived', 2],
    );
    assert.match(event.traceparent, /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    assert.equal(
      event.payload,
      `{"event_type":"product_archived","product_id":"${id}","name":"Lamp","price":1999,"timestamp":"2026-01-31T12:00:00.000Z"}`,
    );
    await assertOneTransaction(bench, { table: 'product', id, version: 2, events: 1 });
  });

  test('archiving again later changes nothing and writes no event', async () => {
    const id = await create('Lamp');
    const first = await archive(id);
    clock.advance(60_000);
    assert.deepEqual(await archive(id), first);
    assert.equal(first?.version, 2n);
    assert.equal((await bench.outbox(id)).length, 2);
  });

  test('20 concurrent calls archive the product once', async () => {
    const id = await create('Lamp');
    const archived = await Promise.all(Array.from({ length: 20 }, () => archive(id)));
    for (const product of archived) assert.deepEqual(product, archived[0]);
    assert.equal((await bench.outbox(id)).length, 2);
  });

  test('NOT_FOUND on id: unknown product; INVALID_ARGUMENT on id: not a UUID', async () => {
    const before = await bench.counts('product', 'outbox');
    for (const [reason, id] of [
      ['NOT_FOUND', systemClock.newId()],
      ['INVALID_ARGUMENT', 'x'],
    ] as const)
      await assert.rejects(archive(id), { reason, field: 'id' });
    assert.deepEqual(await bench.counts('product', 'outbox'), before);
  });
});
