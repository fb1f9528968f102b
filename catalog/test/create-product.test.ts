import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { CatalogService, Product } from '#catalog/pb/catalog_pb.js';
import { startCatalog } from '#catalog/service.ts';
import { inProcess, type Client } from '#platform/rpc.ts';
import { assertOneTransaction, openServiceBench } from '#testkit/service-bench.ts';
import { fakeClock, testCall } from '#testkit/shop.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const clock = fakeClock();
const bench = await openServiceBench('catalog', stack, clock);
const { implementation } = await startCatalog({ databaseUrl: bench.url }, bench.deps, stack);
const catalog: Client<typeof CatalogService> = inProcess(implementation);

const PHONE = { name: 'iPhone 15 Pro', description: 'Latest flagship', priceMinor: 119_999n };

async function create(input: Partial<typeof PHONE>): Promise<Product> {
  const { product } = await catalog.createProduct({ ...PHONE, ...input }, testCall());
  assert.ok(product);
  return product;
}

suite('createProduct', () => {
  test('returns the new product, on sale, at version 1', async () => {
    const product = await create({ name: ' iPhone 15 Pro ' });
    assert.equal(product.name, 'iPhone 15 Pro');
    assert.equal(product.description, 'Latest flagship');
    assert.equal(product.priceMinor, 119_999n);
    assert.equal(product.version, 1n);
    assert.equal(product.archivedAt, undefined);
    assert.deepEqual((await catalog.getProduct({ id: product.id }, testCall())).product, product);
  });

  test('accepts the limits: prices 0 and 1,000,000,000,000, no description, 10,000 characters', async () => {
    assert.equal((await create({ priceMinor: 0n })).priceMinor, 0n);
    assert.equal((await create({ priceMinor: 1_000_000_000_000n })).priceMinor, 1_000_000_000_000n);
    assert.equal((await create({ description: '' })).description, '');
    const lines = 'A line\nand 🙂\n'.repeat(769).slice(0, -1);
    assert.equal((await create({ description: lines })).description, lines);
    assert.equal((await create({ name: '商'.repeat(200) })).name.length, 200);
    assert.equal((await create({ description: '語 '.repeat(5_000).trim() })).description.length, 9_999);
  });

  for (const [field, input] of [
    ['name', { name: '' }],
    ['name', { name: ' \u00a0 ' }],
    ['name', { name: 'x'.repeat(201) }],
    ['name', { name: 'two\nlines' }],
    ['description', { description: 'x'.repeat(10_001) }],
    ['description', { description: 'NUL \u0000' }],
    ['price', { priceMinor: -1n }],
    ['price', { priceMinor: 1_000_000_000_001n }],
  ] as const) {
    const [value] = Object.values(input);
    test(`INVALID_ARGUMENT on ${field}, and nothing is written: ${JSON.stringify(String(value)).slice(0, 20)}`, async () => {
      const before = await bench.counts('product', 'outbox');
      await assert.rejects(create(input), { reason: 'INVALID_ARGUMENT', field });
      assert.deepEqual(await bench.counts('product', 'outbox'), before);
    });
  }

  test('writes the exact product_created event in the transaction of the product', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { product } = await catalog.createProduct(PHONE, testCall({ traceparent }));
    assert.ok(product);
    const [event, ...more] = await bench.outbox(product.id);
    assert.ok(event);
    assert.deepEqual(more, []);
    assert.deepEqual(
      [event.topic, event.event_type, event.version],
      ['catalog.events', 'product_created', 1],
    );
    assert.match(event.traceparent, /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    assert.equal(
      event.payload,
      `{"event_type":"product_created","product_id":"${product.id}","name":"iPhone 15 Pro","price":119999,"timestamp":"2026-01-31T12:00:00.000Z"}`,
    );
    await assertOneTransaction(bench, { table: 'product', id: product.id, version: 1, events: 1 });
  });

  test('200 concurrent calls return their own products; one failed insert does not affect the others', async () => {
    await bench.rows(`ALTER TABLE product ADD CONSTRAINT no_poison CHECK (name <> 'poison')`);
    const before = await bench.counts('product', 'outbox');
    const names = Array.from({ length: 200 }, (_, n) => (n === 77 ? 'poison' : `Product ${n}`));
    const outcomes = await Promise.allSettled(names.map((name) => create({ name })));
    for (const [n, outcome] of outcomes.entries()) {
      if (n === 77) assert.equal(outcome.status === 'rejected' && (outcome.reason as Error).name, 'AppError');
      else assert.equal(outcome.status === 'fulfilled' && outcome.value.name, names[n]);
    }
    assert.deepEqual(
      await bench.counts('product', 'outbox'),
      before.map((count) => count + 199),
    );
  });
});
