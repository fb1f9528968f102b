import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { CatalogService } from '#catalog/pb/catalog_pb.js';
import { fillSearchTables } from '#catalog/search/postgres/fill-tables.ts';
import { SEARCH_SETTINGS, startCatalog } from '#catalog/service.ts';
import { inProcess, type Client } from '#platform/rpc.ts';
import type { Statement } from '#platform/postgres/pool.ts';
import { openServiceBench } from '#testkit/service-bench.ts';
import { testCall } from '#testkit/shop.ts';
import { openPlanner } from './open-planner.ts';
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
  clear: openPlanner(bench.url, stack).clear,
  async firstWithoutPhrases(text) {
    const { statements, planOf } = openPlanner(bench.url, stack);
    const { statement, values } = statements.page(firstHitOf(text), await planOf(text));
    const without = values.map((value) => (String(value).includes("'#") ? "'nothing'" : value));
    assert.notDeepEqual(without, values);
    const [first] = await bench.rows<{ id: string }>(statement.text, without);
    return (await bench.rows<{ name: string }>('SELECT name FROM product WHERE id = $1', [first?.id]))[0]
      ?.name;
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
  const { clear, database, tables, rows } = openPlanner(bench.url, stack);
  await clear();
  await bench.rows(
    `INSERT INTO product (id, name, description, price_minor, created_at)
     SELECT gen_random_uuid(), 'Thing ' || md5(n::text), 'Filler ' || md5(n::text || 'x'), n, now()
     FROM generate_series(1, 10000) AS n`,
  );
  await fillSearchTables({ database, tables, rows, logger: bench.deps.logger });
  const textOf = (name: string): string => statements.get(name)?.text ?? assert.fail(`${name} was not sent`);
  await catalog.searchProducts({ query: 'things lamp', size: 20 }, testCall());
  const search = textOf('search_products_relevance_text_nnne');
  const isIndexed = async (): Promise<boolean> => {
    for (const [name, value] of Object.entries(SEARCH_SETTINGS))
      await bench.rows('SELECT set_config($1, $2, false)', [name, value]);
    const rare = "'abcdef'|'~abcdef'";
    const plans = [
      await bench.rows(`EXPLAIN (GENERIC_PLAN) ${search}`),
      await bench.rows(`EXPLAIN ${search}`, [rare, rare, rare, rare, rare, 21, 21, 0]),
    ].map((plan) => JSON.stringify(plan));
    return plans.every(
      (plan) => plan.includes(`${tables.products}_everything`) && !plan.includes('Seq Scan'),
    );
  };
  assert.equal(await isIndexed(), true);
  await bench.rows(`DROP INDEX ${tables.products}_everything`);
  assert.equal(await isIndexed(), false, 'known-bad twin: without one of the indexes, it reads the table');
});

test('the text of a product is not in its row, so that rows are short, also after an update', async () => {
  const { tables } = openPlanner(bench.url, stack);
  const description = Array.from({ length: 20 }, (_, index) => `word${String.fromCharCode(97 + index)}`).join(
    ' ',
  );
  const { product } = await catalog.createProduct({ name: 'Narrow thing', description }, testCall());
  const id = product?.id ?? '';
  const isOutOfLine = async (table: string): Promise<unknown> => {
    const text = `SELECT pg_column_toast_chunk_id(everything) IS NOT NULL AS out FROM ${table} WHERE id = $1`;
    return (await bench.rows<{ out: boolean }>(text, [id]))[0]?.out;
  };
  assert.equal(await isOutOfLine(tables.products), true);
  await catalog.updateProduct({ id, expectedVersion: 1n, name: 'Narrower thing' }, testCall());
  assert.equal(await isOutOfLine(tables.products), true);
  await bench.rows(`CREATE TABLE twin (LIKE ${tables.products} INCLUDING ALL)`);
  await bench.rows('ALTER TABLE twin DROP COLUMN spaces');
  const columns = 'id, version, price_minor, category_id, tags, line, name_length, sales, name, everything';
  await bench.rows(`INSERT INTO twin (${columns}) SELECT ${columns} FROM ${tables.products}`);
  assert.equal(await isOutOfLine('twin'), false, 'known-bad twin: a table without the spaces');
});

test('lists by price, by name and by category read from an index, not the whole table', async () => {
  const { tables } = openPlanner(bench.url, stack);
  await catalog.createCategory({ name: 'Rare' }, testCall());
  const [rare] = await bench.rows<{ id: string }>(`SELECT id FROM category WHERE name = 'Rare'`);
  const categoryId = rare?.id ?? '';
  await catalog.createProduct({ name: 'Rare thing', categoryId }, testCall());
  await bench.rows(`ANALYZE ${tables.products}`);
  await catalog.searchProducts({ sort: 2, size: 20 }, testCall());
  const { endCursor: after } = await catalog.searchProducts({ sort: 5, size: 20 }, testCall());
  await catalog.searchProducts({ sort: 5, size: 20, after }, testCall());
  await catalog.searchProducts({ filter: { categoryId }, size: 20 }, testCall());
  const plan = async (name: string, values: unknown[]): Promise<string> =>
    JSON.stringify(await bench.rows(`EXPLAIN ${statements.get(name)?.text}`, values));
  assert.ok((await plan('search_products_price_asc', [21, 0])).includes(`${tables.products}_price`));
  for (const [name, values] of [
    ['search_products_name_asc', [21, 0]],
    ['search_products_name_asc_after', ['thing', categoryId, 21, 0]],
  ] as const)
    assert.ok((await plan(name, [...values])).includes(`${tables.products}_line`), name);
  assert.ok(
    (await plan('search_products_newest_in', [[categoryId], 21, 0])).includes(`${tables.products}_category`),
  );
});
