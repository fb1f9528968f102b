import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** The resource usage of a process as measured by Linux, independent of the clock of the process. */
export interface Cost {
  readonly cpuMs: number;
  /** The growth from the initial to the peak resident memory. */
  readonly megabytes: number;
}

/** Whether the system can measure costs: needs Linux with schedstat and a resettable resident memory peak. */
export function canMeasureCost(): boolean {
  try {
    cpuMsOf(process.pid);
    resetPeak(process.pid);
    return true;
  } catch {
    return false;
  }
}

/** The cost of `work` for each process, by name. */
export async function measureCost(
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

/** The resident memory of a process. */
export function residentBytes(pid: number): number {
  return statusBytes(pid, 'VmRSS');
}

/** The CPU time of all running threads. */
function cpuMsOf(pid: number): number {
  let ns = 0n;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const [run = '0'] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ');
    ns += BigInt(run);
  }
  return Number(ns) / 1e6;
}

/** Writing 5 to clear_refs resets the peak to the current resident memory: see proc(5). */
function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

function statusBytes(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'),
  )?.[1];
  return Number(kilobytes) * 1_024;
}

const REFERENCE_ITEMS = Array.from({ length: 2_000 }, (_, index) => ({
  id: `item-${index}`,
  size: index % 7,
}));
const REFERENCE_RUNS = 60;
/** The CPU time of the reference work on the idle machine for which the limits were set. */
const REFERENCE_MS = 22;
/** A machine that is slower than this is not suitable for the measurement. */
const SLOWDOWN_MAX = 3;

/**
 * How much slower the machine is now than the idle one for which the limits were set, 1 to 3: other guests of a shared
 * machine slow its cores down, which CPU time includes.
 */
export function slowdown(): number {
  const before = process.cpuUsage();
  for (let run = 0; run < REFERENCE_RUNS; run++) JSON.parse(JSON.stringify(REFERENCE_ITEMS));
  const { user, system } = process.cpuUsage(before);
  return Math.min(SLOWDOWN_MAX, Math.max(1, (user + system) / 1_000 / REFERENCE_MS));
}
