import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { CatalogService, Product } from '#catalog/pb/catalog_pb.js';
import { startCatalog } from '#catalog/service.ts';
import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { openDatabase } from '#platform/postgres/pool.ts';
import { inProcess, type Client } from '#platform/rpc.ts';
import { assertOneTransaction, openServiceBench } from '#testkit/service-bench.ts';
import { fakeClock, testCall } from '#testkit/shop.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const clock = fakeClock();
const bench = await openServiceBench('catalog', stack, clock);
const { implementation } = await startCatalog({ databaseUrl: bench.url }, bench.deps, stack);
const catalog: Client<typeof CatalogService> = inProcess(implementation);

async function create(): Promise<Product> {
  const input = { name: 'Lamp', description: 'Gives light', priceMinor: 1_999n };
  const { product } = await catalog.createProduct(input, testCall());
  assert.ok(product);
  return product;
}

type Update = (id: string, name: string, expectedVersion: bigint) => Promise<unknown>;

const update: Update = (id, name, expectedVersion) =>
  catalog.updateProduct({ id, name, expectedVersion }, testCall());

/** Asserts that of 100 concurrent updates of one version one succeeds and the others fail with VERSION_CONFLICT. */
async function assertOneSucceeds(change: Update): Promise<void> {
  const { id } = await create();
  const names = Array.from({ length: 100 }, (_, n) => `Lamp ${n}`);
  const outcomes = await Promise.allSettled(names.map((name) => change(id, name, 1n)));
  const succeeded = names.filter((_, n) => outcomes[n]?.status === 'fulfilled');
  assert.equal(succeeded.length, 1, `${succeeded.length} of 100 updates of version 1 succeeded`);
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') continue;
    assert.ok(outcome.reason instanceof AppError, String(outcome.reason));
    assert.equal(outcome.reason.reason, 'VERSION_CONFLICT');
    assert.equal(outcome.reason.field, 'expectedVersion');
  }
  const { product } = await catalog.getProduct({ id }, testCall());
  assert.deepEqual([product?.name, product?.version], [succeeded[0], 2n]);
  const events = await bench.outbox(id);
  assert.deepEqual(
    events.map(({ event_type: type, version }) => `${type} ${version}`),
    ['product_created 1', 'product_updated 2'],
  );
}

suite('updateProduct', () => {
  test('changes the given fields and keeps the others', async () => {
    const { id } = await create();
    const { product } = await catalog.updateProduct({ id, expectedVersion: 1n, priceMinor: 0n }, testCall());
    assert.deepEqual(
      [product?.name, product?.description, product?.priceMinor, product?.version],
      ['Lamp', 'Gives light', 0n, 2n],
    );
    const changed = await catalog.updateProduct(
      { id, expectedVersion: 2n, name: ' Torch ', description: '' },
      testCall(),
    );
    assert.deepEqual(
      [changed.product?.name, changed.product?.description, changed.product?.version],
      ['Torch', '', 3n],
    );
    assert.deepEqual((await catalog.getProduct({ id }, testCall())).product, changed.product);
  });

  test('writes the exact product_updated event in the transaction of the change', async () => {
    const { id } = await create();
    clock.advance(1);
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await catalog.updateProduct({ id, expectedVersion: 1n, priceMinor: 2_499n }, testCall({ traceparent }));
    const [, event, ...more] = await bench.outbox(id);
    assert.ok(event);
    assert.deepEqual(more, []);
    assert.deepEqual(
      [event.topic, event.event_type, event.version],
      ['catalog.events', 'product_updated', 2],
    );
    assert.match(event.traceparent, /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    assert.equal(
      event.payload,
      `{"event_type":"product_updated","product_id":"${id}","name":"Lamp","price":2499,"timestamp":"2026-01-31T12:00:00.001Z"}`,
    );
    await assertOneTransaction(bench, { table: 'product', id, version: 2, events: 1 });
  });

  test('VERSION_CONFLICT: of 100 concurrent updates of one version exactly one succeeds', async () => {
    await assertOneSucceeds(update);
  });

  test('known-bad twin: a write without the version check loses updates and is detected', async () => {
    await using database = openDatabase({ url: bench.url, name: 'naive', telemetry: bench.deps.telemetry });
    const read = { name: 'naive_read', text: 'SELECT version FROM product WHERE id = $1' };
    const write = { name: 'naive_write', text: 'UPDATE product SET name = $2, version = $3 WHERE id = $1' };
    const naive: Update = async (id, name, expectedVersion) => {
      const [row] = await database.query<{ version: bigint }>(read, [id]);
      if (row?.version !== expectedVersion) throw new AppError('VERSION_CONFLICT', 'too late');
      await database.query(write, [id, name, row.version + 1n]);
    };
    await assert.rejects(assertOneSucceeds(naive), /\d+ of 100 updates of version 1 succeeded/);
  });

  test('VERSION_CONFLICT: a version that the product does not have yet', async () => {
    const { id } = await create();
    await assert.rejects(update(id, 'Torch', 2n), {
      reason: 'VERSION_CONFLICT',
      field: 'expectedVersion',
    });
    assert.equal((await bench.outbox(id)).length, 1);
  });

  test('NOT_FOUND on id: unknown product', async () => {
    await assert.rejects(update(systemClock.newId(), 'Torch', 1n), {
      reason: 'NOT_FOUND',
      field: 'id',
    });
  });

  test('PRODUCT_ARCHIVED on id: an archived product does not change, for any expected version', async () => {
    const { id } = await create();
    await catalog.archiveProduct({ id }, testCall());
    for (const version of [1n, 2n]) {
      await assert.rejects(update(id, 'Torch', version), {
        reason: 'PRODUCT_ARCHIVED',
        field: 'id',
      });
    }
    const { product } = await catalog.getProduct({ id }, testCall());
    assert.deepEqual([product?.name, product?.version], ['Lamp', 2n]);
    assert.equal((await bench.outbox(id)).length, 2);
  });

  for (const [field, input] of [
    ['id', { id: 'x' }],
    ['expectedVersion', { expectedVersion: 0n }],
    ['expectedVersion', { expectedVersion: -1n }],
    ['name', { name: '' }],
    ['name', { name: 'x'.repeat(201) }],
    ['description', { description: 'x'.repeat(10_001) }],
    ['price', { priceMinor: -1n }],
    ['price', { priceMinor: 1_000_000_000_001n }],
  ] as const) {
    const [value] = Object.values(input);
    test(`INVALID_ARGUMENT on ${field}, and nothing changes: ${JSON.stringify(String(value)).slice(0, 16)}`, async () => {
      const { id } = await create();
      await assert.rejects(catalog.updateProduct({ id, expectedVersion: 1n, ...input }, testCall()), {
        reason: 'INVALID_ARGUMENT',
        field,
      });
      assert.equal((await catalog.getProduct({ id }, testCall())).product?.version, 1n);
      assert.equal((await bench.outbox(id)).length, 1);
    });
  }

  test('an update is rolled back if its event cannot be written', async () => {
    await bench.rows(
      `ALTER TABLE outbox ADD CONSTRAINT no_mute CHECK (payload->>'name' IS DISTINCT FROM 'mute')`,
    );
    const { id } = await create();
    await assert.rejects(update(id, 'mute', 1n), { reason: 'INTERNAL' });
    const { product } = await catalog.getProduct({ id }, testCall());
    assert.deepEqual([product?.name, product?.version], ['Lamp', 1n]);
  });
});
