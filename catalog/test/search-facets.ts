import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REPEATED_COUNT, type Search } from './search-bench.ts';
import { PRODUCTS } from './search-fixtures.ts';

/** The total and the facets of a search on every backend. `categoryId` finds a category by its name. */
export function facetsContract(fetchPage: Search, categoryId: (name: string) => string): void {
  test('the total and the facets count the matches; each facet ignores its own condition', async () => {
    const counted = { withTotal: true, withFacets: true, withoutProducts: true };
    const all = await fetchPage({ query: 'zither', ...counted });
    assert.deepEqual([all.products, all.total], [[], REPEATED_COUNT]);
    const facet = { fromMinor: 5_000n, toMinor: 10_000n, count: REPEATED_COUNT };
    const prices = (of: typeof all) =>
      of.facets?.prices.map(({ fromMinor, toMinor, count }) => ({ fromMinor, toMinor, count }));
    const categories = (of: typeof all) =>
      new Map(of.facets?.categories.map(({ categoryId: id, count }) => [id, count]));
    assert.deepEqual(prices(all), [facet]);
    assert.deepEqual([...categories(all)], [[categoryId('Music'), REPEATED_COUNT]]);

    const tooDeep = await fetchPage({ query: 'zither', skip: 10_000, withTotal: true, withFacets: true });
    assert.deepEqual([tooDeep.products, tooDeep.hasMore, tooDeep.total], [[], false, REPEATED_COUNT]);
    assert.deepEqual(prices(tooDeep), [facet]);

    const cheap = { priceMaxMinor: 2_000n };
    const filtered = await fetchPage({ query: 'zither', filter: cheap, ...counted });
    assert.deepEqual([filtered.total, prices(filtered), categories(filtered).size], [0, [facet], 0]);
    const elsewhere = await fetchPage({
      query: 'zither',
      filter: { categoryId: categoryId('Phones') },
      ...counted,
    });
    assert.deepEqual([elsewhere.total, prices(elsewhere)], [0, []]);
    assert.deepEqual([...categories(elsewhere).values()], [REPEATED_COUNT]);

    const everything = await fetchPage({ ...counted });
    const sum = everything.facets?.prices.reduce((total, { count }) => total + count, 0);
    assert.deepEqual(
      [everything.total, sum],
      [PRODUCTS.length + REPEATED_COUNT, PRODUCTS.length + REPEATED_COUNT],
    );
    const phones = categories(everything).get(categoryId('Phones')) ?? 0;
    const devices = categories(everything).get(categoryId('Devices')) ?? 0;
    assert.ok(phones > 2 && devices > phones, 'a category counts the products below it');
    const counts = everything.facets?.categories.map(({ count }) => count) ?? [];
    assert.deepEqual(
      counts,
      counts.toSorted((one, other) => other - one),
    );
  });
}
