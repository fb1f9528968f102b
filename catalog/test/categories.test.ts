import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { CatalogService } from '#catalog/pb/catalog_pb.js';
import { startCatalog } from '#catalog/service.ts';
import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { inProcess, type Client } from '#platform/rpc.ts';
import { assertOneTransaction, openServiceBench } from '#testkit/service-bench.ts';
import { fakeClock, testCall } from '#testkit/shop.ts';
import { categoryCalls } from './category-calls.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const clock = fakeClock();
const bench = await openServiceBench('catalog', stack, clock);
const { implementation } = await startCatalog({ databaseUrl: bench.url }, bench.deps, stack);
const catalog: Client<typeof CatalogService> = inProcess(implementation);

const { add, childrenOf } = categoryCalls(catalog);

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** Returns the event of the category's current version; asserts its transaction and its trace. */
async function eventOf(id: string, version: number): Promise<string> {
  const events = await bench.outbox(id);
  assert.deepEqual(
    events.map((event) => event.version),
    Array.from({ length: version }, (_, index) => index + 1),
  );
  await assertOneTransaction(bench, { table: 'category', id, version, events: 1 });
  const { topic, event_type: type, payload, traceparent } = events.at(-1) ?? {};
  assert.match(traceparent ?? '', /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
  return `${topic} ${type} ${payload}`;
}

async function fails(work: Promise<unknown>, reason: string, field: string): Promise<void> {
  await assert.rejects(work, { reason, field });
}

suite('createCategory', () => {
  test('returns the new category at version 1 with its ancestors from the top down', async () => {
    const devices = await add(' Devices ');
    const phones = await add('Phones', devices.id.toUpperCase());
    const smart = await add('Smartphones', phones.id);
    assert.deepEqual([devices.name, devices.version, devices.ancestorIds], ['Devices', 1n, []]);
    assert.deepEqual(smart.ancestorIds, [devices.id, phones.id]);
    const { categories } = await catalog.batchGetCategories({ ids: [smart.id] }, testCall());
    assert.deepEqual(categories, [smart]);
  });

  test('writes the exact category_created event in the transaction of the category', async () => {
    const call = testCall({ traceparent: TRACEPARENT });
    const { category: top } = await catalog.createCategory({ name: 'Toys' }, call);
    const { category: below } = await catalog.createCategory(
      { name: 'Trains', parentId: top?.id ?? '' },
      call,
    );
    assert.ok(top && below);
    assert.equal(
      await eventOf(top.id, 1),
      `category.events category_created {"event_type":"category_created","category_id":"${top.id}","name":"Toys","parent_id":null,"timestamp":"2026-01-31T12:00:00.000Z"}`,
    );
    assert.equal(
      await eventOf(below.id, 1),
      `category.events category_created {"event_type":"category_created","category_id":"${below.id}","name":"Trains","parent_id":"${top.id}","timestamp":"2026-01-31T12:00:00.000Z"}`,
    );
  });

  test('CATEGORY_NOT_FOUND on parentId: unknown category, and nothing is written', async () => {
    const before = await bench.counts('category', 'outbox');
    await fails(add('Phones', systemClock.newId()), 'CATEGORY_NOT_FOUND', 'parentId');
    assert.deepEqual(await bench.counts('category', 'outbox'), before);
  });

  test('CATEGORY_LIMIT_EXCEEDED on parentId: 8 levels are allowed, a 9th is not', async () => {
    let parent = await add('Level 1');
    for (let level = 2; level <= 8; level += 1) parent = await add(`Level ${level}`, parent.id);
    assert.equal(parent.ancestorIds.length, 7);
    await fails(add('Level 9', parent.id), 'CATEGORY_LIMIT_EXCEEDED', 'parentId');
  });

  test('CATEGORY_LIMIT_EXCEEDED on parentId: of 110 concurrent inserts below one parent, 100 succeed', async () => {
    const parent = await add('Wide');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 110 }, (_, n) => add(`Child ${n}`, parent.id)),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 100);
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') continue;
      assert.ok(outcome.reason instanceof AppError);
      assert.equal(outcome.reason.reason, 'CATEGORY_LIMIT_EXCEEDED');
    }
    assert.equal((await childrenOf(parent.id)).length, 100);
  });

  for (const [field, input] of [
    ['name', { name: ' ' }],
    ['name', { name: 'x'.repeat(101) }],
    ['parentId', { name: 'Phones', parentId: 'x' }],
  ] as const) {
    test(`INVALID_ARGUMENT on ${field}: ${JSON.stringify(input).slice(0, 40)}`, async () => {
      await fails(catalog.createCategory(input, testCall()), 'INVALID_ARGUMENT', field);
    });
  }
});

suite('renameCategory', () => {
  test('returns the new name and the next version', async () => {
    const { id } = await add('Telly');
    const { category } = await catalog.renameCategory({ id, name: 'Television' }, testCall());
    assert.deepEqual([category?.name, category?.version], ['Television', 2n]);
  });

  test('writes the exact category_renamed event in the transaction of the change', async () => {
    const parent = await add('Garden');
    const { id } = await add('Mowers', parent.id);
    clock.advance(1);
    await catalog.renameCategory({ id, name: 'Lawn mowers' }, testCall({ traceparent: TRACEPARENT }));
    assert.equal(
      await eventOf(id, 2),
      `category.events category_renamed {"event_type":"category_renamed","category_id":"${id}","name":"Lawn mowers","parent_id":"${parent.id}","timestamp":"2026-01-31T12:00:00.001Z"}`,
    );
  });

  test('NOT_FOUND on id: unknown category, and no event', async () => {
    const before = await bench.counts('outbox');
    const id = systemClock.newId();
    await fails(catalog.renameCategory({ id, name: 'X' }, testCall()), 'NOT_FOUND', 'id');
    assert.deepEqual(await bench.counts('outbox'), before);
  });

  test('50 concurrent renames write one event each, with its name and version', async () => {
    const { id } = await add('Contested');
    const renamed = await Promise.all(
      Array.from({ length: 50 }, (_, n) => catalog.renameCategory({ id, name: `Name ${n}` }, testCall())),
    );
    const published = (await bench.outbox(id)).map(
      ({ version, payload }) => `${version} ${(JSON.parse(payload) as { name: string }).name}`,
    );
    const answered = renamed.map(({ category }) => `${category?.version} ${category?.name}`);
    assert.deepEqual(published.toSorted(), ['1 Contested', ...answered].sort());
    assert.deepEqual(
      published.map((name) => Number.parseInt(name, 10)),
      Array.from({ length: 51 }, (_, index) => index + 1),
      'events are in version order',
    );
  });

  test('INVALID_ARGUMENT on name: empty', async () => {
    const { id } = await add('Name');
    await fails(catalog.renameCategory({ id, name: '' }, testCall()), 'INVALID_ARGUMENT', 'name');
  });
});

suite('a failed write of the event', () => {
  test('rolls back createCategory and renameCategory', async () => {
    await bench.rows(
      `ALTER TABLE outbox ADD CONSTRAINT no_mute CHECK (payload->>'name' IS DISTINCT FROM 'mute')`,
    );
    const { id } = await add('Loud');
    await assert.rejects(add('mute', id), { reason: 'INTERNAL' });
    await assert.rejects(catalog.renameCategory({ id, name: 'mute' }, testCall()), { reason: 'INTERNAL' });
    assert.deepEqual(await childrenOf(id), []);
    const { categories } = await catalog.batchGetCategories({ ids: [id] }, testCall());
    assert.deepEqual(
      categories.map(({ name, version }) => [name, version]),
      [['Loud', 1n]],
    );
  });
});

suite('listCategories and batchGetCategories', () => {
  test('children are sorted by name, ignoring case and accents; an empty parent id lists the top-level categories', async () => {
    const top = await add('Top of list');
    const other = await add('Other');
    for (const name of ['zebra', 'Éclair', 'apple']) await add(name, top.id);
    await add('Below other', other.id);
    assert.deepEqual(await childrenOf(top.id), ['apple', 'Éclair', 'zebra']);
    assert.deepEqual(await childrenOf(top.id, other.id), ['apple', 'Below other', 'Éclair', 'zebra']);
    const all = await childrenOf('');
    assert.ok(all.includes('Top of list') && !all.includes('apple'));
  });

  test('size limits the children of each parent to the first by name', async () => {
    const [one, other] = [await add('Sized'), await add('Sized as well')];
    for (const name of ['c', 'a', 'b']) await add(name, one.id);
    await add('d', other.id);
    const first = async (size: number): Promise<string[]> => {
      const { categories } = await catalog.listCategories(
        { parentIds: [one.id, other.id], size },
        testCall(),
      );
      return categories.map(({ name }) => name);
    };
    assert.deepEqual(await first(2), ['a', 'b', 'd']);
    assert.deepEqual(await first(0), ['a', 'b', 'c', 'd']);
    const ofTop = await catalog.listCategories({ parentIds: [''], size: 1 }, testCall());
    assert.equal(ofTop.categories.length, 1);
    for (const size of [-1, 101])
      await fails(catalog.listCategories({ parentIds: [''], size }, testCall()), 'INVALID_ARGUMENT', 'size');
  });

  test('unknown parents are returned by id, with the children of the other parents', async () => {
    const [full, empty, unknown] = [await add('Full'), await add('Empty'), systemClock.newId()];
    await add('Child', full.id);
    const answer = await catalog.listCategories({ parentIds: [full.id, unknown, empty.id, ''] }, testCall());
    assert.deepEqual(answer.unknownParentIds, [unknown]);
    assert.ok(answer.categories.some(({ name }) => name === 'Child'));
  });

  test('INVALID_ARGUMENT on parentIds and ids: not a UUID, too many', async () => {
    await fails(childrenOf('x'), 'INVALID_ARGUMENT', 'parentIds[0]');
    await fails(childrenOf(...Array.from({ length: 101 }, () => '')), 'INVALID_ARGUMENT', 'parentIds');
    await fails(catalog.batchGetCategories({ ids: ['x'] }, testCall()), 'INVALID_ARGUMENT', 'ids[0]');
  });
});

suite('products in categories, with tags', () => {
  test('createProduct stores the category and normalized tags: lower case, no duplicates, single spaces', async () => {
    const { id } = await add('Lamps');
    const { product } = await catalog.createProduct(
      {
        name: 'Lamp',
        categoryId: id.toUpperCase(),
        tags: [' LED ', 'led', 'Warm \u00a0 White', 'E\u0301te'],
      },
      testCall(),
    );
    assert.ok(product);
    assert.deepEqual([product.categoryId, product.tags], [id, ['led', 'warm white', 'éte']]);
    assert.deepEqual((await catalog.getProduct({ id: product.id }, testCall())).product, product);
  });

  test('an update keeps omitted fields and clears fields that are set to empty', async () => {
    const { id: categoryId } = await add('Chairs');
    const input = { name: 'Chair', categoryId, tags: ['oak'] };
    const { product } = await catalog.createProduct(input, testCall());
    const id = product?.id ?? '';
    const named = await catalog.updateProduct({ id, expectedVersion: 1n, name: 'Stool' }, testCall());
    assert.deepEqual([named.product?.categoryId, named.product?.tags], [categoryId, ['oak']]);
    const cleared = await catalog.updateProduct(
      { id, expectedVersion: 2n, categoryId: '', tags: { values: [] } },
      testCall(),
    );
    assert.deepEqual([cleared.product?.categoryId, cleared.product?.tags], ['', []]);
    const again = { id, expectedVersion: 3n, categoryId, tags: { values: ['pine', 'oak'] } };
    const { product: last } = await catalog.updateProduct(again, testCall());
    assert.deepEqual([last?.categoryId, last?.tags], [categoryId, ['pine', 'oak']]);
  });

  test('products created concurrently keep their own tags', async () => {
    const wanted = Array.from({ length: 50 }, (_, n) =>
      Array.from({ length: n % 4 }, (_, i) => `t${n}-${i}`),
    );
    const created = await Promise.all(
      wanted.map((tags, n) => catalog.createProduct({ name: `Tagged ${n}`, tags }, testCall())),
    );
    const { products } = await catalog.batchGetProducts(
      { ids: created.map(({ product }) => product?.id ?? '') },
      testCall(),
    );
    assert.deepEqual(
      products.map(({ tags }) => tags.join()).sort(),
      wanted.map((tags) => tags.join()).sort(),
    );
  });

  test('CATEGORY_NOT_FOUND on categoryId, and nothing is written', async () => {
    const before = await bench.counts('product', 'outbox');
    const categoryId = systemClock.newId();
    await fails(
      catalog.createProduct({ name: 'X', categoryId }, testCall()),
      'CATEGORY_NOT_FOUND',
      'categoryId',
    );
    assert.deepEqual(await bench.counts('product', 'outbox'), before);
    const { product } = await catalog.createProduct({ name: 'X' }, testCall());
    const change = { id: product?.id ?? '', expectedVersion: 1n, categoryId };
    await fails(catalog.updateProduct(change, testCall()), 'CATEGORY_NOT_FOUND', 'categoryId');
  });

  for (const [field, tags] of [
    ['tags', Array.from({ length: 21 }, (_, n) => `${n}`)],
    ['tags[1]', ['a', ' ']],
    ['tags[0]', ['x'.repeat(41)]],
    ['tags[0]', ['a\nb']],
  ] as const) {
    test(`INVALID_ARGUMENT on ${field}: ${JSON.stringify(tags).slice(0, 30)}`, async () => {
      const made = catalog.createProduct({ name: 'X', tags: [...tags] }, testCall());
      await fails(made, 'INVALID_ARGUMENT', field);
    });
  }
});
