import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import pg from 'pg';
import { StartError } from '#platform/errors.ts';
import { ADVISORY_LOCKS } from '#platform/postgres/advisory-locks.ts';
import { migrate } from '#platform/postgres/migrate.ts';
import { openTestPostgres } from '#testkit/postgres.ts';

const postgres = await openTestPostgres();
after(() => postgres[Symbol.asyncDispose]());

/** A folder of migration files and a new database. */
async function project(files: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), 'fritzy-migrations-'));
  const write = (name: string, sql: string): Promise<void> => writeFile(join(folder, name), sql);
  for (const [name, sql] of Object.entries(files)) await write(name, sql);
  const url = await postgres.createDatabase('empty');
  return {
    folder,
    url,
    write,
    remove: (name: string): Promise<void> => rm(join(folder, name)),
    migrate: (): Promise<string[]> => migrate(url, { shop: folder }),
    rows: (sql: string): Promise<unknown[]> => rowsOf(url, sql),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

async function rowsOf(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text: sql, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

// Each file inserts a line, which shows a file that is applied twice; the second file depends on the first.
const FIRST = 'CREATE TABLE IF NOT EXISTS line (text text); INSERT INTO line VALUES ($$first$$);';
const SECOND = 'INSERT INTO line SELECT $$second$$ WHERE EXISTS (SELECT FROM line WHERE text = $$first$$);';
const LINES = 'SELECT text FROM line ORDER BY text';

/** Four programs start concurrently on a new database. */
async function assertAppliedOnce(start: (url: string, folder: string) => Promise<unknown>): Promise<void> {
  await using shop = await project({ '0001_first.sql': FIRST, '0002_second.sql': SECOND });
  await Promise.all([1, 2, 3, 4].map(() => start(shop.url, shop.folder)));
  assert.deepEqual(await shop.rows(LINES), ['first', 'second']);
}

/** Known-bad twin: applies the pending files without a lock. */
async function unlocked(url: string): Promise<void> {
  const done = await rowsOf(url, LINES).catch((): unknown[] => []);
  await rowsOf(url, 'SELECT pg_sleep(0.05)');
  if (!done.includes('first')) await rowsOf(url, FIRST);
  if (!done.includes('second')) await rowsOf(url, SECOND);
}

test('programs that start concurrently apply each file once, in order', async () => {
  await assertAppliedOnce((url, folder) => migrate(url, { shop: folder }));
  await assert.rejects(assertAppliedOnce(unlocked));
});

test('a program that times out waiting for another one reports how to end that program', async () => {
  await using shop = await project({ '0001_first.sql': FIRST });
  const other = new pg.Client({ connectionString: shop.url });
  await other.connect();
  try {
    await other.query(`SELECT pg_advisory_lock(${ADVISORY_LOCKS.migration})`);
    await assert.rejects(
      migrate(shop.url, { shop: shop.folder }, { lockTimeoutMs: 100 }),
      (error) => error instanceof StartError && error.message.includes('pg_terminate_backend'),
    );
  } finally {
    await other.end();
  }
  assert.deepEqual(await shop.migrate(), ['shop/0001_first']);
});

test('only pending files are applied, and their names are returned', async () => {
  await using shop = await project({
    '0001_first.sql': FIRST,
    'notes.txt': 'no SQL',
    '1_short.sql': 'no SQL',
  });
  assert.deepEqual(await shop.migrate(), ['shop/0001_first']);
  assert.deepEqual(await shop.migrate(), []);
  await shop.write('0002_second.sql', SECOND);
  assert.deepEqual(await shop.migrate(), ['shop/0002_second']);
  assert.deepEqual(await shop.rows(LINES), ['first', 'second']);
  assert.deepEqual(await shop.rows('SELECT name FROM schema_migration ORDER BY version'), [
    '0001_first',
    '0002_second',
  ]);
});

test('two sets of files in one database are independent', async () => {
  await using shop = await project({ '0001_first.sql': FIRST });
  await using other = await project({ '0001_other.sql': 'CREATE TABLE other ()' });
  const folders = { shop: shop.folder, other: other.folder };
  assert.deepEqual(await migrate(shop.url, folders), ['shop/0001_first', 'other/0001_other']);
  assert.deepEqual(await migrate(shop.url, folders), []);
});

test('a file that was changed after it was applied is rejected', async () => {
  await using shop = await project({ '0001_first.sql': FIRST, '0002_second.sql': SECOND });
  await shop.migrate();
  await shop.write('0001_first.sql', `${FIRST} `);
  await assert.rejects(shop.migrate(), { name: 'StartError', message: /shop\/0001_first was changed/ });
  await shop.write('0001_first.sql', FIRST);
  assert.deepEqual(await shop.migrate(), []);
});

test('a database that is newer than the program is rejected, and nothing is applied', async () => {
  await using shop = await project({ '0001_first.sql': FIRST, '0003_later.sql': SECOND });
  await shop.migrate();
  await shop.remove('0003_later.sql');
  await shop.write('0002_second.sql', SECOND);
  await assert.rejects(shop.migrate(), {
    name: 'StartError',
    message: /migration shop 3, which this program/,
  });
  assert.deepEqual(await shop.rows(LINES), ['first', 'second']);
});

test('a file that fails is rolled back, and earlier files stay applied', async () => {
  await using shop = await project({
    '0001_first.sql': FIRST,
    '0002_broken.sql': 'CREATE TABLE half (); INSERT INTO line VALUES ($$half$$); SELECT 1 / 0;',
    '0003_never.sql': 'CREATE TABLE never ();',
  });
  await assert.rejects(shop.migrate(), {
    name: 'StartError',
    message: 'migration shop/0002_broken failed: division by zero',
  });
  assert.deepEqual(await shop.rows(LINES), ['first']);
  assert.deepEqual(await shop.rows(`SELECT to_regclass('half'), to_regclass('never')`), [null, null]);
  assert.deepEqual(await shop.rows('SELECT version FROM schema_migration'), [1]);
  await shop.write('0002_broken.sql', SECOND);
  assert.deepEqual(await shop.migrate(), ['shop/0002_broken', 'shop/0003_never']);
});

test('a database that cannot be reached is reported in one line without its password', async () => {
  const url = 'postgres://fritzy:secret@127.0.0.1:1/shop';
  await assert.rejects(migrate(url, {}), {
    name: 'StartError',
    message:
      /^cannot reach the database 127\.0\.0\.1:1\/shop \((?!.*secret).+\): start it or correct its URL\.$/,
  });
});
