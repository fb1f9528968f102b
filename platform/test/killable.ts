import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Programs in separate processes that report when they are between two steps, to be killed there. */
export interface Killable extends AsyncDisposable {
  /** The lines that they have printed: one each time a process was between its steps. */
  readonly lines: readonly string[];
  /** Kills the next process that is between its steps, and starts another. */
  killOne(): Promise<void>;
}

/** Keeps `count` processes of a program running; disposing kills all of them. */
export function startKillable(program: string, args: readonly string[], count: number): Killable {
  const lines: string[] = [];
  const running = new Set<ChildProcess>();
  let between = Promise.withResolvers<ChildProcess>();
  const died = Promise.withResolvers<never>();
  died.promise.catch(() => {});
  const start = (): void => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    running.add(child);
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line);
      between.resolve(child);
    });
    child.on(
      'exit',
      (code) => code !== null && died.reject(new Error(`${program} ended by itself with ${code}`)),
    );
  };
  const kill = async (child: ChildProcess): Promise<void> => {
    running.delete(child);
    // Wait for the end of its output, not only for its exit: an unread line would look like a process that is between
    // its steps.
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  };
  for (let started = 0; started < count; started++) start();
  return {
    lines,
    async killOne() {
      between = Promise.withResolvers();
      await kill(await Promise.race([between.promise, died.promise]));
      start();
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all([...running].map(kill))),
  };
}
