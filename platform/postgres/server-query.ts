import { Client, DatabaseError, escapeIdentifier } from 'pg';

/** The one address an embedded server listens on. */
export const HOST = '127.0.0.1';
/** The one role of an embedded server. */
export const SUPERUSER = 'fritzy';

const QUERY_TIMEOUT_MS = 30_000;

export interface ServerAddress {
  readonly port: number;
  readonly password: string;
}

/** Creates the database unless it exists. */
export async function ensureDatabase(server: ServerAddress, name: string): Promise<void> {
  const found = await query(server, 'SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  if (found.length > 0) return;
  try {
    await query(server, `CREATE DATABASE ${escapeIdentifier(name)}`);
  } catch (error) {
    if (!isDuplicate(error)) throw error;
  }
}

/** Two callers at once: the second sees duplicate_database, or unique_violation if it had to wait for the first's commit. */
function isDuplicate(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '42P04' || error.code === '23505');
}

/** One statement on a connection of its own to the maintenance database. */
export async function query(
  server: ServerAddress,
  text: string,
  values: readonly string[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new Client({
    ...server,
    host: HOST,
    user: SUPERUSER,
    database: 'postgres',
    ssl: false,
    connectionTimeoutMillis: QUERY_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
  });
  // A connection lost while idle; a lost query rejects by itself.
  client.on('error', () => {});
  try {
    await client.connect();
    const result = await client.query<Record<string, unknown>>(text, [...values]);
    return result.rows;
  } finally {
    await client.end();
  }
}
