import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** What processes have used, as Linux counts it: their own timers and clocks do not matter. */
export interface Cost {
  readonly cpuMs: number;
  /** Resident memory at its highest, above what it was before. */
  readonly megabytes: number;
}

/** Whether this can be measured here: Linux with schedstat and a peak of resident memory that can be reset. */
export function canMeasure(): boolean {
  try {
    cpuMsOf(process.pid);
    resetPeak(process.pid);
    return true;
  } catch {
    return false;
  }
}

/** What a piece of work costs each of some processes, by name. */
export async function costOf(
  pids: Readonly<Record<string, number>>,
  work: () => Promise<void>,
): Promise<Record<string, Cost>> {
  const before = Object.entries(pids).map(([name, pid]) => {
    resetPeak(pid);
    return { name, pid, cpuMs: cpuMsOf(pid), bytes: statusBytes(pid, 'VmRSS') };
  });
  await work();
  return Object.fromEntries(
    before.map(({ name, pid, cpuMs, bytes }) => [
      name,
      { cpuMs: cpuMsOf(pid) - cpuMs, megabytes: Math.max(0, statusBytes(pid, 'VmHWM') - bytes) / 1e6 },
    ]),
  );
}

/** Resident memory of a process. */
export function residentBytes(pid: number): number {
  return statusBytes(pid, 'VmRSS');
}

/** CPU time of all threads that live. */
function cpuMsOf(pid: number): number {
  let ns = 0n;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const [run = '0'] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ');
    ns += BigInt(run);
  }
  return Number(ns) / 1e6;
}

/** proc(5), clear_refs: 5 sets the peak to what is resident now. */
function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

function statusBytes(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'),
  )?.[1];
  return Number(kilobytes) * 1_024;
}
