import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { SearchSort } from '#catalog/pb/catalog_pb.js';
import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { testCall } from '#testkit/shop.ts';
import { foundContract } from './search-found.ts';
import { facetsContract } from './search-facets.ts';
import { goldenShopsContract } from './search-golden.ts';
import { judgedContract } from './search-judged.ts';
import { categoryFilterContract } from './search-filters.ts';
import { namesContract } from './search-names.ts';
import { matchedContract } from './search-matched.ts';
import { pagingContract } from './search-pages.ts';
import { PRODUCTS, GOLDEN } from './search-fixtures.ts';
import { createProducts, REPEATED_COUNT, type SearchInput, type SearchBench } from './search-bench.ts';

type Backend = 'postgres' | 'elasticsearch' | 'opensearch';

/** The behaviour that all search backends share. */
export function searchContract(backend: Backend, open: () => Promise<SearchBench>): void {
  let bench: SearchBench;
  /** Product ids by name. */
  let ids: ReadonlyMap<string, string>;
  let categoryIds: ReadonlyMap<string, string>;

  const fetchPage = (request: SearchInput) =>
    bench.catalog.searchProducts({ size: 100, ...request }, testCall());
  const search = async (query: string, part: SearchInput = {}): Promise<string[]> =>
    (await fetchPage({ query, ...part })).products.map(({ name }) => name);
  const inCategory = (name: string): SearchInput => ({ filter: { categoryId: categoryIds.get(name) ?? '' } });

  suite(`search on ${backend}`, () => {
    test('indexes the products', { timeout: 120_000 }, async () => {
      bench = await open();
      ({ ids, categoryIds } = await createProducts(bench));
    });

    test(`returns the expected product first for all ${GOLDEN.length} golden queries`, async () => {
      assert.ok(GOLDEN.length >= 60);
      const missed: string[] = [];
      for (const { why, query, first } of GOLDEN) {
        const [found = null] = await search(query);
        if (found !== first) missed.push(`${why}: ${query} returned ${found}, not ${first}`);
      }
      assert.deepEqual(missed, []);
    });

    test('ranks the exact name before longer names, and names before descriptions', async () => {
      assert.deepEqual((await search('iphone 15')).slice(0, 2), ['iPhone 15', 'iPhone 15 Pro']);
      const coffee = await search('coffee');
      assert.deepEqual(coffee.slice(0, 2).toSorted(), ['Café Crème Coffee Beans', 'Coffee Grinder']);
      assert.deepEqual(coffee.slice(2, 4).toSorted(), ['Espresso Machine', 'French Press']);
    });

    test('"phone" matches "iPhone 15 Pro" as a substring, before products that only mention phones', async () => {
      const names = await search('phone');
      for (const name of ['iPhone 15 Pro', 'iPhone SE', 'Phone Case']) assert.ok(names.includes(name), name);
      assert.ok(names.indexOf('iPhone 15 Pro') < names.indexOf('Power Bank 20000'));
    });

    test('ranks a phrase before the same words apart in a newer product; twin: without the phrase rank', async () => {
      const phrases = GOLDEN.filter(({ why }) => why === 'phrases');
      assert.ok(phrases.length >= 2);
      for (const { query: text, first } of phrases) {
        const [phrase = '', apart = '', ...more] = await search(text);
        assert.deepEqual([phrase, more], [first, []]);
        assert.ok((ids.get(phrase) ?? '') < (ids.get(apart) ?? ''), `${apart} is the newer one`);
        assert.equal(await bench.firstWithoutPhrases(text), apart);
      }
    });

    test('all words must match: one more word narrows the results', async () => {
      assert.deepEqual(await search('waterproof shoes'), ['Hiking Boots']);
      assert.deepEqual((await search('waterproof')).toSorted(), ['Hiking Boots', 'Rain Jacket']);
    });

    test('ignores accents, case, width and Unicode form', async () => {
      for (const [one, other] of [
        ['café', 'CAFE'],
        ['cafe\u0301', 'café'],
        ['ｉＰｈｏｎｅ', 'iphone'],
        ['JALAPEÑO', 'jalapeno'],
      ] as const)
        assert.deepEqual(await search(one), await search(other));
    });

    test('tags are searched like words', async () => {
      assert.deepEqual((await search('dimmable')).toSorted(), ['LED Desk Lamp', 'Smart Bulb']);
    });

    test('an empty query returns all products, newest first', async () => {
      for (const query of ['', '   ', '\n\t']) {
        const { products, total, hasMore } = await fetchPage({ query, withTotal: true });
        assert.deepEqual(
          [total, products.length, hasMore],
          [PRODUCTS.length + REPEATED_COUNT, PRODUCTS.length + REPEATED_COUNT, false],
        );
        const found = products.map(({ id }) => id);
        assert.deepEqual(found, found.toSorted().toReversed());
      }
    });

    test('a query of symbols only returns no products', async () => {
      for (const query of ['!!!', "' | & ! : * \\ ( ) <->", '€ 😀', 'ʼ', '\u0301'])
        assert.deepEqual(await search(query), [], JSON.stringify(query));
      const { total, facets } = await fetchPage({ query: '?!', withTotal: true, withFacets: true });
      assert.deepEqual([total, facets?.prices, facets?.categories, facets?.tags], [0, [], [], []]);
    });

    test('a query that no product matches even approximately returns no products', async () => {
      for (const query of ['xyzzy', 'qqqqqqqq', '9999999']) {
        const { products, total, didYouMean } = await fetchPage({
          query,
          withTotal: true,
          withDidYouMean: true,
        });
        assert.deepEqual([products, total, didYouMean], [[], 0, '']);
      }
    });

    test('archived products are not found', async () => {
      assert.ok(!(await search('phone booth')).includes('Phone Booth'));
      assert.ok(!(await search('', { filter: { tags: ['led'] } })).includes('Phone Booth'));
    });

    test('a query of stop words finds the name that contains them, not all products', async () => {
      assert.equal((await search('the of the'))[0], 'The Lord of the Rings');
      assert.ok((await search('the')).length < PRODUCTS.length / 2);
    });

    test('accepts any 1,000 characters; INVALID_ARGUMENT on query with the limit: 1,001 characters', async () => {
      for (const unit of ['x', 'a ', '中', '𠀀', '각', '㌖', '㍿', 'ﷺ', 'é ', 'phone ', 'qwertz12 ']) {
        const query = Array.from(unit.repeat(1_000)).slice(0, 1_000).join('').trim();
        assert.ok((await search(query, { withDidYouMean: true })).length <= 100);
        const prefix = Array.from(query).slice(0, 100).join('').trim();
        await bench.catalog.suggestProducts({ prefix, size: 10 }, testCall());
      }
      await assert.rejects(search('x'.repeat(1_001)), {
        reason: 'INVALID_ARGUMENT',
        field: 'query',
        publicMessage: 'query must have at most 1000 characters',
      });
    });

    test('INVALID_ARGUMENT names the field that is out of range', async () => {
      const cursor = (await fetchPage({ query: 'phone' })).endCursor;
      for (const [field, part] of [
        ['size', { size: -1 }],
        ['size', { size: 101 }],
        ['skip', { skip: -1 }],
        ['skip', { skip: 10_001 }],
        ['skip', { skip: 1, after: cursor }],
        ['id', { id: 'x' }],
        ['fromEnd', { fromEnd: true }],
        ['before', { before: cursor }],
        ['skip', { skip: 1, fromEnd: true, sort: SearchSort.NEWEST }],
        ['filter.priceMin', { filter: { priceMinMinor: -1n } }],
        ['filter.priceMax', { filter: { priceMaxMinor: 1_000_000_000_001n } }],
        ['filter.priceMax', { filter: { priceMinMinor: 2n, priceMaxMinor: 1n } }],
        ['filter.categoryId', { filter: { categoryId: 'x' } }],
        ['filter.tags[0]', { filter: { tags: [''] } }],
      ] as const)
        await assert.rejects(search('phone', part as SearchInput), { reason: 'INVALID_ARGUMENT', field });
      for (const [field, part] of [
        ['after', { after: 'x' }],
        ['after', { after: cursor, sort: SearchSort.NEWEST }],
        ['before', { before: cursor, sort: SearchSort.PRICE_ASC }],
      ] as const)
        await assert.rejects(search('phone', part), { reason: 'INVALID_CURSOR', field });
    });

    test('with an id, returns only that product, if it matches', async () => {
      const id = ids.get('iPhone 15 Pro') ?? '';
      assert.deepEqual(await search('phone', { id: id.toUpperCase() }), ['iPhone 15 Pro']);
      assert.deepEqual(await search('coffee', { id }), []);
    });

    test('filters by inclusive prices, by a category and those below it, and by all tags', async () => {
      const priced = await search('', { filter: { priceMinMinor: 1_500n, priceMaxMinor: 1_900n } });
      const expected = PRODUCTS.filter(([, , price]) => price >= 1_500 && price <= 1_900).map(
        ([name]) => name,
      );
      assert.ok(expected.length > 3);
      assert.deepEqual(priced.toSorted(), expected.toSorted());
      const devices = await search('', inCategory('Devices'));
      const phones = await search('', inCategory('Phones'));
      assert.ok(phones.length > 2 && phones.length < devices.length);
      assert.ok(phones.every((name) => devices.includes(name)));
      assert.deepEqual((await search('', { filter: { tags: ['LED'] } })).toSorted(), [
        'LED Desk Lamp',
        'Smart Bulb',
      ]);
      assert.deepEqual(await search('', { filter: { tags: ['led', 'smart'] } }), ['Smart Bulb']);
      assert.deepEqual(await search('', { filter: { categoryId: systemClock.newId() } }), []);
      const both = await search('phone', inCategory('Phones'));
      assert.ok(both.length > 2 && both.every((name) => phones.includes(name)));
    });

    test('sorts by lowest price, by highest price and by newest', async () => {
      for (const query of ['', 'wireless']) {
        const priceOf = async (sort: SearchSort): Promise<bigint[]> =>
          (await fetchPage({ query, sort })).products.map(({ priceMinor }) => priceMinor);
        const ascending = await priceOf(SearchSort.PRICE_ASC);
        assert.deepEqual(
          ascending,
          ascending.toSorted((one, other) => Number(one - other)),
        );
        assert.deepEqual(await priceOf(SearchSort.PRICE_DESC), ascending.toReversed());
        const newest = (await fetchPage({ query, sort: SearchSort.NEWEST })).products.map(({ id }) => id);
        assert.deepEqual(newest, newest.toSorted().toReversed());
        assert.equal(newest.length, ascending.length);
      }
    });

    pagingContract(fetchPage, () => ids.get('Zither') ?? '');

    facetsContract(fetchPage, (name) => categoryIds.get(name) ?? '');

    categoryFilterContract(fetchPage, (name) => categoryIds.get(name) ?? '');

    test('didYouMean corrects each word of a query without matches; it is empty if products match', async () => {
      for (const [query, corrected] of [
        ['iphnoe', 'iphone'],
        ['samsung glaaxy', 'samsung galaxy'],
        ['Montior 4K', 'monitor 4k'],
        ['espresso machne', 'espresso machine'],
        ['phone', ''],
        ['headph', ''],
        ['', ''],
      ] as const)
        assert.equal((await fetchPage({ query, withDidYouMean: true })).didYouMean, corrected, query);
    });

    matchedContract(fetchPage);

    test('suggestProducts: names that start with the prefix first, then names with such a word, shortest first', async () => {
      const suggest = async (prefix: string, size = 10): Promise<string[]> =>
        (await bench.catalog.suggestProducts({ prefix, size }, testCall())).products.map(({ name }) => name);
      assert.deepEqual(await suggest('iph'), ['iPhone SE', 'iPhone 15', 'iPhone 15 Pro']);
      assert.deepEqual(await suggest('IPHONE 15 p'), ['iPhone 15 Pro']);
      assert.deepEqual(await suggest('phon'), ['Phone Case', 'Car Phone Holder']);
      assert.deepEqual(await suggest('CAFÉ cr'), ['Café Crème Coffee Beans']);
      assert.deepEqual(await suggest('zith'), ['Zither'], 'one product per name');
      assert.deepEqual(await suggest('iph', 1), ['iPhone SE']);
      for (const nothing of ['', '?!', 'xyzzy', 'booth']) assert.deepEqual(await suggest(nothing), []);
      for (const [field, prefix, size] of [
        ['prefix', 'x'.repeat(101), 1],
        ['size', 'x', -1],
        ['size', 'x', 21],
      ] as const)
        await assert.rejects(suggest(prefix, size), { reason: 'INVALID_ARGUMENT', field });
    });

    foundContract(() => bench, fetchPage);

    goldenShopsContract(() => bench, fetchPage);

    judgedContract(() => bench, fetchPage);

    test('no text makes a search fail', async () => {
      const anyQuery = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.string({
          unit: fc.constantFrom(...Array.from('&|!:*\'"\\()<->- aé1ʼːß\u0301$%_;~^[]{}/')),
          maxLength: 60,
        }),
        fc.mixedCase(fc.constantFrom(...GOLDEN.map(({ query }) => query))),
      );
      const anySort = fc.constantFrom(...[0, 1, 2, 3, 4, 5, 6].map((sort) => sort as SearchSort));
      await fc.assert(
        fc.asyncProperty(anyQuery, anySort, fc.boolean(), async (query, sort, all) => {
          const include = { withTotal: all, withFacets: all, withDidYouMean: all };
          try {
            assert.ok((await search(query, { size: 5, sort, ...include })).length <= 5);
            await bench.catalog.suggestProducts({ prefix: query.slice(0, 20), size: 5 }, testCall());
          } catch (error) {
            // Control characters and lone surrogates are invalid input.
            assert.ok(error instanceof AppError && error.reason === 'INVALID_ARGUMENT', String(error));
          }
        }),
        { numRuns: 300 },
      );
    });

    namesContract(() => bench);
  });
}
