import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { failureLines, startShop } from '#cmd/fritzy/test/program.ts';
import { EVENTS_DATABASE, migrationsOf } from '#cmd/services.ts';
import { EVENT_LOG_MIGRATIONS } from '#platform/events/postgres.ts';
import { startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';
import type { MigrationFolders } from '#platform/postgres/migrate.ts';
import { serviceMigrations } from '#platform/service.ts';
import { newFolder } from '#platform/test/embedded-server-owner.ts';
import { postGraphQL } from '#testkit/shop.ts';
import { createOldTables } from './old-tables.ts';

/**
 * The data folder of a shop from before order lines had ids and databases recorded their currency. The recording holds
 * the rows of that shop, which its own program wrote, and what that program answered to QUERY.
 */
interface Recording {
  /** By database, `set/name sha256` as it was applied. */
  readonly migrations: Readonly<Record<string, readonly string[]>>;
  /** By database and table. */
  readonly rows: Readonly<Record<string, Readonly<Record<string, readonly object[]>>>>;
  readonly answer: unknown;
}

const recording = JSON.parse(
  await readFile(new URL('data-folder/shop-without-line-ids.json', import.meta.url), 'utf8'),
) as Recording;

const QUERY = `{
  accountsConnection(first: 20) { nodes { id name ordersConnection(first: 20) { nodes {
    id createdAt totalPrice products { name description price quantity }
  } } } }
  productsConnection(first: 20) { nodes { id name description price } }
}`;

const LINES = `{ accountsConnection(first: 5) { nodes { ordersConnection(first: 5) { nodes {
  status version products { id productId product { id } }
} } } } }`;

interface OrderWithLines {
  readonly status: string;
  readonly version: number;
  readonly products: readonly {
    readonly id: string;
    readonly productId: string;
    readonly product: { readonly id: string };
  }[];
}

/** The columns that an INSERT may set. */
const COLUMNS = `
  SELECT column_name AS name, is_identity = 'YES' AS "isIdentity" FROM information_schema.columns
  WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER'`;

async function insertRows(client: pg.Client, table: string, rows: readonly object[]): Promise<void> {
  const { rows: columns } = await client.query<{ name: string; isIdentity: boolean }>(COLUMNS, [table]);
  const names = columns.map(({ name }) => `"${name}"`).join();
  await client.query(
    `INSERT INTO "${table}" (${names}) OVERRIDING SYSTEM VALUE
     SELECT ${names} FROM json_populate_recordset(NULL::"${table}", $1)`,
    [JSON.stringify(rows)],
  );
  for (const { name } of columns.filter(({ isIdentity }) => isIdentity))
    await client.query(
      `SELECT setval(pg_get_serial_sequence('"${table}"', '${name}'), max("${name}")) FROM "${table}"`,
    );
}

const foldersOf = (database: string): MigrationFolders =>
  database === EVENTS_DATABASE
    ? { 'event-log': EVENT_LOG_MIGRATIONS }
    : serviceMigrations(database, fileURLToPath(migrationsOf(database)));

/** A data folder with the tables and the rows of the recording. */
async function oldDataFolder(rows: Recording['rows']): Promise<string> {
  const folder = newFolder();
  const server = await startEmbeddedPostgres({ folder });
  try {
    for (const [database, migrations] of Object.entries(recording.migrations)) {
      await server.ensureDatabase(database);
      const url = server.url(database);
      const names = migrations.map((migration) => migration.split(' ')[0] ?? '');
      await createOldTables(url, foldersOf(database), names);
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        const { rows: applied } = await client.query<{ migration: string }>(
          `SELECT set || '/' || name || ' ' || sha256 AS migration FROM schema_migration`,
        );
        assert.deepEqual(applied.map(({ migration }) => migration).sort(), migrations.toSorted());
        // Rows come table by table in the order of the alphabet: foreign keys would refuse lines before orders.
        await client.query('SET session_replication_role = replica');
        for (const [table, of] of Object.entries(rows[database] ?? {})) await insertRows(client, table, of);
      } finally {
        await client.end();
      }
    }
  } finally {
    await server.stop();
  }
  return folder;
}

async function assertServesRecordedAnswer(url: string): Promise<void> {
  const { data, errors } = await postGraphQL(url, { query: QUERY });
  assert.equal(errors, undefined);
  assert.deepEqual(data, recording.answer);
}

suite('a data folder from before order lines had ids', () => {
  let folder: string;
  before(async () => void (folder = await oldDataFolder(recording.rows)));

  test('is migrated at the start and serves the same accounts, orders and products, each time', async () => {
    for (const _ of [1, 2]) {
      await using shop = await startShop(folder);
      await assertServesRecordedAnswer(shop.url);
      const { data, errors } = await postGraphQL(shop.url, { query: LINES });
      assert.equal(errors, undefined);
      const accounts = data.accountsConnection.nodes as { ordersConnection: { nodes: OrderWithLines[] } }[];
      const orders = accounts.flatMap(({ ordersConnection }) => ordersConnection.nodes);
      const lines = orders.flatMap(({ products }) => products);
      assert.ok(orders.every(({ status, version }) => status === 'PLACED' && version === 1));
      assert.equal(new Set(lines.map(({ id }) => id)).size, lines.length);
      assert.ok(lines.length > orders.length && lines.every((line) => line.product.id === line.productId));
    }
  });

  test('is refused with another currency or other decimals; the line names the settings to start with', async () => {
    {
      await using shop = await startShop(folder);
      await assertServesRecordedAnswer(shop.url);
    }
    for (const [setting, value] of [
      ['CURRENCY', 'EUR'],
      ['CURRENCY', 'JPY'],
      ['CURRENCY_DECIMALS', '3'],
    ] as const) {
      const env = { FRITZY_DATA: folder, PORT: '0', [setting]: value };
      const [line = '', ...more] = await failureLines('cmd/fritzy/main.ts', env);
      assert.deepEqual(more, []);
      assert.match(line, /: start with CURRENCY=USD CURRENCY_DECIMALS=2, or use another database/);
    }
    await using shop = await startShop(folder, { CURRENCY: 'USD', CURRENCY_DECIMALS: '2' });
    await assertServesRecordedAnswer(shop.url);
  });
});

test('known-bad twin: a data folder with one quantity changed is caught', async () => {
  const { order = {}, ...others } = recording.rows;
  const [first, ...rest] = order['order_line'] ?? [];
  const changed = { ...order, order_line: [{ ...first, quantity: 9 }, ...rest] };
  await using shop = await startShop(await oldDataFolder({ ...others, order: changed }));
  await assert.rejects(assertServesRecordedAnswer(shop.url), { code: 'ERR_ASSERTION' });
});
