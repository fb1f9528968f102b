import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import fc from 'fast-check';
import type { CatalogService } from '#catalog/pb/catalog_pb.js';
import { SEARCH_SETTINGS, startCatalog } from '#catalog/service.ts';
import { AppError } from '#platform/errors.ts';
import { inProcess, type Client } from '#platform/rpc.ts';
import type { Statement } from '#platform/postgres/pool.ts';
import { openServiceBench } from '#testkit/service-bench.ts';
import { testCall } from '#testkit/shop.ts';
import { CATALOGUE, GOLDEN } from './search-catalogue.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const bench = await openServiceBench('catalog', stack);
const statements = new Map<string, Statement>();
const { implementation } = await startCatalog(
  { databaseUrl: bench.url },
  { ...bench.deps, onQuery: (statement) => void statements.set(statement.name, statement) },
  stack,
);
const catalog: Client<typeof CatalogService> = inProcess(implementation);

const TWINS = 30;
const ids = new Map<string, string>();
for (const [name, description] of [
  ...CATALOGUE,
  ...Array.from({ length: TWINS }, () => ['Zither', 'Has strings'] as const),
]) {
  const { product } = await catalog.createProduct({ name, description }, testCall());
  ids.set(name, product?.id ?? '');
}

type Search = (query: string, part?: { size?: number; skip?: number; id?: string }) => Promise<string[]>;

const search: Search = async (query, part) =>
  (await catalog.searchProducts({ query, size: 100, ...part }, testCall())).products.map(({ name }) => name);

async function searchIds(query: string, size: number, skip: number): Promise<string[]> {
  const { products } = await catalog.searchProducts({ query, size, skip }, testCall());
  return products.map(({ id }) => id);
}

/** What a program writes that knows nothing better: the known-bad twin of the golden queries. */
const byPattern: Search = async (query) => {
  const sql = 'SELECT name FROM product WHERE name ILIKE $1 OR description ILIKE $1 ORDER BY id DESC';
  return (await bench.rows<{ name: string }>(sql, [`%${query}%`])).map(({ name }) => name);
};

async function misses(find: Search): Promise<string[]> {
  const missed: string[] = [];
  for (const [why, query, expected] of GOLDEN) {
    const [first] = await find(query);
    if (first !== expected) missed.push(`${why}: ${query} gave ${first}, not ${expected}`);
  }
  return missed;
}

suite('searchProducts', () => {
  test(`gives the expected product first for all of ${GOLDEN.length} golden queries`, async () => {
    assert.ok(GOLDEN.length >= 40);
    assert.deepEqual(await misses(search), []);
  });

  test('known-bad twin: a pattern search fails golden queries of every kind but the plain ones', async () => {
    const failed = new Set((await misses(byPattern)).map((miss) => miss.split(':')[0]));
    for (const why of ['stemming', 'typo', 'accents', 'several words', 'operators', 'name first'])
      assert.ok(failed.has(why), `${why} is not caught`);
  });

  test('"phone" finds "iPhone 15 Pro" though no word of it is phone', async () => {
    await catalog.createProduct({ name: 'iPhone 16 Pro', description: 'Latest flagship' }, testCall());
    const names = await search('phone');
    for (const name of ['iPhone 15 Pro', 'iPhone 16 Pro']) assert.ok(names.includes(name), name);
    assert.ok(names.indexOf('iPhone 16 Pro') < names.indexOf('Power Bank 20000'), 'name before description');
  });

  test('the exact name comes before longer names, and these before descriptions', async () => {
    const names = await search('iphone 15');
    assert.deepEqual(names.slice(0, 2), ['iPhone 15', 'iPhone 15 Pro']);
    const coffee = await search('coffee');
    assert.deepEqual(coffee.slice(0, 2).toSorted(), ['Café Crème Coffee Beans', 'Coffee Grinder']);
    assert.deepEqual(coffee.slice(2, 4).toSorted(), ['Espresso Machine', 'French Press']);
  });

  test('all words must fit: one more word narrows the exact matches down', async () => {
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

  test('nothing to look for gives nothing: empty, spaces, symbols only', async () => {
    for (const query of ['', '   ', '\n\t', '!!!', "' | & ! : * \\ ( ) <->", '€ 😀', 'ʼ', '\u0301'])
      assert.deepEqual(await search(query), [], JSON.stringify(query));
  });

  test('what fits nothing gives nothing', async () => {
    for (const query of ['xyzzy', 'qqqqqqqq', '9999999']) assert.deepEqual(await search(query), []);
  });

  test('stop words only find the name that is made of them, not everything', async () => {
    assert.equal((await search('the of the'))[0], 'The Lord of the Rings');
    assert.ok((await search('the')).length < CATALOGUE.length / 2);
  });

  test('the 1,000th character is still welcome, the 1,001st is INVALID_ARGUMENT on query', async () => {
    for (const unit of ['x', 'a ', '𠀀', '㌖', 'ﷺ', 'é ']) {
      const query = unit
        .repeat(1_000)
        .slice(0, 1_000 * (unit === '𠀀' ? 2 : 1))
        .trim();
      assert.ok((await search(query)).length <= 100);
    }
    await assert.rejects(search('x'.repeat(1_001)), {
      reason: 'INVALID_ARGUMENT',
      detail: { field: 'query' },
    });
  });

  test('INVALID_ARGUMENT on size, skip or id: out of bounds, no UUID', async () => {
    for (const [field, part] of [
      ['size', { size: 0 }],
      ['size', { size: 101 }],
      ['skip', { skip: -1 }],
      ['skip', { skip: 10_001 }],
      ['id', { id: 'x' }],
    ] as const)
      await assert.rejects(search('phone', part), { reason: 'INVALID_ARGUMENT', detail: { field } });
  });

  test('with an id: that product if it matches, otherwise nothing', async () => {
    const id = ids.get('iPhone 15 Pro') ?? '';
    assert.deepEqual(await search('phone', { id: id.toUpperCase() }), ['iPhone 15 Pro']);
    assert.deepEqual(await search('coffee', { id }), []);
  });

  test('pages have no gap and no overlap, also among products that fit equally well', async () => {
    for (const query of ['zither', 'phone', 'ihone']) {
      const all = await searchIds(query, 100, 0);
      assert.deepEqual(await searchIds(query, 100, 0), all, 'the same order each time');
      assert.equal(new Set(all).size, all.length);
      const paged: string[] = [];
      for (let skip = 0; skip < all.length; skip += 7) paged.push(...(await searchIds(query, 7, skip)));
      assert.deepEqual(paged, all);
    }
    assert.equal((await searchIds('zither', 100, 0)).length, TWINS);
    assert.equal((await searchIds('zither', 1, 0))[0], ids.get('Zither'), 'the newest of equals first');
  });

  test('no text makes it fail', async () => {
    const anyQuery = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({ unit: fc.constantFrom(...Array.from('&|!:*\'"\\()<->- aé1ʼːß\u0301$%_;')), maxLength: 60 }),
      fc.mixedCase(fc.constantFrom(...GOLDEN.map(([, query]) => query))),
    );
    await fc.assert(
      fc.asyncProperty(anyQuery, async (query) => {
        try {
          assert.ok((await search(query, { size: 5 })).length <= 5);
        } catch (error) {
          // Control characters and lone surrogates are the caller's mistake.
          assert.ok(error instanceof AppError && error.reason === 'INVALID_ARGUMENT', String(error));
        }
      }),
      { numRuns: 400 },
    );
  });

  test('on 10,000 products it works from its indexes, also when the plan is a general one', async () => {
    await bench.rows(
      `INSERT INTO product (id, name, description, price_minor, created_at)
       SELECT gen_random_uuid(), 'Thing ' || md5(n::text), 'Filler ' || md5(n::text || 'x'), n, now()
       FROM generate_series(1, 10000) AS n`,
    );
    await bench.rows('ANALYZE product');
    const text = statements.get('search_products')?.text;
    assert.ok(text);
    const readsAll = async (settings: Readonly<Record<string, string>>): Promise<boolean> => {
      for (const [name, value] of Object.entries(settings))
        await bench.rows('SELECT set_config($1, $2, false)', [name, value]);
      const plans = [
        await bench.rows(`EXPLAIN (GENERIC_PLAN) ${text}`),
        await bench.rows(`EXPLAIN ${text}`, ['thing:*', 'thing', 20, 0, null]),
        await bench.rows(`EXPLAIN ${text}`, ['iphnoe:*', 'iphnoe', 20, 0, null]),
      ].map((plan) => JSON.stringify(plan));
      const usesBoth = (plan: string): boolean =>
        plan.includes('on product_search') && plan.includes('on product_name_trigrams');
      return plans.some((plan) => !usesBoth(plan));
    };
    assert.equal(await readsAll(SEARCH_SETTINGS), false);
    await bench.rows('DROP INDEX product_name_trigrams');
    assert.equal(await readsAll(SEARCH_SETTINGS), true, 'known-bad twin: without one of the indexes');
  });
});
