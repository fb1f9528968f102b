import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { CatalogService } from '#catalog/pb/catalog_pb.js';
import { startCatalog } from '#catalog/service.ts';
import { systemClock } from '#platform/clock.ts';
import { inProcess, type Client } from '#platform/rpc.ts';
import { openServiceBench } from '#testkit/service-bench.ts';
import { testCall } from '#testkit/shop.ts';
import { categoryCalls } from './category-calls.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const bench = await openServiceBench('catalog', stack);
const { implementation } = await startCatalog({ databaseUrl: bench.url }, bench.deps, stack);
const catalog: Client<typeof CatalogService> = inProcess(implementation);

const { add, childrenOf } = categoryCalls(catalog);

async function fails(work: Promise<unknown>, reason: string, field: string): Promise<void> {
  await assert.rejects(work, { reason, field });
}

suite('names of categories with the same parent', () => {
  test('CATEGORY_NAME_TAKEN on name: createCategory ignores case and accents, and writes nothing', async () => {
    const parent = await add('Food');
    await add('Crème brûlée', parent.id);
    const before = await bench.counts('category', 'outbox');
    for (const name of ['Crème brûlée', ' CREME BRULEE ', 'Cre\u0300me bru\u0302le\u0301e'])
      await fails(add(name, parent.id), 'CATEGORY_NAME_TAKEN', 'name');
    await fails(add('FOOD'), 'CATEGORY_NAME_TAKEN', 'name');
    assert.deepEqual(await bench.counts('category', 'outbox'), before);
    await add('Food', parent.id);
  });

  test('CATEGORY_NAME_TAKEN on name: renameCategory; a category can change the case of its own name', async () => {
    const parent = await add('Drinks');
    const { id } = await add('Tea', parent.id);
    await add('Café', parent.id);
    const before = await bench.counts('outbox');
    const rename = (name: string) => catalog.renameCategory({ id, name }, testCall());
    await fails(rename('cafe'), 'CATEGORY_NAME_TAKEN', 'name');
    assert.deepEqual(await bench.counts('outbox'), before);
    assert.equal((await rename('TEA')).category?.name, 'TEA');
    assert.equal((await rename('Drinks')).category?.name, 'Drinks');
  });

  /** Asserts that of 20 concurrent inserts with the same name exactly one succeeds. */
  async function assertOneSucceeds(
    create: (name: string, parentId: string) => Promise<unknown>,
  ): Promise<void> {
    const { id } = await add(`Parent ${systemClock.newId()}`);
    const names = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 'Name' : 'NAMÉ'));
    const outcomes = await Promise.allSettled(names.map((name) => create(name, id)));
    assert.equal((await childrenOf(id)).length, 1, 'siblings have the same name');
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') assert.equal(outcome.reason.reason, 'CATEGORY_NAME_TAKEN');
  }

  test('of 20 concurrent inserts with the same name, exactly one succeeds', () => assertOneSucceeds(add));

  test('known-bad twin: a check outside the transaction admits duplicates', async () => {
    const knownBad = async (name: string, parentId: string): Promise<void> => {
      const sql = 'SELECT FROM category WHERE parent_id = $1 AND fold(name) = fold($2)';
      if ((await bench.rows(sql, [parentId, name])).length > 0) return;
      await insertDirectly(name, parentId);
    };
    await assert.rejects(assertOneSucceeds(knownBad), /siblings have the same name/);
  });

  test('duplicates from an earlier release remain and can be renamed', async () => {
    const { id } = await add('Old');
    const [first] = [await insertDirectly('Twin', id), await insertDirectly('twin', id)];
    assert.equal((await childrenOf(id)).length, 2);
    await fails(add('Twin', id), 'CATEGORY_NAME_TAKEN', 'name');
    await catalog.renameCategory({ id: first, name: 'Single' }, testCall());
    assert.deepEqual(await childrenOf(id), ['Single', 'twin']);
  });
});

/** Inserts a category without the check of its name, as an earlier release did. */
async function insertDirectly(name: string, parentId: string): Promise<string> {
  const id = systemClock.newId();
  await bench.rows(
    'INSERT INTO category (id, name, parent_id, path, created_at) VALUES ($1, $2, $3, $4, now())',
    [id, name, parentId, [parentId, id]],
  );
  return id;
}
