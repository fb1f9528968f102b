import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REPEATED_COUNT, type Search, type SearchInput } from './search-bench.ts';
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

  test('the facet of tags has the largest first, those of equal size by tag, and ignores the tags of the filter', async () => {
    const tagsOf = async (request: SearchInput): Promise<[string, number][]> => {
      const { facets } = await fetchPage({ ...request, withFacets: true, withoutProducts: true });
      return (facets?.tags ?? []).map(({ tag, count }) => [tag, count]);
    };
    const counted = new Map<string, number>();
    for (const [, , , , tags] of PRODUCTS)
      for (const tag of tags.split(',').filter((each) => each !== ''))
        counted.set(tag, (counted.get(tag) ?? 0) + 1);
    counted.set('strings', REPEATED_COUNT);
    const sorted = [...counted].toSorted(
      ([one, ones], [other, others]) => others - ones || Buffer.compare(Buffer.from(one), Buffer.from(other)),
    );
    assert.equal(sorted[0]?.[0], 'strings');
    assert.deepEqual(await tagsOf({}), sorted.slice(0, 20));
    assert.ok(sorted.length > 20 && sorted[19]?.[1] === sorted[20]?.[1], 'one of equal tags is left out');

    const lights = await tagsOf({ query: 'smart bulb' });
    assert.deepEqual(lights, [
      ['dimmable', 1],
      ['led', 1],
      ['smart', 1],
    ]);
    assert.deepEqual(await tagsOf({ query: 'smart bulb', filter: { tags: ['wireless'] } }), lights);
    assert.deepEqual(await tagsOf({ query: 'smart bulb', filter: { priceMaxMinor: 100n } }), []);
    assert.deepEqual(await tagsOf({ filter: { categoryIds: [categoryId('Music')] } }), [
      ['strings', REPEATED_COUNT],
    ]);
    const tagged = await fetchPage({
      filter: { tags: ['dimmable', 'led'] },
      withTotal: true,
      withFacets: true,
    });
    assert.equal(tagged.total, 2);
    assert.equal(tagged.products.length, 2);
    assert.equal(
      tagged.facets?.prices.reduce((sum, { count }) => sum + count, 0),
      2,
      'the other facets apply the tags',
    );
    assert.deepEqual(tagged.facets?.categories, []);
  });
}
