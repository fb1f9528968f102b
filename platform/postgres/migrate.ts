import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import pg from 'pg';
import { messageOf, StartError } from '#platform/errors.ts';

/** A migration file: `0001_what-it-does.sql`. Forward only; a file that was applied never changes again. */
interface Migration {
  readonly set: string;
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

const FILE = /^(\d{4})_[a-z0-9-]+\.sql$/;
/** Held while migrating, so that instances that start together do it once. Any number that nobody else uses. */
const LOCK = 4_711_001;
const CONNECT_TIMEOUT_MS = 10_000;

const CREATE_TABLE = `
  CREATE TABLE IF NOT EXISTS schema_migration (
    set        text        NOT NULL,
    version    integer     NOT NULL,
    name       text        NOT NULL,
    sha256     text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (set, version)
  )`;

/**
 * Applies what is missing of the folders of migrations, in the order given, each file in one transaction.
 * Returns the names of the files applied. Throws StartError when the database cannot be reached, when an applied file
 * was changed since, or when the database is newer than this program.
 */
export async function migrate(url: string, folders: Readonly<Record<string, string>>): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    const { host, pathname } = new URL(url);
    throw new StartError(
      `cannot reach the database ${host}${pathname} (${messageOf(error)}): start it or correct its URL.`,
    );
  }
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await client.query(CREATE_TABLE);
    const applied: string[] = [];
    for (const [set, folder] of Object.entries(folders)) {
      applied.push(...(await migrateSet(client, set, await readMigrations(set, folder))));
    }
    return applied;
  } finally {
    await client.end();
  }
}

async function readMigrations(set: string, folder: string): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => FILE.test(file)).sort();
  return Promise.all(
    files.map(async (file) => {
      const sql = await readFile(join(folder, file), 'utf8');
      const sha256 = createHash('sha256').update(sql).digest('hex');
      return { set, version: Number(file.slice(0, 4)), name: basename(file, '.sql'), sql, sha256 };
    }),
  );
}

async function migrateSet(
  client: pg.Client,
  set: string,
  migrations: readonly Migration[],
): Promise<string[]> {
  const { rows } = await client.query<{ version: number; sha256: string }>(
    'SELECT version, sha256 FROM schema_migration WHERE set = $1',
    [set],
  );
  const known = new Map(migrations.map((migration) => [migration.version, migration]));
  for (const { version, sha256 } of rows) {
    const migration = known.get(version);
    if (!migration) {
      throw new StartError(
        `the database has migration ${set} ${version}, which this program does not know: run the newer version.`,
      );
    }
    if (migration.sha256 !== sha256) {
      throw new StartError(
        `migration ${set}/${migration.name} was changed after it was applied: restore it and add a new one instead.`,
      );
    }
  }
  const done = new Set(rows.map((row) => row.version));
  const missing = migrations.filter((migration) => !done.has(migration.version));
  for (const migration of missing) await apply(client, migration);
  return missing.map((migration) => `${set}/${migration.name}`);
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  const { set, version, name, sql, sha256 } = migration;
  try {
    await client.query('BEGIN');
    await client.query(sql);
    await client.query('INSERT INTO schema_migration (set, version, name, sha256) VALUES ($1, $2, $3, $4)', [
      set,
      version,
      name,
      sha256,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw new StartError(`migration ${set}/${name} failed: ${messageOf(error)}`);
  }
}
