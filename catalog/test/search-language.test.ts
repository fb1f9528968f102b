import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { SearchMatch, type CatalogService } from '#catalog/pb/catalog_pb.js';
import { SEARCH_LANGUAGES, type SearchLanguage } from '#catalog/search/language.ts';
import { searchTables } from '#catalog/search/postgres/tables.ts';
import { startCatalog } from '#catalog/service.ts';
import { inProcess, type Client } from '#platform/rpc.ts';
import { openServiceBench } from '#testkit/service-bench.ts';
import { testCall } from '#testkit/shop.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const bench = await openServiceBench('catalog', stack);

/** Starts a catalog service on the same database. */
async function start(searchLanguage: SearchLanguage): Promise<Client<typeof CatalogService>> {
  const config = { databaseUrl: bench.url, searchLanguage };
  return inProcess((await startCatalog(config, bench.deps, stack)).implementation);
}

/** The products that have all words of the query. */
async function search(catalog: Client<typeof CatalogService>, query: string): Promise<string[]> {
  const { products, matched } = await catalog.searchProducts({ query }, testCall());
  return matched === SearchMatch.ALL_WORDS ? products.map(({ name }) => name) : [];
}

async function searchTablesInDatabase(): Promise<string[]> {
  const rows = await bench.rows<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE tablename LIKE 'search_product_%' ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

suite('SEARCH_LANGUAGE', () => {
  let english: Client<typeof CatalogService>;

  test('decides the stems and the stop words', async () => {
    english = await start('english');
    for (const name of ['Rode Kast', 'Tisch aus Holz', 'Red Box'])
      await english.createProduct({ name }, testCall());
    assert.deepEqual(await search(english, 'boxes'), ['Red Box']);
    assert.deepEqual(await search(english, 'die tischen'), [], 'known-bad twin: another language');
    const german = await start('german');
    assert.deepEqual(await search(german, 'die tischen'), ['Tisch aus Holz'], 'die is a stop word');
    const dutch = await start('dutch');
    assert.deepEqual(await search(dutch, 'de kasten'), ['Rode Kast']);
  });

  test('a start with another language fills tables of its own; those of the last two languages are kept', async () => {
    const tables = [searchTables('german').products, searchTables('dutch').products].toSorted();
    assert.deepEqual(await searchTablesInDatabase(), tables);
    const german = await start('german');
    await german.createProduct({ name: 'Bäume' }, testCall());
    const [row] = await bench.rows<{ n: number }>(
      `SELECT count(*)::int AS n FROM ${searchTables('dutch').products} WHERE line = 'baume'`,
    );
    assert.equal(row?.n, 0, 'a process writes to the tables of its language');
    const dutch = await start('dutch');
    assert.deepEqual(await search(dutch, 'bäume'), ['Bäume'], 'a start writes what is missing');
    assert.deepEqual(await searchTablesInDatabase(), tables);
  });

  test('each language has a dictionary in PostgreSQL', async () => {
    const rows = await bench.rows<{ name: string }>('SELECT dictname AS name FROM pg_ts_dict');
    const names = new Set(rows.map(({ name }) => name));
    for (const language of SEARCH_LANGUAGES)
      assert.ok(names.has(language === 'simple' ? 'simple' : `${language}_stem`), language);
    assert.ok(!names.has('klingon_stem'));
  });
});
