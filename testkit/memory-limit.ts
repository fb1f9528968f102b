import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A control group with a bound on memory, in which a process is killed when it needs more. */
export interface MemoryLimit extends Disposable {
  /** A process that writes its id into this file is in the group, with all that it starts. */
  readonly processesFile: string;
  /** The most that the group has used. */
  peakBytes(): number;
  /** How often the kernel has killed a process of the group. */
  kills(): number;
}

const V1 = '/sys/fs/cgroup/memory';
const V2 = '/sys/fs/cgroup';

/** Undefined where this user cannot make control groups: only root of a machine or of a container that allows it can. */
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
