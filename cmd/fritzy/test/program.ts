import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '#testkit/shop.ts';

/** A program of the project as a child process in its own process group. Disposing stops it. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Sends a signal to the program, or to its process group as Ctrl-C in a terminal does. */
  signal(name: NodeJS.Signals, to?: 'program' | 'group'): void;
  /** The exit status, or the signal that killed the program. */
  readonly ended: Promise<number | string>;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const START_TIMEOUT_MS = 60_000;

export interface ProgramOptions {
  readonly nodeFlags?: readonly string[];
  readonly cgroup?: string | undefined;
  /** The root folder of the project; this checkout by default. */
  readonly root?: string;
}

export function spawnProgram(
  path: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  options: ProgramOptions = {},
): Program {
  const root = options.root ?? ROOT;
  const command = [process.execPath, ...(options.nodeFlags ?? []), join(root, path), ...args];
  // Joins the control group before Node starts, because Node sizes its heap by the memory limit.
  const enter = options.cgroup ? ['sh', '-c', 'echo $$ > "$0" && exec "$@"', options.cgroup] : [];
  const [program = '', ...programArgs] = [...enter, ...command];
  const child = spawn(program, programArgs, {
    detached: true,
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Settings of the developer must not affect the program. Only tests of permissions and limits have them.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ACCESS: 'open', RATE_LIMIT: 'off', ...env },
  });
  const { pid } = child;
  assert.ok(pid !== undefined);
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text: string) => void (written[name] += text));
  }
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    pid,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    signal: (name, to = 'program') => void process.kill(to === 'group' ? -pid : pid, name),
    ended,
    [Symbol.asyncDispose]: async () => {
      if (!hasEnded()) child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Waits until the output of a program matches and returns the match; fails immediately if the program ends first. */
export async function waitForOutput(
  program: Program,
  pattern: RegExp,
  stream: 'stdout' | 'stderr' = 'stdout',
): Promise<RegExpExecArray> {
  let outcome: number | string | undefined;
  void program.ended.then((status) => (outcome = status));
  const found = await eventually(() => {
    const match = pattern.exec(program[stream]());
    if (!match && outcome === undefined)
      throw new Error(`no ${stream} matches ${pattern}:\n${program.stdout()}${program.stderr()}`);
    return match;
  }, START_TIMEOUT_MS);
  assert.ok(found, `the program ended with ${outcome} before ${pattern} matched: ${program.stderr()}`);
  return found;
}

/** Starts the whole shop on a data folder and a free port. */
export async function startShop(
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Program & { url: string }> {
  const program = spawnProgram('cmd/fritzy/main.ts', { FRITZY_DATA: folder, PORT: '0', ...env });
  const [, port] = await waitForOutput(program, /Fritzy is running: +http:\/\/localhost:(\d+)\/graphql/);
  await waitForOutput(program, /Press Ctrl-C to stop/);
  return { ...program, url: `http://127.0.0.1:${port}` };
}

/** Requires that a program exits with status 1 and prints one line per problem, no stack. Returns the lines. */
export async function failureLines(
  path: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  options: ProgramOptions = {},
): Promise<string[]> {
  await using program = spawnProgram(path, env, args, options);
  assert.equal(await program.ended, 1, program.stderr());
  const text = program.stderr();
  assert.match(text, /^fritzy: /);
  assert.doesNotMatch(text, /^\s+at |node:internal|Error:/m);
  return text
    .replace(/^fritzy: /, '')
    .trimEnd()
    .split('\n');
}
