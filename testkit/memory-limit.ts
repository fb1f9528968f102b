import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A control group with a memory limit; the kernel kills a process that exceeds it. */
export interface MemoryLimit extends Disposable {
  /** A process that writes its pid into this file joins the group, with its future children. */
  readonly processesFile: string;
  /** The peak memory usage of the group. */
  peakBytes(): number;
  /** The number of processes of the group that the kernel has killed. */
  kills(): number;
}

const V1 = '/sys/fs/cgroup/memory';
const V2 = '/sys/fs/cgroup';

/** Undefined if the user cannot create control groups, which needs root and, in a container, write access to them. */
export function limitMemory(name: string, bytes: number): MemoryLimit | undefined {
  const isV1 = existsSync(join(V1, 'memory.limit_in_bytes'));
  const folder = join(isV1 ? V1 : V2, name);
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  try {
    mkdirSync(folder);
    writeFileSync(join(folder, isV1 ? 'memory.limit_in_bytes' : 'memory.max'), String(bytes));
  } catch {
    return undefined;
  }
  return {
    processesFile: join(folder, 'cgroup.procs'),
    peakBytes: () => Number(read(isV1 ? 'memory.max_usage_in_bytes' : 'memory.peak')),
    kills: () => Number(/oom_kill (\d+)/.exec(read(isV1 ? 'memory.oom_control' : 'memory.events'))?.[1]),
    [Symbol.dispose]: () => rmdirSync(folder),
  };
}
