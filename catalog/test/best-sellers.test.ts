import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { CatalogService } from '#catalog/pb/catalog_pb.js';
import { startCatalog } from '#catalog/service.ts';
import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { listDeadLetters } from '#platform/events/dead-letters.ts';
import type { Message } from '#platform/events/event.ts';
import { inProcess, type Client } from '#platform/rpc.ts';
import { messageIn } from '#platform/test/event-log-contract.ts';
import { openServiceBench } from '#testkit/service-bench.ts';
import { eventually, testCall } from '#testkit/shop.ts';

const TOPIC = 'order.created';
const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const bench = await openServiceBench('catalog', stack);
const { implementation } = await startCatalog({ databaseUrl: bench.url }, bench.deps, stack);
const catalog: Client<typeof CatalogService> = inProcess(implementation);

async function create(name: string, categoryId = ''): Promise<string> {
  const { product } = await catalog.createProduct({ name, priceMinor: 100n, categoryId }, testCall());
  return product?.id ?? '';
}

function orderCreated(lines: Readonly<Record<string, number>>): Message {
  const products = Object.entries(lines).map(([product_id, quantity]) => ({ product_id, quantity }));
  return { ...messageIn(TOPIC, 'order', 1), value: JSON.stringify({ products }) };
}

const best = async (size = 10, categoryId = ''): Promise<string[]> =>
  (await catalog.listBestSellers({ size, categoryId }, testCall())).products.map(({ name }) => name);

suite('listBestSellers', () => {
  test('counts each order once even if its event is repeated, and omits archived products', async () => {
    const [lamp, desk, chair] = [await create('Lamp'), await create('Desk'), await create('Chair')];
    assert.deepEqual(await best(), []);
    const order = orderCreated({ [lamp]: 3, [desk]: 2 });
    await bench.deps.eventLog.append([order, order, orderCreated({ [desk]: 2, [chair]: 1 })]);
    await bench.deps.eventLog.append([order]);
    await eventually(async () => assert.deepEqual(await best(), ['Desk', 'Lamp', 'Chair']));
    const units = () => bench.rows<{ units: string }>('SELECT units FROM product_sales ORDER BY units DESC');
    assert.deepEqual(
      (await units()).map((row) => Number(row.units)),
      [4, 3, 1],
    );
    assert.deepEqual(await best(1), ['Desk']);
    await catalog.archiveProduct({ id: desk }, testCall());
    assert.deepEqual(await best(), ['Lamp', 'Chair']);
  });

  test('an event that violates its schema becomes a dead letter; the other events are counted', async () => {
    const stool = await create('Stool');
    const poison = orderCreated({ [stool]: 0 });
    const unknown = orderCreated({ '00000000-0000-7000-8000-000000000000': 5 });
    await bench.deps.eventLog.append([poison, unknown, orderCreated({ [stool]: 50 })]);
    await eventually(async () => assert.equal((await best())[0], 'Stool'));
    await eventually(async () => {
      const letters = await Array.fromAsync(listDeadLetters(bench.deps.eventLog, TOPIC));
      assert.deepEqual(
        letters.map(({ eventId, group, error }) => [eventId, group, error]),
        [[poison.id, 'catalog-sales', 'order.created with an invalid line']],
      );
    });
  });

  test('in a category: also the products of the categories below it, and no others; none in an unknown one', async () => {
    const categories: string[] = [];
    for (const [name, parent] of [
      ['Garden', ''],
      ['Tools', '0'],
      ['Kitchen', ''],
    ] as const) {
      const parentId = parent === '' ? '' : (categories[Number(parent)] ?? '');
      const { category } = await catalog.createCategory({ name, parentId }, testCall());
      categories.push(category?.id ?? '');
    }
    const [garden = '', tools = '', kitchen = ''] = categories;
    const [hose, rake, spade, pan] = [
      await create('Hose', garden),
      await create('Rake', tools),
      await create('Spade', tools),
      await create('Pan', kitchen),
    ];
    await create('Unsold hose', garden);
    await bench.deps.eventLog.append([orderCreated({ [hose]: 2, [rake]: 3, [spade]: 1, [pan]: 9 })]);
    await eventually(async () => assert.deepEqual(await best(10, garden), ['Rake', 'Hose', 'Spade']));
    assert.deepEqual(await best(2, garden), ['Rake', 'Hose']);
    assert.deepEqual(await best(10, tools.toUpperCase()), ['Rake', 'Spade']);
    assert.deepEqual(await best(10, kitchen), ['Pan']);
    assert.deepEqual(await best(10, systemClock.newId()), []);
    assert.ok((await best(100)).length > 4);
    await catalog.archiveProduct({ id: rake }, testCall());
    assert.deepEqual(await best(10, garden), ['Hose', 'Spade']);
  });

  test('INVALID_ARGUMENT on categoryId and size together', async () => {
    await assert.rejects(best(0, 'x'), (error) => {
      assert.ok(error instanceof AppError);
      assert.deepEqual(error.violations.map(({ field }) => field).toSorted(), ['categoryId', 'size']);
      return error.reason === 'INVALID_ARGUMENT';
    });
  });

  for (const size of [-1, 101])
    test(`INVALID_ARGUMENT on size: ${size}`, async () => {
      await assert.rejects(
        best(size),
        (error) => error instanceof AppError && error.reason === 'INVALID_ARGUMENT' && error.field === 'size',
      );
    });
});

test('of equally good matches, a search returns first what sells more, then the newer', async () => {
  const [older, newer] = [await create('Carafe Uno'), await create('Carafe Due')];
  const found = async (): Promise<string[]> =>
    (await catalog.searchProducts({ query: 'carafe' }, testCall())).products.map(({ id }) => id);
  assert.deepEqual(await found(), [newer, older], 'known-bad twin: without sales, the newer is first');
  await bench.deps.eventLog.append([orderCreated({ [older]: 1 })]);
  await eventually(async () => assert.deepEqual(await found(), [older, newer]));
  await bench.deps.eventLog.append([orderCreated({ [newer]: 2 })]);
  await eventually(async () => assert.deepEqual((await found())[0], newer));
  await catalog.updateProduct({ id: older, expectedVersion: 1n, description: 'Glass' }, testCall());
  assert.deepEqual(await found(), [newer, older], 'an update keeps the rank of the sales');
});
