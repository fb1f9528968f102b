import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { promisify } from 'node:util';

/** Whether processes can be pinned to cores: needs taskset (util-linux) and two cores. */
export const canPin = cpus().length >= 2 && spawnSync('taskset', ['--version']).status === 0;

/** The command that runs Node on one core if pinning is possible; `undefined` does not pin. */
function onCore(core: number | undefined, args: readonly string[]): [string, string[]] {
  return canPin && core !== undefined
    ? ['taskset', ['-c', String(core), process.execPath, ...args]]
    : [process.execPath, [...args]];
}

export interface Program extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
}

/** Starts a program that prints the URL on which it listens. */
export async function startProgram(
  args: readonly string[],
  options: { core?: number; env?: Record<string, string> } = {},
): Promise<Program> {
  const [command, all] = onCore(options.core, args);
  const child = spawn(command, all, {
    // Benchmarks measure the work of requests, not of sign-in.
    env: { ...process.env, ACCESS: 'open', RATE_LIMIT: 'off', ...options.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = /http:\/\/localhost:(\d+)\//.exec(text);
      if (found) resolve(Number(found[1]));
    });
    child.once('exit', () => reject(new Error(`${args.join(' ')} exited before it listened:\n${text}`)));
  });
  return { pid: child.pid ?? 0, port, [Symbol.asyncDispose]: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** Runs a program until it exits and parses its output as JSON. */
export async function runProgram<T>(args: readonly string[], core?: number): Promise<T> {
  const [command, all] = onCore(core, args);
  const { stdout } = await promisify(execFile)(command, all);
  return JSON.parse(stdout) as T;
}

/** The user and system CPU time of a process in seconds; Linux only (NaN elsewhere). */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Fields 14 and 15 of proc_pid_stat(5), in clock ticks of 10 ms.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The CPU time of all child processes of `pid` in seconds, including those that have exited; Linux only (0 elsewhere). */
export async function cpuSecondsBelow(pid: number): Promise<number> {
  const names = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const ticks = await Promise.all(
    names.map(async (name) => {
      const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(name) === pid) return Number(fields[13]) + Number(fields[14]);
      return Number(fields[1]) === pid ? Number(fields[11]) + Number(fields[12]) : 0;
    }),
  );
  return ticks.reduce((total, value) => total + value, 0) / 100;
}

/** The resident memory of a process in MiB; Linux only (NaN elsewhere). */
export async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
}
