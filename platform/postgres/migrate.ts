import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import pg from 'pg';
import { messageOf, StartError } from '#platform/errors.ts';
import { ADVISORY_LOCKS } from '#platform/postgres/advisory-locks.ts';
import { sqlState } from '#platform/postgres/pool.ts';

/** A migration file: `0001_what-it-does.sql`. Forward only; never change a file that was applied. */
interface Migration {
  readonly set: string;
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

const FILE = /^(\d{4})_[a-z0-9-]+\.sql$/;
/** Held while migrating, so that instances that start at the same time apply each file once. */
const LOCK = ADVISORY_LOCKS.migration;
const CONNECT_TIMEOUT_MS = 10_000;
const LOCK_TIMEOUT_MS = 60_000;
const LOCK_NOT_AVAILABLE = '55P03';

const CREATE_TABLE = `
  CREATE TABLE IF NOT EXISTS schema_migration (
    set        text        NOT NULL,
    version    integer     NOT NULL,
    name       text        NOT NULL,
    sha256     text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (set, version)
  )`;
const IS_NEW = `SELECT to_regclass('schema_migration') IS NULL AS "isNew"`;

/** Migration folders by the name of their set, in the order of application. */
export type MigrationFolders = Readonly<Record<string, string>>;

/**
 * Applies the pending migrations of the folders, in the given order, each file in one transaction. Returns the names of
 * the applied files. Throws StartError if the database cannot be reached, if an applied file was changed, if the
 * database is newer than this program, or if another program holds the lock for a minute.
 */
export function migrate(
  url: string,
  folders: MigrationFolders,
  { lockTimeoutMs = LOCK_TIMEOUT_MS } = {},
): Promise<string[]> {
  return withClient(url, async (client) => {
    await takeLock(client, lockTimeoutMs);
    await client.query(CREATE_TABLE);
    const applied: string[] = [];
    for (const [set, folder] of Object.entries(folders)) {
      const migrations = await readMigrations(set, folder);
      const pending = pendingOf(set, migrations, await appliedRows(client, set));
      for (const migration of pending) await apply(client, migration);
      applied.push(...pending.map(nameOf));
    }
    return applied;
  });
}

/**
 * If the machine of another migrator vanished, its lock stays until PostgreSQL detects that, which may take hours: the
 * error describes how to release it.
 */
async function takeLock(client: pg.Client, timeoutMs: number): Promise<void> {
  try {
    await client.query(`SET lock_timeout = ${timeoutMs}`);
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await client.query('SET lock_timeout = 0');
  } catch (error) {
    if (sqlState(error) !== LOCK_NOT_AVAILABLE) throw error;
    throw new StartError(
      `another program has been migrating ${client.database} for more than ${timeoutMs / 1_000} s. ` +
        `If it is no longer running, terminate its connection: SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = ${LOCK}.`,
      { cause: error },
    );
  }
}

export interface MigrationStatus {
  /** File names, e.g. `order/0001_order`, in the order of application. */
  readonly applied: readonly string[];
  readonly pending: readonly string[];
}

/** Returns what `migrate` has applied and would apply; changes nothing. Throws the same errors as `migrate`. */
export function migrationStatus(url: string, folders: MigrationFolders): Promise<MigrationStatus> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ isNew: boolean }>(IS_NEW);
    const isNew = rows[0]?.isNew ?? true;
    const applied: string[] = [];
    const pending: string[] = [];
    for (const [set, folder] of Object.entries(folders)) {
      const migrations = await readMigrations(set, folder);
      const missing = new Set(pendingOf(set, migrations, isNew ? [] : await appliedRows(client, set)));
      for (const migration of migrations)
        (missing.has(migration) ? pending : applied).push(nameOf(migration));
    }
    return { applied, pending };
  });
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    const { host, pathname } = new URL(url);
    throw new StartError(
      `cannot reach the database ${host}${pathname} (${messageOf(error)}): start it or correct its URL.`,
      { cause: error },
    );
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const nameOf = ({ set, name }: Migration): string => `${set}/${name}`;

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

interface AppliedRow {
  readonly version: number;
  readonly sha256: string;
}

async function appliedRows(client: pg.Client, set: string): Promise<AppliedRow[]> {
  const { rows } = await client.query<AppliedRow>(
    'SELECT version, sha256 FROM schema_migration WHERE set = $1',
    [set],
  );
  return rows;
}

function pendingOf(
  set: string,
  migrations: readonly Migration[],
  rows: readonly AppliedRow[],
): readonly Migration[] {
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
        `migration ${nameOf(migration)} was changed after it was applied: restore it and add a new one instead.`,
      );
    }
  }
  const done = new Set(rows.map((row) => row.version));
  return migrations.filter((migration) => !done.has(migration.version));
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
    throw new StartError(`migration ${nameOf(migration)} failed: ${messageOf(error)}`);
  }
}
