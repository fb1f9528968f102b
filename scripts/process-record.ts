import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';

/** A process, known again: the kernel gives a pid to others once its process has ended. */
export interface ProcessRecord {
  /** `run-all`, the name of a service or that of an engine. */
  readonly name: string;
  readonly pid: number;
  /** When it was started: nobody else had this pid then. */
  readonly identity: string;
}

const POLL_MS = 20;
/** Of this start of the machine: ticks begin anew with the next. */
const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const HAS_PROC = existsSync('/proc/self/stat') && existsSync(BOOT_ID);

/**
 * What tells a running process from any other that has had its pid; undefined if none runs under it. Its words are no
 * part of that: some programs, such as Redis, change them once they run.
 */
export function identityOf(pid: number): string | undefined {
  try {
    return HAS_PROC ? identityInProc(pid) : identityByPs(pid);
  } catch {
    // No such process.
    return undefined;
  }
}

function identityInProc(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // After the name, which may hold anything: the state, and as the twentieth the start in ticks since boot (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const isDead = fields[0] === 'Z' || fields[0] === 'X';
  return isDead ? undefined : `${readFileSync(BOOT_ID, 'utf8').trim()} ${fields[19]}`;
}

function identityByPs(pid: number): string | undefined {
  const words = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' });
  const [, state, identity] = /^\s*(\S+)\s+(.*\S)/.exec(words) ?? [];
  return state?.startsWith('Z') ? undefined : identity;
}

/** Whether the very process of the record still runs. */
export function isRunning({ pid, identity }: ProcessRecord): boolean {
  return identityOf(pid) === identity;
}

/** Sends a signal unless the process has ended; never to another that has its pid by now. */
export function signalProcess(record: ProcessRecord, signal: NodeJS.Signals): void {
  if (isRunning(record)) signalPid(record.pid, signal);
}

/** Sends a signal to what has this pid now; nothing if there is none. For one's own child, whose pid nobody else gets. */
export function signalPid(pid: number, signal?: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended just now.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Waits until the process has ended, for `timeoutMs` at the most; false if it still runs. */
export async function hasEndedWithin(record: ProcessRecord, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isRunning(record)) {
    if (performance.now() > deadline) return false;
    await rest(POLL_MS);
  }
  return true;
}

/** Which processes were started last, as a file that outlives the one that wrote it. */
export interface ProcessFile {
  read(): readonly ProcessRecord[];
  write(records: readonly ProcessRecord[]): void;
  remove(): void;
}

export function processFile(folder: string): ProcessFile {
  const path = join(folder, 'processes.json');
  return {
    read: () =>
      existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as readonly ProcessRecord[]) : [],
    write: (records) => {
      // A reader sees the old list or the new one, never half of it.
      writeFileSync(`${path}.new`, `${JSON.stringify(records, undefined, 2)}\n`, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
    remove: () => rmSync(path, { force: true }),
  };
}
