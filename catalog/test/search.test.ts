import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { CatalogService } from '#catalog/pb/catalog_pb.js';
import { pageStatement } from '#catalog/search/postgres-statements.ts';
import { parseSearch } from '#catalog/search/search-terms.ts';
import { SEARCH_SETTINGS, startCatalog } from '#catalog/service.ts';
import { inProcess, type Client } from '#platform/rpc.ts';
import type { Statement } from '#platform/postgres/pool.ts';
import { openServiceBench } from '#testkit/service-bench.ts';
import { testCall } from '#testkit/shop.ts';
import { firstHitOf, GOLDEN } from './search-fixtures.ts';
import { searchContract } from './search-contract.ts';

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

searchContract('postgres', async () => ({
  catalog,
  settle: async () => {},
  async firstWithoutPhrases(text) {
    const { statement, values } = pageStatement(firstHitOf(text), parseSearch(text) ?? null, 'fits');
    const without = statement.text.replace('+ CASE WHEN search @@ q.phrase THEN 0.2 ELSE 0 END', '');
    assert.notEqual(without, statement.text);
    const named = `SELECT name FROM (${without}) AS hit JOIN product USING (id)`;
    return (await bench.rows<{ name: string }>(named, values))[0]?.name;
  },
}));

/** Known-bad twin of the golden queries: a search with ILIKE. */
async function byPattern(query: string): Promise<string | undefined> {
  const sql = 'SELECT name FROM product WHERE name ILIKE $1 OR description ILIKE $1 ORDER BY id DESC';
  return (await bench.rows<{ name: string }>(sql, [`%${query}%`]))[0]?.name;
}

test('known-bad twin: a pattern search fails golden queries of every kind except simple ones', async () => {
  const failed = new Set<string>();
  for (const { why, query, first } of GOLDEN)
    if (((await byPattern(query)) ?? null) !== first) failed.add(why);
  for (const why of [
    'stemming',
    'typo',
    'accents',
    'several words',
    'operators',
    'name first',
    'synonyms',
    'tags',
    '1,000 characters',
  ])
    assert.ok(failed.has(why), `${why}: not detected`);
});

test('a search of 10,000 products uses indexes, in custom and generic plans', async () => {
  await bench.rows(
    `INSERT INTO product (id, name, description, price_minor, created_at)
     SELECT gen_random_uuid(), 'Thing ' || md5(n::text), 'Filler ' || md5(n::text || 'x'), n, now()
     FROM generate_series(1, 10000) AS n`,
  );
  await bench.rows('ANALYZE product');
  await catalog.searchProducts({ query: 'iphnoe', size: 20 }, testCall());
  const textOf = (name: string): string => statements.get(name)?.text ?? assert.fail(`${name} was not sent`);
  const fits = textOf('search_products_fits_relevance');
  const near = textOf('search_products_near_relevance');
  const readsAll = async (settings: Readonly<Record<string, string>>): Promise<boolean> => {
    for (const [name, value] of Object.entries(settings))
      await bench.rows('SELECT set_config($1, $2, false)', [name, value]);
    const plan = async (text: string, values?: unknown[]): Promise<string> =>
      JSON.stringify(await bench.rows(`EXPLAIN ${values ? '' : '(GENERIC_PLAN)'} ${text}`, values));
    const plansOfFits = [
      await plan(fits),
      await plan(fits, ['thing:*', '', 'thing', 20, 0]),
      await plan(fits, ['iphnoe:*', '', 'iphnoe', 20, 0]),
    ];
    const plansOfNear = [await plan(near), await plan(near, ['iphnoe:*', '', 'iphnoe', 20, 0])];
    return (
      plansOfFits.some((each) => !each.includes('on product_search')) ||
      [...plansOfFits, ...plansOfNear].some((each) => !each.includes('on product_name_trigrams'))
    );
  };
  assert.equal(await readsAll(SEARCH_SETTINGS), false);
  await bench.rows('DROP INDEX product_name_trigrams');
  assert.equal(
    await readsAll(SEARCH_SETTINGS),
    true,
    'known-bad twin: without one of the indexes, it reads the table',
  );
});

test('lists by price and by category read from an index, not the whole table', async () => {
  await catalog.createCategory({ name: 'Rare' }, testCall());
  const [rare] = await bench.rows<{ id: string }>(`SELECT id FROM category WHERE name = 'Rare'`);
  const categoryId = rare?.id ?? '';
  await catalog.createProduct({ name: 'Rare thing', categoryId }, testCall());
  await catalog.searchProducts({ sort: 2, size: 20 }, testCall());
  await catalog.searchProducts({ filter: { categoryId }, size: 20 }, testCall());
  const plan = async (name: string, values: unknown[]): Promise<string> =>
    JSON.stringify(await bench.rows(`EXPLAIN ${statements.get(name)?.text}`, values));
  assert.match(await plan('search_products_price_asc', [21, 0]), /product_price/);
  assert.match(await plan('search_products_category_newest', [categoryId, 21, 0]), /product_category/);
});
