import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stopOrphan } from '#platform/postgres/postmaster.ts';
import { identityOf, isRunning, processFile, type ProcessRecord } from '#scripts/process-record.ts';
import { stopRecorded } from '#scripts/stop-recorded.ts';

/** The folder in which `make engines-up` stores the data and the process ids of the engines. */
export const HOME = fileURLToPath(new URL('../.fritzy/engines', import.meta.url));
/** The data folder of `scripts/engines-postgres.ts`. */
export const POSTGRES_FOLDER = join(HOME, 'postgres');
export const ENV_FILE = join(HOME, 'env');
const file = processFile(HOME);
/** Brokers that stop at the same time can block each other. Killing them is safe: acknowledged records are on disk. */
const GRACE_MS = 15_000;

export const PORTS = {
  kafka: [19_092, 19_093, 19_094, 19_095, 19_096, 19_097],
  elasticsearch: [19_200, 19_300],
  redis: [16_379],
  postgres: [15_432],
} as const;

/** The recorded processes that are still running. */
export function readRunning(): ProcessRecord[] {
  return file.read().filter(isRunning);
}

/** Records a process that was just started. */
export function recordRunning(name: string, pid: number): void {
  mkdirSync(HOME, { recursive: true, mode: 0o700 });
  const identity = identityOf(pid);
  if (identity !== undefined) file.write([...readRunning(), { name, pid, identity }]);
}

/**
 * Stops all processes in parallel, kills those that exceed the grace period, and stops a PostgreSQL whose parent process
 * was killed. Keeps the data. Returns the stopped processes.
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
 * Stops the PostgreSQL of a data folder if its parent process was killed or is not recorded. Uses the pid file of
 * PostgreSQL. Returns the pid; undefined if no server is running.
 */
export function stopPostgresIn(folder: string): Promise<number | undefined> {
  return stopOrphan(join(folder, 'postgres'));
}

/** The program that listens on a loopback port, if /proc shows it. */
export function ownerOfPort(port: number): string {
  const inodes = ['tcp', 'tcp6'].flatMap((table) => listeningInodes(`/proc/net/${table}`, port));
  for (const pid of entriesOf('/proc').filter((name) => /^\d+$/.test(name))) {
    const sockets = new Set(entriesOf(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`)));
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

/** Empty if the process has ended or belongs to another user. */
function entriesOf(folder: string): string[] {
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
