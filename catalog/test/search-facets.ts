import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TWINS, type Search } from './search-bench.ts';
import { CATALOGUE } from './search-catalogue.ts';

/** The total and the facets of a search on every backend. `categoryId` finds a category by its name. */
export function facetsContract(ask: Search, categoryId: (name: string) => string): void {
  test('the total and the facets count what matches, each facet whatever its own filter says', async () => {
    const counted = { withTotal: true, withFacets: true, withoutProducts: true };
    const all = await ask({ query: 'zither', ...counted });
    assert.deepEqual([all.products, all.total], [[], TWINS]);
    const facet = { fromMinor: 5_000n, toMinor: 10_000n, count: TWINS };
    const prices = (of: typeof all) =>
      of.facets?.prices.map(({ fromMinor, toMinor, count }) => ({ fromMinor, toMinor, count }));
    const categories = (of: typeof all) =>
      new Map(of.facets?.categories.map(({ categoryId: id, count }) => [id, count]));
    assert.deepEqual(prices(all), [facet]);
    assert.deepEqual([...categories(all)], [[categoryId('Music'), TWINS]]);

    const tooDeep = await ask({ query: 'zither', skip: 10_000, withTotal: true, withFacets: true });
    assert.deepEqual([tooDeep.products, tooDeep.hasMore, tooDeep.total], [[], false, TWINS]);
    assert.deepEqual(prices(tooDeep), [facet]);

    const cheap = { priceMaxMinor: 2_000n };
    const filtered = await ask({ query: 'zither', filter: cheap, ...counted });
    assert.deepEqual([filtered.total, prices(filtered), categories(filtered).size], [0, [facet], 0]);
    const elsewhere = await ask({
      query: 'zither',
      filter: { categoryId: categoryId('Phones') },
      ...counted,
    });
    assert.deepEqual([elsewhere.total, prices(elsewhere)], [0, []]);
    assert.deepEqual([...categories(elsewhere).values()], [TWINS]);

    const everything = await ask({ ...counted });
    const sum = everything.facets?.prices.reduce((total, { count }) => total + count, 0);
    assert.deepEqual([everything.total, sum], [CATALOGUE.length + TWINS, CATALOGUE.length + TWINS]);
    const phones = categories(everything).get(categoryId('Phones')) ?? 0;
    const devices = categories(everything).get(categoryId('Devices')) ?? 0;
    assert.ok(phones > 2 && devices > phones, 'a category counts what is below it');
    const counts = everything.facets?.categories.map(({ count }) => count) ?? [];
    assert.deepEqual(
      counts,
      counts.toSorted((one, other) => other - one),
    );
  });
}
