import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SearchSort } from '#catalog/pb/catalog_pb.js';
import { systemClock } from '#platform/clock.ts';
import type { Search } from './search-bench.ts';

/** Filters by categories on every backend. `categoryId` finds a category by its name. */
export function categoryFilterContract(fetchPage: Search, categoryId: (name: string) => string): void {
  const find = async (categoryIds: string[], sort = SearchSort.RELEVANCE, query = '') =>
    (await fetchPage({ query, sort, filter: { categoryIds }, withTotal: true, withFacets: true })).products;
  const namesIn = async (...names: string[]): Promise<string[]> =>
    (await find(names.map(categoryId))).map(({ name }) => name);

  test('several categories: the products in any of them or below one of them, each once', async () => {
    const [phones, devices, books, kitchen] = [
      await namesIn('Phones'),
      await namesIn('Devices'),
      await namesIn('Books'),
      await namesIn('Kitchen'),
    ];
    assert.ok(phones.length > 2 && books.length > 2 && kitchen.length > 2);
    assert.deepEqual((await namesIn('Phones', 'Books')).toSorted(), [...phones, ...books].toSorted());
    assert.deepEqual(
      (await namesIn('Books', 'Phones', 'Devices', 'Books')).toSorted(),
      [...devices, ...books].toSorted(),
    );
    const one = await fetchPage({ filter: { categoryId: categoryId('Devices') } });
    assert.deepEqual(
      one.products.map(({ name }) => name),
      devices,
      'the same as categoryId',
    );
    const unknown = systemClock.newId();
    assert.deepEqual(await find([unknown]), []);
    assert.equal((await find([unknown, categoryId('Books')])).length, books.length);
    const machines = await find([categoryId('Kitchen'), categoryId('Books')], SearchSort.RELEVANCE, 'novel');
    assert.ok(machines.length > 1 && machines.every(({ name }) => books.includes(name)));
  });

  test('the facet of categories ignores the categories of the filter; the total and the other facets do not', async () => {
    const categoryIds = ['Phones', 'Books'].map(categoryId);
    const counted = { withTotal: true, withFacets: true, withoutProducts: true };
    const { total, facets } = await fetchPage({ filter: { categoryIds }, ...counted });
    const all = await fetchPage(counted);
    assert.equal(total, (await find(categoryIds)).length);
    assert.equal(
      facets?.prices.reduce((sum, { count }) => sum + count, 0),
      total,
    );
    assert.deepEqual(facets?.categories, all.facets?.categories);
  });

  test('the newest products of one or several categories come first, in pages of any direction', async () => {
    for (const names of [['Devices'], ['Phones', 'Kitchen', 'Books']]) {
      const filter = { categoryIds: names.map(categoryId) };
      const all = (await find(filter.categoryIds, SearchSort.NEWEST)).map(({ id }) => id);
      assert.ok(all.length > 10);
      assert.deepEqual(all, all.toSorted().toReversed());
      const read: string[] = [];
      for (let after = ''; ;) {
        const page = await fetchPage({ filter, sort: SearchSort.NEWEST, size: 4, after });
        read.push(...page.products.map(({ id }) => id));
        after = page.endCursor;
        if (!page.hasMore) break;
      }
      assert.deepEqual(read, all);
      const last = await fetchPage({ filter, sort: SearchSort.NEWEST, size: 4, fromEnd: true });
      assert.deepEqual(
        last.products.map(({ id }) => id),
        all.slice(-4),
      );
    }
  });

  test('INVALID_ARGUMENT names the category that is not a UUID, the 21st, and categoryId given together with categoryIds', async () => {
    const id = categoryId('Books');
    for (const [field, filter] of [
      ['filter.categoryIds[1]', { categoryIds: [id, 'x'] }],
      ['filter.categoryIds', { categoryIds: Array.from({ length: 21 }, () => id) }],
      ['filter.categoryIds', { categoryId: id, categoryIds: [id] }],
    ] as const)
      await assert.rejects(fetchPage({ filter: { ...filter, categoryIds: [...filter.categoryIds] } }), {
        reason: 'INVALID_ARGUMENT',
        field,
      });
    const { products } = await fetchPage({
      filter: { categoryIds: Array.from({ length: 20 }, () => id.toUpperCase()) },
    });
    assert.ok(products.length > 0);
  });
}
