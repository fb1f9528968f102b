import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** What `make engines-up` has started, as `make engines-down` finds it. */
export const HOME = fileURLToPath(new URL('../.fritzy/engines', import.meta.url));
export const ENV_FILE = join(HOME, 'env');
const STATE_FILE = join(HOME, 'running.json');
const POLL_MS = 50;
/** Three brokers that stop at once can wait for each other in vain; what they have acknowledged is on disk. */
const GRACE_MS = 15_000;

export const PORTS = {
  kafka: [19_092, 19_093, 19_094, 19_095, 19_096, 19_097],
  elasticsearch: [19_200, 19_300],
  redis: [16_379],
  postgres: [15_432],
} as const;

export interface Running {
  readonly title: string;
  readonly pid: number;
  /** When it was started: a pid is given anew some day. */
  readonly started: string;
}

/** Processes of the record that still run. */
export function readRunning(): Running[] {
  if (!existsSync(STATE_FILE)) return [];
  const recorded = JSON.parse(readFileSync(STATE_FILE, 'utf8')) as Running[];
  return recorded.filter((process) => isRunning(process));
}

export function recordRunning(title: string, pid: number): void {
  mkdirSync(HOME, { recursive: true, mode: 0o700 });
  const started = startOf(pid);
  if (started === undefined) return;
  writeFileSync(STATE_FILE, JSON.stringify([...readRunning(), { title, pid, started }]));
}

function isRunning({ pid, started }: Running): boolean {
  return startOf(pid) === started;
}

/** When a process was started, in words that no other process has; undefined if it is gone. */
function startOf(pid: number): string | undefined {
  try {
    if (process.platform !== 'linux') {
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    }
    // The name in brackets may hold spaces; what follows it is state, parent, … and as the 20th the start.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    if (fields[0] === 'Z') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

/** SIGTERM to each, and SIGKILL to those that take too long. Their data stays. */
export async function stopAll(running: readonly Running[]): Promise<void> {
  for (const one of running) signal(one, 'SIGTERM');
  const deadline = performance.now() + GRACE_MS;
  let left = running;
  while ((left = left.filter(isRunning)).length > 0) {
    if (performance.now() > deadline) for (const one of left) signal(one, 'SIGKILL');
    await sleep(POLL_MS);
  }
  rmSync(STATE_FILE, { force: true });
  rmSync(ENV_FILE, { force: true });
}

function signal(one: Running, name: NodeJS.Signals): void {
  if (!isRunning(one)) return;
  try {
    process.kill(one.pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
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
