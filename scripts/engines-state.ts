import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stopOrphan } from '#platform/postgres/postmaster.ts';
import { identityOf, isRunning, processFile, type ProcessRecord } from '#scripts/process-record.ts';
import { stopRecorded } from '#scripts/stop-recorded.ts';

/** What `make engines-up` has started, as `make engines-down` finds it. */
export const HOME = fileURLToPath(new URL('../.fritzy/engines', import.meta.url));
/** Of `scripts/engines-postgres.ts`. */
export const POSTGRES_FOLDER = join(HOME, 'postgres');
export const ENV_FILE = join(HOME, 'env');
const file = processFile(HOME);
/** Three brokers that stop at once can wait for each other in vain; what they have acknowledged is on disk. */
const GRACE_MS = 15_000;

export const PORTS = {
  kafka: [19_092, 19_093, 19_094, 19_095, 19_096, 19_097],
  elasticsearch: [19_200, 19_300],
  redis: [16_379],
  postgres: [15_432],
} as const;

/** Processes of the record that still run. */
export function readRunning(): ProcessRecord[] {
  return file.read().filter(isRunning);
}

/** Notes a process that has just been started. */
export function recordRunning(name: string, pid: number): void {
  mkdirSync(HOME, { recursive: true, mode: 0o700 });
  const identity = identityOf(pid);
  if (identity !== undefined) file.write([...readRunning(), { name, pid, identity }]);
}

/**
 * Ends all at once, those that take too long by force, and a PostgreSQL that lost its keeper. Their data stays. Returns
 * what was ended.
 */
export async function stopAll(
  running: readonly ProcessRecord[],
): Promise<readonly { name: string; pid: number }[]> {
  await Promise.all(running.map((record) => stopRecorded(record, GRACE_MS, () => {})));
  const orphan = await stopPostgresIn(POSTGRES_FOLDER);
  file.remove();
  rmSync(ENV_FILE, { force: true });
  return orphan === undefined ? running : [...running, { name: 'PostgreSQL', pid: orphan }];
}

/**
 * Ends the server of a data folder whose keeper was killed, or is no longer recorded. PostgreSQL itself notes its pid
 * beside the data. Returns the pid; undefined if none runs.
 */
export function stopPostgresIn(folder: string): Promise<number | undefined> {
  return stopOrphan(join(folder, 'postgres'));
}

/** Who listens on a loopback port, as far as /proc tells. */
export function ownerOfPort(port: number): string {
  const inodes = ['tcp', 'tcp6'].flatMap((table) => listeningInodes(`/proc/net/${table}`, port));
  for (const pid of list('/proc').filter((name) => /^\d+$/.test(name))) {
    const sockets = new Set(list(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`)));
    if (inodes.some((inode) => sockets.has(`socket:[${inode}]`))) {
      const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
      return `${name}, pid ${pid}`;
    }
  }
  return 'another program';
}

function listeningInodes(table: string, port: number): string[] {
  if (!existsSync(table)) return [];
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return readFileSync(table, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(`:${hex}`) && columns[3] === '0A')
    .map((columns) => columns[9] ?? '');
}

/** Processes come and go, and those of others are closed to us. */
function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
