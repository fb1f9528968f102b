import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPassword } from '#platform/postgres/password-file.ts';
import { HOST, SUPERUSER } from '#platform/postgres/server-query.ts';

/**
 * The URL of a database in the PostgreSQL of a running shop on the folder; undefined if none is running. Line 4 of
 * postmaster.pid is the port (https://www.postgresql.org/docs/18/storage-file-layout.html).
 */
export function runningServerUrl(folder: string, database: string): string | undefined {
  const pidFile = join(folder, 'postgres', 'postmaster.pid');
  if (!existsSync(pidFile)) return undefined;
  const port = readFileSync(pidFile, 'utf8').split('\n')[3]?.trim();
  if (!port || !/^\d+$/.test(port)) return undefined;
  return `postgres://${SUPERUSER}:${readPassword(folder)}@${HOST}:${port}/${encodeURIComponent(database)}`;
}
