import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunAs, SERVER_ENV } from '#platform/postgres/run-as.ts';

const POLL_MS = 5;
/**
 * The timeouts of a fast shutdown (SIGINT) and then of an immediate one (SIGQUIT), before SIGKILL. None of the three
 * loses a commit. In an immediate shutdown PostgreSQL itself waits 5,000 ms for a backend that hangs.
 */
export interface StopTimeouts {
  readonly fastMs: number;
  readonly immediateMs: number;
}

const STOP_TIMEOUTS: StopTimeouts = { fastMs: 10_000, immediateMs: 8000 };
const ORPHAN_STOP_TIMEOUTS: StopTimeouts = { fastMs: 5000, immediateMs: 8000 };
const KILL_TIMEOUT_MS = 5000;

/** How a server process ended. */
export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Postmaster {
  readonly pid: number;
  /** Resolves when the process has ended, for any reason. */
  readonly ended: Promise<ServerExit>;
  hasEnded(): boolean;
  /** Shuts down fast, then immediately, then by SIGKILL. Returns when the process has ended. */
  stop(timeouts?: StopTimeouts): Promise<void>;
}

/**
 * Spawns `postgres` in its own process group, so that Ctrl-C in a terminal reaches only this process. If this process
 * exits without stop(), it sends the server SIGINT.
 */
export async function spawnPostmaster(input: {
  runAs: RunAs;
  postgres: string;
  dataDir: string;
  settings: Readonly<Record<string, string>>;
  logFile: string;
}): Promise<Postmaster> {
  const args = ['-D', input.dataDir];
  for (const [name, value] of Object.entries(input.settings)) args.push('-c', `${name}=${value}`);
  const [file = input.postgres, ...rest] = [...input.runAs.prefix, input.postgres, ...args];
  const log = openSync(input.logFile, 'a', 0o600);
  let child: ChildProcess;
  try {
    child = spawn(file, rest, {
      cwd: '/',
      env: SERVER_ENV,
      detached: true,
      stdio: ['ignore', log, log],
      ...input.runAs.identity,
    });
  } finally {
    closeSync(log);
  }
  await once(child, 'spawn');
  return postmasterOf(child);
}

function postmasterOf(child: ChildProcess): Postmaster {
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot spawn ${child.spawnfile}`);
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  let signalError: unknown;
  child.on('error', (error) => (signalError = error));
  const stopOnExit = (): void => void child.kill('SIGINT');
  process.once('exit', stopOnExit);
  const ended = new Promise<ServerExit>((resolve) => {
    child.once('exit', (code, signal) => {
      process.off('exit', stopOnExit);
      resolve({ code, signal });
    });
  });
  const endedWithin = async (timeoutMs: number): Promise<boolean> => {
    const timeout = new AbortController();
    const timedOut = sleep(timeoutMs, false, { signal: timeout.signal }).catch(() => false);
    const result = await Promise.race([ended.then(() => true), timedOut]);
    timeout.abort();
    return result;
  };
  const stop = async ({ fastMs, immediateMs } = STOP_TIMEOUTS): Promise<void> => {
    if (hasEnded()) return;
    child.kill('SIGINT');
    if (await endedWithin(fastMs)) return;
    child.kill('SIGQUIT');
    if (await endedWithin(immediateMs)) return;
    child.kill('SIGKILL');
    if (await endedWithin(KILL_TIMEOUT_MS)) return;
    throw new Error(`PostgreSQL (pid ${pid}) cannot be stopped`, { cause: signalError });
  };
  return { pid, ended, hasEnded, stop };
}

/** Whether the server with this pid accepts connections, according to line 8 of its postmaster.pid. */
export function isReady(dataDir: string, pid: number): boolean {
  const lines = readPidFile(dataDir);
  return lines?.[0] === String(pid) && lines[7]?.trim() === 'ready';
}

/**
 * Stops a server on `dataDir` whose owner was killed. The caller must hold the folder's lock. A postmaster.pid that
 * names no process or another program, for example after a reboot, is removed, and that program is not stopped.
 */
export async function stopOrphan(
  dataDir: string,
  { fastMs, immediateMs } = ORPHAN_STOP_TIMEOUTS,
): Promise<number | undefined> {
  const pid = Number(readPidFile(dataDir)?.[0]);
  if (Number.isNaN(pid)) return undefined;
  if (!isPostgresOn(pid, dataDir)) {
    rmSync(join(dataDir, 'postmaster.pid'), { force: true });
    return undefined;
  }
  for (const [signal, timeoutMs] of [
    ['SIGINT', fastMs],
    ['SIGQUIT', immediateMs],
    ['SIGKILL', KILL_TIMEOUT_MS],
  ] as const) {
    if (isPostgresOn(pid, dataDir)) signalIfAlive(pid, signal);
    const deadline = performance.now() + timeoutMs;
    while (performance.now() < deadline) {
      if (!isPostgresOn(pid, dataDir)) return pid;
      await sleep(POLL_MS);
    }
  }
  throw new Error(`the orphaned PostgreSQL (pid ${pid}) cannot be stopped`);
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function readPidFile(dataDir: string): string[] | undefined {
  try {
    return readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Whether `pid` is a running postmaster whose data folder is `dataDir`. A zombie has no arguments and does not count.
 */
function isPostgresOn(pid: number, dataDir: string): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 1) return false;
  const args = argumentsOf(pid);
  if (basename(args[0] ?? '') !== 'postgres') return false;
  // Prefer its working directory: the folder of its arguments may have been moved and replaced by another.
  const folder = workingFolderOf(pid) ?? (args[1] === '-D' ? args[2] : undefined);
  return folder !== undefined && isSameFolder(folder, dataDir);
}

function argumentsOf(pid: number): string[] {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const line = execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    // ps does not mark the end of an argument: match the program, "-D", then everything up to the first setting.
    const match = /^(.*?) -D (.*?)(?: -c .*)?$/.exec(line);
    return match ? [match[1] ?? '', '-D', match[2] ?? ''] : [line];
  } catch {
    return []; // the process has ended
  }
}

/** Undefined without /proc or permission to trace the process. */
function workingFolderOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

function isSameFolder(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}
