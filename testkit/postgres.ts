import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { databaseSetting, EVENTS_DATABASE, migrationsOf, SERVICES, type ServiceName } from '#cmd/services.ts';
import { systemClock } from '#platform/clock.ts';
import { INBOX_MIGRATIONS } from '#platform/events/inbox.ts';
import { OUTBOX_MIGRATIONS } from '#platform/events/outbox.ts';
import { EVENT_LOG_MIGRATIONS } from '#platform/events/postgres.ts';
import { startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';
import { serviceMigrations } from '#platform/service.ts';
import { migrate, type MigrationFolders } from '#platform/postgres/migrate.ts';

/**
 * Real PostgreSQL for tests. `make test` starts one server and passes its URL in FRITZY_TEST_POSTGRES; without it, a test
 * file starts its own server. Each test gets new databases, cloned from templates that are migrated once.
 */
export type DatabaseKind = ServiceName | keyof typeof OTHER_MIGRATIONS;

const OTHER_MIGRATIONS = {
  events: { 'event-log': EVENT_LOG_MIGRATIONS },
  outbox: { outbox: OUTBOX_MIGRATIONS },
  inbox: { inbox: INBOX_MIGRATIONS },
  empty: {},
};

const isOther = (kind: DatabaseKind): kind is keyof typeof OTHER_MIGRATIONS => kind in OTHER_MIGRATIONS;

const foldersOf = (kind: DatabaseKind): MigrationFolders =>
  isOther(kind) ? OTHER_MIGRATIONS[kind] : serviceMigrations(kind, fileURLToPath(migrationsOf(kind)));

/** The advisory lock for creating templates, so that concurrent test files create each template once. */
const TEMPLATE_LOCK = 4_711_900;

export interface TestPostgres extends AsyncDisposable {
  /** Creates a database for one test and returns its URL. It is dropped with the server. */
  createDatabase(kind: DatabaseKind): Promise<string>;
}

/** Starts a server without durability (fsync off), for tests that do not crash it. */
export async function startScratchServer(
  settings: Readonly<Record<string, string>> = {},
): Promise<{ url: string; dataDir: string } & AsyncDisposable> {
  const home = await mkdtemp(join(tmpdir(), 'fritzy-test-'));
  const fast = { fsync: 'off', full_page_writes: 'off', max_connections: '300', shared_buffers: '64MB' };
  const server = await startEmbeddedPostgres({ folder: home, settings: { ...fast, ...settings } });
  return {
    url: server.url('postgres'),
    dataDir: server.dataDir,
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

export async function openTestPostgres(): Promise<TestPostgres> {
  const stack = new AsyncDisposableStack();
  const url = process.env['FRITZY_TEST_POSTGRES'] ?? stack.use(await startScratchServer()).url;
  return testPostgresOn(url, stack);
}

/** Databases on a server that the test has started. Disposing of the result disposes of `stack`. */
export function testPostgresOn(url: string, stack: AsyncDisposableStack): TestPostgres {
  return {
    ...databasesOn(url),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Creates test databases on the server at `url`. */
export function databasesOn(url: string): Pick<TestPostgres, 'createDatabase'> {
  return { createDatabase: (kind) => cloneTemplate(url, kind) };
}

/** The database URLs of a shop: its services and its event log. */
export type ShopDatabases = Readonly<Record<ServiceName | typeof EVENTS_DATABASE, string>>;

export async function createShopDatabases(
  postgres: Pick<TestPostgres, 'createDatabase'>,
): Promise<ShopDatabases> {
  const names = [...SERVICES.map(({ name }) => name), EVENTS_DATABASE];
  const created = await Promise.all(
    names.map(async (name): Promise<[string, string]> => [name, await postgres.createDatabase(name)]),
  );
  const urls: Partial<ShopDatabases> = Object.fromEntries(created);
  const isComplete = (found: Partial<ShopDatabases>): found is ShopDatabases =>
    names.every((name) => found[name] !== undefined);
  assert.ok(isComplete(urls));
  return urls;
}

/** The settings that contain these URLs. */
export function databaseEnvironment(urls: ShopDatabases): Record<string, string> {
  return Object.fromEntries([
    ...SERVICES.map(({ name }) => [databaseSetting(name), urls[name]]),
    ['EVENTS_URL', urls[EVENTS_DATABASE]],
  ]);
}

async function cloneTemplate(url: string, kind: DatabaseKind): Promise<string> {
  const name = `test_${kind}_${systemClock.newId().replaceAll('-', '')}`;
  const template = `template_${kind}`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [template]);
    if (rowCount === 0) {
      await client.query(`CREATE DATABASE ${template}`);
      await migrate(databaseUrl(url, template), foldersOf(kind));
    }
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  } finally {
    await client.end();
  }
  return databaseUrl(url, name);
}

function databaseUrl(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
