import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { CatalogService } from '#catalog/pb/catalog_pb.js';
import { startCatalog } from '#catalog/service.ts';
import { inProcess, type Client } from '#platform/rpc.ts';
import { openServiceBench } from '#testkit/service-bench.ts';
import { testCall } from '#testkit/shop.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const bench = await openServiceBench('catalog', stack);
const { implementation } = await startCatalog({ databaseUrl: bench.url }, bench.deps, stack);
const catalog: Client<typeof CatalogService> = inProcess(implementation);

const all: string[] = [];
for (let n = 0; n < 20; n += 1) {
  const { product } = await catalog.createProduct({ name: `Product ${n}` }, testCall());
  all.unshift(product?.id ?? '');
}
const archived = all.filter((_, index) => index % 4 === 3);
for (const id of archived) await catalog.archiveProduct({ id }, testCall());
const onSale = all.filter((id) => !archived.includes(id));

type Page = { size?: number; skip?: number; afterId?: string; beforeId?: string; fromEnd?: boolean };

async function list(page: Page): Promise<{ ids: string[]; hasMore: boolean }> {
  const answer = await catalog.listProducts({ page }, testCall());
  return { ids: answer.products.map((product) => product.id), hasMore: answer.hasMore };
}

suite('listProducts', () => {
  test('lists the products on sale, newest first; omits archived products', async () => {
    assert.deepEqual(await list({ size: 100 }), { ids: onSale, hasMore: false });
    assert.deepEqual(await list({ size: 15 }), { ids: onSale, hasMore: false });
    assert.deepEqual(await list({ size: 14 }), { ids: onSale.slice(0, 14), hasMore: true });
    assert.deepEqual(await list({ size: 5, skip: 5 }), { ids: onSale.slice(5, 10), hasMore: true });
  });

  test('paging in either direction returns each product once', async () => {
    for (const fromEnd of [false, true]) {
      const seen: string[] = [];
      for (let hasMore = true; hasMore;) {
        const edge = fromEnd ? { beforeId: seen.at(0) ?? '' } : { afterId: seen.at(-1) ?? '' };
        const page = await list({ size: 4, fromEnd, ...edge });
        if (fromEnd) seen.unshift(...page.ids);
        else seen.push(...page.ids);
        ({ hasMore } = page);
        assert.ok(seen.length <= onSale.length);
      }
      assert.deepEqual(seen, onSale);
    }
  });

  test('continues after a product that has been archived since', async () => {
    const [gone = ''] = archived;
    assert.deepEqual((await list({ size: 100, afterId: gone })).ids, onSale.slice(3));
  });

  for (const [field, page] of [
    ['page.size', { size: -1 }],
    ['page.size', { size: 101 }],
    ['page.skip', { size: 1, skip: 10_001 }],
    ['page.afterId', { size: 1, afterId: 'x' }],
  ] as const) {
    test(`INVALID_ARGUMENT on ${field}: ${JSON.stringify(page)}`, async () => {
      await assert.rejects(list(page), { reason: 'INVALID_ARGUMENT', field });
    });
  }
});
