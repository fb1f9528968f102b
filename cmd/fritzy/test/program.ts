import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '#testkit/shop.ts';

/** A program of the project as a child process, alone in its process group. Killed when disposed, if it still runs. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Sends a signal to the program, or to its whole process group as a terminal's Ctrl-C does. */
  signal(name: NodeJS.Signals, to?: 'program' | 'group'): void;
  /** The exit status, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const START_TIMEOUT_MS = 60_000;

export interface ProgramOptions {
  readonly nodeFlags?: readonly string[];
  readonly cgroup?: string | undefined;
  /** The folder of the project: this one, unless a test has a copy. */
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
  // In its control group before it starts: Node sizes its heap by the bound.
  const enter = options.cgroup ? ['sh', '-c', 'echo $$ > "$0" && exec "$@"', options.cgroup] : [];
  const [program = '', ...programArgs] = [...enter, ...command];
  const child = spawn(program, programArgs, {
    detached: true,
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Nothing of the developer's own settings gets through.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
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

/** Waits until a running program has said something, and returns the match; fails at once if it ends before. */
export async function saying(
  program: Program,
  words: RegExp,
  stream: 'stdout' | 'stderr' = 'stdout',
): Promise<RegExpExecArray> {
  let outcome: number | string | undefined;
  void program.ended.then((how) => (outcome = how));
  const found = await eventually(() => {
    const match = words.exec(program[stream]());
    if (!match && outcome === undefined)
      throw new Error(`${words} not said:\n${program.stdout()}${program.stderr()}`);
    return match;
  }, START_TIMEOUT_MS);
  assert.ok(found, `ended with ${outcome} before it said ${words}: ${program.stderr()}`);
  return found;
}

/** The whole shop on a data folder and a free port. */
export async function startShop(
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Program & { url: string }> {
  const program = spawnProgram('cmd/fritzy/main.ts', { FRITZY_DATA: folder, PORT: '0', ...env });
  const [, port] = await saying(program, /The shop is open: +http:\/\/localhost:(\d+)\/graphql/);
  await saying(program, /Ctrl-C ends it/);
  return { ...program, url: `http://127.0.0.1:${port}` };
}

/** Requires that a program gives up by itself: status 1, one line a problem, no stack. Returns the lines. */
export async function givesUp(
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
