import { spawn } from 'node:child_process';
import { createConcurrently, Logger, LogOutput, type CloseEvent, type Command } from 'concurrently';
import { messageOf } from '#platform/errors.ts';
import { signalPid } from '#scripts/process-record.ts';
import type { ServiceProgram } from '#scripts/run-all/services.ts';

/**
 * Runs programs and restarts them when they exit. `concurrently` starts them and prefixes their log lines with a coloured
 * name. It does not support the rest, which is implemented here: an immediate first restart, exponential backoff that
 * resets after a stable run, abandoning a program that keeps failing, and stopping in order.
 */
export interface Supervisor {
  /** Writes a line of the supervisor to the output. */
  log(line: string): void;
  /** Resolves when all programs are abandoned. */
  readonly allAbandoned: Promise<void>;
  /** The names of the abandoned programs. */
  abandoned(): readonly string[];
  /** Stops the programs one after the other in reverse order; resolves when all have exited. */
  stop(): Promise<void>;
  /** Kills the running programs. */
  kill(): void;
}

export interface SuperviseOptions {
  readonly services: readonly ServiceProgram[];
  /** Node flags for each program. */
  readonly nodeFlags: readonly string[];
  readonly output: NodeJS.WritableStream & { readonly errored?: Error | null };
  readonly hasColors: boolean;
  /** Called with the running programs whenever they change. */
  readonly onChange: (running: readonly { name: string; pid: number }[]) => void;
}

/** The first restart is immediate. Later ones wait for a backoff that starts here and doubles up to the maximum. */
const BACKOFF_MS_MIN = 500;
const BACKOFF_MS_MAX = 8_000;
/** A program that has run this long is stable: its earlier exits no longer count. */
const STABLE_AFTER_MS = 20_000;
/** After this many exits in a row without a stable run, the settings or the code must be wrong: no more restarts. */
const EXITS_MAX = 5;
/** Longer than the longest request, so that requests in flight are answered. */
const STOP_TIMEOUT_MS = 15_000;

export function supervise(options: SuperviseOptions): Supervisor {
  const { services } = options;
  const logger = new Logger({ prefixFormat: 'name' });
  logger.toggleColors(options.hasColors);
  logger.setPrefixLength(Math.max(...services.map(({ name }) => name.length)));
  const log = (line: string): void => logger.logGlobalEvent(line);
  const programs: SupervisedProgram[] = [];
  const onChange = (): void =>
    options.onChange(
      programs.flatMap(({ command: { name, pid, process } }) =>
        pid !== undefined && process !== undefined ? [{ name, pid }] : [],
      ),
    );
  const onAbandoned = (): void => {
    if (programs.every(({ isAbandoned }) => isAbandoned())) allAbandoned.resolve();
  };
  const allAbandoned = Promise.withResolvers<void>();

  const { result } = createConcurrently(
    services.map(({ name, main, color, env }) => ({ name, command: main, prefixColor: color, env })),
    {
      logger,
      outputStream: options.output as NodeJS.WriteStream,
      // Without a shell, and in its own process group: Ctrl-C in a terminal reaches only this process.
      spawn: (main, spawnOptions) =>
        spawn(process.execPath, [...options.nodeFlags, main], {
          ...spawnOptions,
          stdio: ['ignore', 'pipe', 'pipe'],
          detached: true,
        }),
      kill: (pid, signal) => signalPid(pid, signal as NodeJS.Signals),
      controllers: [
        new LogOutput({ logger }),
        {
          handle: (commands) => {
            programs.push(
              ...commands.map((command) => superviseOne(command, { log, onChange, onAbandoned })),
            );
            return { commands };
          },
        },
      ],
    },
  );
  // `result` settles when all programs have exited for the first time; here they may be restarted.
  result.catch(() => {});
  onChange();

  return {
    log,
    allAbandoned: allAbandoned.promise,
    abandoned: () => programs.filter(({ isAbandoned }) => isAbandoned()).map(({ command }) => command.name),
    stop: async () => {
      for (const program of programs) program.preventRestart();
      for (const program of programs.toReversed()) await program.stop();
    },
    kill: () => {
      for (const { command } of programs) command.kill('SIGKILL');
    },
  };
}

interface SupervisedProgram {
  readonly command: Command;
  isAbandoned(): boolean;
  preventRestart(): void;
  stop(): Promise<void>;
}

interface SuperviseDeps {
  log(line: string): void;
  onChange(): void;
  onAbandoned(): void;
}

/** Restarts a program whenever it exits, until it is stopped or abandoned. */
function superviseOne(command: Command, { log, onChange, onAbandoned }: SuperviseDeps): SupervisedProgram {
  const { name } = command;
  let exits = 0;
  let isStopping = false;
  let isAbandoned = false;
  let restartTimer: NodeJS.Timeout | undefined;
  let exited = Promise.withResolvers<void>();

  const onExit = ({ exitCode, timings: { durationSeconds } }: CloseEvent): void => {
    exited.resolve();
    onChange();
    if (isStopping) return;
    const exit = `${describeExit(exitCode)} after ${durationSeconds.toFixed(1)} s`;
    exits = durationSeconds * 1_000 >= STABLE_AFTER_MS ? 1 : exits + 1;
    if (exits >= EXITS_MAX) {
      isAbandoned = true;
      log(
        `${name} ${exit}, ${EXITS_MAX} times in a row: abandoned. Fix the cause shown in its log lines, then run make run-all again.`,
      );
      onAbandoned();
      return;
    }
    const backoffMs = exits === 1 ? 0 : Math.min(BACKOFF_MS_MIN * 2 ** (exits - 2), BACKOFF_MS_MAX);
    log(`${name} ${exit}: restarting ${backoffMs === 0 ? 'immediately' : `in ${backoffMs / 1_000} s`}`);
    restartTimer = setTimeout(() => {
      exited = Promise.withResolvers();
      command.start();
      onChange();
    }, backoffMs);
  };
  command.close.subscribe(onExit);
  command.error.subscribe((error) => log(`${name} cannot be started: ${messageOf(error)}`));

  return {
    command,
    isAbandoned: () => isAbandoned,
    preventRestart: () => {
      isStopping = true;
      clearTimeout(restartTimer);
    },
    stop: async () => {
      if (command.process === undefined) return;
      command.kill('SIGTERM');
      const killTimer = setTimeout(() => {
        log(`${name} did not exit within ${STOP_TIMEOUT_MS / 1_000} s: killed`);
        command.kill('SIGKILL');
      }, STOP_TIMEOUT_MS);
      await exited.promise;
      clearTimeout(killTimer);
      log(`${name} stopped`);
    },
  };
}

function describeExit(exitCode: string | number): string {
  return typeof exitCode === 'number' ? `exited with status ${exitCode}` : `was killed by ${exitCode}`;
}
