import { Client, DatabaseError, escapeIdentifier } from 'pg';

/** The only address that an embedded server listens on. */
export const HOST = '127.0.0.1';
/** The only role of an embedded server. */
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

/**
 * With two concurrent callers, the second gets duplicate_database, or unique_violation if it had to wait for the first
 * commit.
 */
function isDuplicate(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '42P04' || error.code === '23505');
}

/** Runs one statement on a new connection to the maintenance database. */
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
  // For a connection lost while idle; a lost query rejects.
  client.on('error', () => {});
  try {
    await client.connect();
    const result = await client.query<Record<string, unknown>>(text, [...values]);
    return result.rows;
  } finally {
    await client.end();
  }
}
