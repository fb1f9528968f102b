import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process, with an identity that distinguishes it from later processes with the same pid. */
export interface ProcessRecord {
  /** `run-all`, or the name of a service or an engine. */
  readonly name: string;
  readonly pid: number;
  /** The start time of the process. */
  readonly identity: string;
}

const POLL_MS = 20;
/** Changes with each boot, which resets the clock of the start times. */
const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const HAS_PROC = existsSync('/proc/self/stat') && existsSync(BOOT_ID);

/**
 * The identity of the process that has this pid now; undefined if there is none. It does not include the command line,
 * because some programs, such as Redis, change theirs.
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
  // After the name, which may contain any character: field 0 is the state, field 19 the start in ticks since boot (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const isDead = fields[0] === 'Z' || fields[0] === 'X';
  return isDead ? undefined : `${readFileSync(BOOT_ID, 'utf8').trim()} ${fields[19]}`;
}

function identityByPs(pid: number): string | undefined {
  const output = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' });
  const [, state, identity] = /^\s*(\S+)\s+(.*\S)/.exec(output) ?? [];
  return state?.startsWith('Z') ? undefined : identity;
}

/** Whether the recorded process is still running. */
export function isRunning({ pid, identity }: ProcessRecord): boolean {
  return identityOf(pid) === identity;
}

/** Sends a signal to the recorded process; does nothing if it has ended, even if another process has its pid. */
export function signalProcess(record: ProcessRecord, signal: NodeJS.Signals): void {
  if (isRunning(record)) signalPid(record.pid, signal);
}

/** Sends a signal to the process that has this pid, if any. Safe only for a child process, whose pid is not reused. */
export function signalPid(pid: number, signal?: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // ESRCH: the process has ended.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Waits at most `timeoutMs` until the process has ended; false if it is still running. */
export async function hasEndedWithin(record: ProcessRecord, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isRunning(record)) {
    if (performance.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/** A file that lists started processes, for programs that must stop them later. */
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
      // Atomic: a reader sees either the old list or the new one.
      writeFileSync(`${path}.new`, `${JSON.stringify(records, undefined, 2)}\n`, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
    remove: () => rmSync(path, { force: true }),
  };
}
