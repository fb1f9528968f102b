import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { SearchSort, type CatalogService, type SearchProductsRequest } from '#catalog/pb/catalog_pb.js';
import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import type { Client } from '#platform/rpc.ts';
import { testCall } from '#testkit/shop.ts';
import { pagesContract } from './search-pages.ts';
import { CATALOGUE, GOLDEN, TREE, TWIN } from './search-catalogue.ts';

/** A catalog on one search backend. */
export interface SearchBench {
  readonly catalog: Client<typeof CatalogService>;
  /** Resolves when what was changed so far is found. */
  settle(): Promise<void>;
  /** Known-bad twin: the product that comes first where words in a row count for nothing. */
  firstWithoutPhrases(text: string): Promise<string | undefined>;
}

export type Backend = 'postgres' | 'elasticsearch' | 'opensearch';

/** With the catalogue no more than a page, so that one answer has all. */
const TWINS = 28;

/** The request's fields that matter; what is left out has proto's defaults. */
export type Ask = Partial<Omit<SearchProductsRequest, '$typeName' | 'filter'>> & {
  filter?: { priceMinMinor?: bigint; priceMaxMinor?: bigint; categoryId?: string; tags?: string[] };
};

/** What every search backend must do alike. */
export function searchContract(backend: Backend, open: () => Promise<SearchBench>): void {
  let bench: SearchBench;
  /** By name. */
  const ids = new Map<string, string>();
  const categoryIds = new Map<string, string>();

  const ask = (request: Ask) => bench.catalog.searchProducts({ size: 100, ...request }, testCall());
  const search = async (query: string, part: Ask = {}): Promise<string[]> =>
    (await ask({ query, ...part })).products.map(({ name }) => name);
  const inCategory = (name: string): Ask => ({ filter: { categoryId: categoryIds.get(name) ?? '' } });

  async function fill(): Promise<void> {
    for (const [name, parent] of TREE) {
      const parentId = categoryIds.get(parent) ?? '';
      const { category } = await bench.catalog.createCategory({ name, parentId }, testCall());
      categoryIds.set(name, category?.id ?? '');
    }
    const twins = Array.from(
      { length: TWINS },
      () => [TWIN, 'Has strings', 9_900, 'Music', 'strings'] as const,
    );
    for (const [name, description, price, category, tags] of [...CATALOGUE, ...twins]) {
      const input = {
        name,
        description,
        priceMinor: BigInt(price),
        categoryId: categoryIds.get(category) ?? '',
        tags: tags === '' ? [] : tags.split(','),
      };
      const { product } = await bench.catalog.createProduct(input, testCall());
      ids.set(name, product?.id ?? '');
    }
    const gone = await bench.catalog.createProduct({ name: 'Phone Booth', tags: ['led'] }, testCall());
    await bench.catalog.archiveProduct({ id: gone.product?.id ?? '' }, testCall());
    await bench.settle();
  }

  suite(`search on ${backend}`, () => {
    test('takes the catalogue', { timeout: 120_000 }, async () => {
      bench = await open();
      await fill();
    });

    test(`gives the expected product first for all of ${GOLDEN.length} golden queries`, async () => {
      assert.ok(GOLDEN.length >= 60);
      const missed: string[] = [];
      for (const { why, query, first } of GOLDEN) {
        const [found = null] = await search(query);
        if (found !== first) missed.push(`${why}: ${query} gave ${found}, not ${first}`);
      }
      assert.deepEqual(missed, []);
    });

    test('the exact name comes before longer names, and these before descriptions', async () => {
      assert.deepEqual((await search('iphone 15')).slice(0, 2), ['iPhone 15', 'iPhone 15 Pro']);
      const coffee = await search('coffee');
      assert.deepEqual(coffee.slice(0, 2).toSorted(), ['Café Crème Coffee Beans', 'Coffee Grinder']);
      assert.deepEqual(coffee.slice(2, 4).toSorted(), ['Espresso Machine', 'French Press']);
    });

    test('"phone" finds "iPhone 15 Pro" though no word of it is phone, before what only mentions phones', async () => {
      const names = await search('phone');
      for (const name of ['iPhone 15 Pro', 'iPhone SE', 'Phone Case']) assert.ok(names.includes(name), name);
      assert.ok(names.indexOf('iPhone 15 Pro') < names.indexOf('Power Bank 20000'));
    });

    test('words in a row come before the same words apart in a newer product; twin: without the phrase', async () => {
      const phrases = GOLDEN.filter(({ why }) => why === 'phrases');
      assert.ok(phrases.length >= 2);
      for (const { query: text, first } of phrases) {
        const [inRow = '', apart = '', ...more] = await search(text);
        assert.deepEqual([inRow, more], [first, []]);
        assert.ok((ids.get(inRow) ?? '') < (ids.get(apart) ?? ''), `${apart} is the newer one`);
        assert.equal(await bench.firstWithoutPhrases(text), apart);
      }
    });

    test('all words must fit: one more word narrows the matches down', async () => {
      assert.deepEqual(await search('waterproof shoes'), ['Hiking Boots']);
      assert.deepEqual((await search('waterproof')).toSorted(), ['Hiking Boots', 'Rain Jacket']);
    });

    test('an accent, a case, a width or a Unicode form makes no difference', async () => {
      for (const [one, other] of [
        ['café', 'CAFE'],
        ['cafe\u0301', 'café'],
        ['ｉＰｈｏｎｅ', 'iphone'],
        ['JALAPEÑO', 'jalapeno'],
      ] as const)
        assert.deepEqual(await search(one), await search(other));
    });

    test('a tag is found as a word is', async () => {
      assert.deepEqual((await search('dimmable')).toSorted(), ['LED Desk Lamp', 'Smart Bulb']);
    });

    test('an empty query finds everything, newest first', async () => {
      for (const query of ['', '   ', '\n\t']) {
        const { products, total, hasMore } = await ask({ query, withTotal: true });
        assert.deepEqual(
          [total, products.length, hasMore],
          [CATALOGUE.length + TWINS, CATALOGUE.length + TWINS, false],
        );
        const found = products.map(({ id }) => id);
        assert.deepEqual(found, found.toSorted().toReversed());
      }
    });

    test('nothing to look for gives nothing: symbols only', async () => {
      for (const query of ['!!!', "' | & ! : * \\ ( ) <->", '€ 😀', 'ʼ', '\u0301'])
        assert.deepEqual(await search(query), [], JSON.stringify(query));
      const { total, facets } = await ask({ query: '?!', withTotal: true, withFacets: true });
      assert.deepEqual([total, facets?.prices, facets?.categories], [0, [], []]);
    });

    test('what nothing fits nor comes near gives nothing', async () => {
      for (const query of ['xyzzy', 'qqqqqqqq', '9999999']) {
        const { products, total, didYouMean } = await ask({ query, withTotal: true, withDidYouMean: true });
        assert.deepEqual([products, total, didYouMean], [[], 0, '']);
      }
    });

    test('what is archived is not found', async () => {
      assert.ok(!(await search('phone booth')).includes('Phone Booth'));
      assert.ok(!(await search('', { filter: { tags: ['led'] } })).includes('Phone Booth'));
    });

    test('stop words only find the name that is made of them, not everything', async () => {
      assert.equal((await search('the of the'))[0], 'The Lord of the Rings');
      assert.ok((await search('the')).length < CATALOGUE.length / 2);
    });

    test('1,000 characters are welcome, whatever they are, the 1,001st is INVALID_ARGUMENT that names query and the bound', async () => {
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

    test('INVALID_ARGUMENT names the field that is out of bounds', async () => {
      const place = (await ask({ query: 'phone' })).endCursor;
      for (const [field, part] of [
        ['size', { size: -1 }],
        ['size', { size: 101 }],
        ['skip', { skip: -1 }],
        ['skip', { skip: 10_001 }],
        ['skip', { skip: 1, after: place }],
        ['id', { id: 'x' }],
        ['fromEnd', { fromEnd: true }],
        ['before', { before: place }],
        ['skip', { skip: 1, fromEnd: true, sort: SearchSort.NEWEST }],
        ['filter.priceMin', { filter: { priceMinMinor: -1n } }],
        ['filter.priceMax', { filter: { priceMaxMinor: 1_000_000_000_001n } }],
        ['filter.priceMax', { filter: { priceMinMinor: 2n, priceMaxMinor: 1n } }],
        ['filter.categoryId', { filter: { categoryId: 'x' } }],
        ['filter.tags[0]', { filter: { tags: [''] } }],
      ] as const)
        await assert.rejects(search('phone', part as Ask), { reason: 'INVALID_ARGUMENT', field });
      for (const [field, part] of [
        ['after', { after: 'x' }],
        ['after', { after: place, sort: SearchSort.NEWEST }],
        ['before', { before: place, sort: SearchSort.PRICE_ASC }],
      ] as const)
        await assert.rejects(search('phone', part), { reason: 'INVALID_CURSOR', field });
    });

    test('with an id: that product if it matches, otherwise nothing', async () => {
      const id = ids.get('iPhone 15 Pro') ?? '';
      assert.deepEqual(await search('phone', { id: id.toUpperCase() }), ['iPhone 15 Pro']);
      assert.deepEqual(await search('coffee', { id }), []);
    });

    test('filters: both prices included, a category with all below it, all of the tags', async () => {
      const priced = await search('', { filter: { priceMinMinor: 1_500n, priceMaxMinor: 1_900n } });
      const expected = CATALOGUE.filter(([, , price]) => price >= 1_500 && price <= 1_900).map(
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

    test('sorts: by price either way and newest first; of equals the newer first, or last where cheap comes first', async () => {
      for (const query of ['', 'wireless']) {
        const priceOf = async (sort: SearchSort): Promise<bigint[]> =>
          (await ask({ query, sort })).products.map(({ priceMinor }) => priceMinor);
        const ascending = await priceOf(SearchSort.PRICE_ASC);
        assert.deepEqual(
          ascending,
          ascending.toSorted((one, other) => Number(one - other)),
        );
        assert.deepEqual(await priceOf(SearchSort.PRICE_DESC), ascending.toReversed());
        const newest = (await ask({ query, sort: SearchSort.NEWEST })).products.map(({ id }) => id);
        assert.deepEqual(newest, newest.toSorted().toReversed());
        assert.equal(newest.length, ascending.length);
      }
    });

    pagesContract(ask, () => ids.get('Zither') ?? '');

    test('the total and the facets count what matches, each facet whatever its own filter says', async () => {
      const counted = { withTotal: true, withFacets: true, withoutProducts: true };
      const all = await ask({ query: 'zither', ...counted });
      assert.deepEqual([all.products, all.total], [[], TWINS]);
      const facet = { fromMinor: 5_000n, toMinor: 10_000n, count: TWINS };
      const prices = (of: typeof all) =>
        of.facets?.prices.map(({ fromMinor, toMinor, count }) => ({ fromMinor, toMinor, count }));
      const categories = (of: typeof all) =>
        new Map(of.facets?.categories.map(({ categoryId, count }) => [categoryId, count]));
      assert.deepEqual(prices(all), [facet]);
      assert.deepEqual([...categories(all)], [[categoryIds.get('Music'), TWINS]]);

      const tooDeep = await ask({ query: 'zither', skip: 10_000, withTotal: true, withFacets: true });
      assert.deepEqual([tooDeep.products, tooDeep.hasMore, tooDeep.total], [[], false, TWINS]);
      assert.deepEqual(prices(tooDeep), [facet]);

      const cheap = { priceMaxMinor: 2_000n };
      const filtered = await ask({ query: 'zither', filter: cheap, ...counted });
      assert.deepEqual([filtered.total, prices(filtered), categories(filtered).size], [0, [facet], 0]);
      const elsewhere = await ask({ query: 'zither', ...inCategory('Phones'), ...counted });
      assert.deepEqual([elsewhere.total, prices(elsewhere)], [0, []]);
      assert.deepEqual([...categories(elsewhere).values()], [TWINS]);

      const everything = await ask({ ...counted });
      const sum = everything.facets?.prices.reduce((total, { count }) => total + count, 0);
      assert.deepEqual([everything.total, sum], [CATALOGUE.length + TWINS, CATALOGUE.length + TWINS]);
      const phones = categories(everything).get(categoryIds.get('Phones') ?? '') ?? 0;
      const devices = categories(everything).get(categoryIds.get('Devices') ?? '') ?? 0;
      assert.ok(phones > 2 && devices > phones, 'a category counts what is below it');
      const counts = everything.facets?.categories.map(({ count }) => count) ?? [];
      assert.deepEqual(
        counts,
        counts.toSorted((one, other) => other - one),
      );
    });

    test('didYouMean corrects what nothing fits, word by word, and is silent about what fits', async () => {
      for (const [query, meant] of [
        ['iphnoe', 'iphone'],
        ['samsung glaaxy', 'samsung galaxy'],
        ['Montior 4K', 'monitor 4k'],
        ['espresso machne', 'espresso machine'],
        ['phone', ''],
        ['headph', ''],
        ['', ''],
      ] as const)
        assert.equal((await ask({ query, withDidYouMean: true })).didYouMean, meant, query);
    });

    test('suggestProducts: names that begin so first, then names with such a word, shorter ones first', async () => {
      const suggest = async (prefix: string, size = 10): Promise<string[]> =>
        (await bench.catalog.suggestProducts({ prefix, size }, testCall())).products.map(({ name }) => name);
      assert.deepEqual(await suggest('iph'), ['iPhone SE', 'iPhone 15', 'iPhone 15 Pro']);
      assert.deepEqual(await suggest('IPHONE 15 p'), ['iPhone 15 Pro']);
      assert.deepEqual(await suggest('phon'), ['Phone Case', 'Car Phone Holder']);
      assert.deepEqual(await suggest('CAFÉ cr'), ['Café Crème Coffee Beans']);
      assert.deepEqual(await suggest('zith'), ['Zither'], 'of a name one');
      assert.deepEqual(await suggest('iph', 1), ['iPhone SE']);
      for (const nothing of ['', '?!', 'xyzzy', 'booth']) assert.deepEqual(await suggest(nothing), []);
      for (const [field, prefix, size] of [
        ['prefix', 'x'.repeat(101), 1],
        ['size', 'x', -1],
        ['size', 'x', 21],
      ] as const)
        await assert.rejects(suggest(prefix, size), { reason: 'INVALID_ARGUMENT', field });
    });

    test('no text makes it fail', async () => {
      const anyQuery = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.string({
          unit: fc.constantFrom(...Array.from('&|!:*\'"\\()<->- aé1ʼːß\u0301$%_;~^[]{}/')),
          maxLength: 60,
        }),
        fc.mixedCase(fc.constantFrom(...GOLDEN.map(({ query }) => query))),
      );
      const anySort = fc.constantFrom(...[0, 1, 2, 3, 4].map((sort) => sort as SearchSort));
      await fc.assert(
        fc.asyncProperty(anyQuery, anySort, fc.boolean(), async (query, sort, all) => {
          const wants = { withTotal: all, withFacets: all, withDidYouMean: all };
          try {
            assert.ok((await search(query, { size: 5, sort, ...wants })).length <= 5);
            await bench.catalog.suggestProducts({ prefix: query.slice(0, 20), size: 5 }, testCall());
          } catch (error) {
            // Control characters and lone surrogates are the caller's mistake.
            assert.ok(error instanceof AppError && error.reason === 'INVALID_ARGUMENT', String(error));
          }
        }),
        { numRuns: 300 },
      );
    });
  });
}
