import { spawn } from 'node:child_process';
import { createConcurrently, Logger, LogOutput, type CloseEvent, type Command } from 'concurrently';
import { messageOf } from '#platform/errors.ts';
import { signalPid } from '#scripts/process-record.ts';
import type { ServiceProgram } from '#scripts/run-all/services.ts';

/**
 * Keeps programs running. `concurrently` starts them and writes their lines with a coloured name; what it has no
 * setting for is decided here: a first restart at once, then rests that grow and are forgotten after a good while, giving
 * up in words, and an end in order.
 */
export interface Supervisor {
  /** Writes a line of its own among those of the programs. */
  say(line: string): void;
  /** Resolves once every program was given up: there is nothing left to wait for. */
  readonly allGivenUp: Promise<void>;
  /** The programs that were given up. */
  givenUp(): readonly string[];
  /** Ends the programs one after the other, the last one first; nothing is left when it resolves. */
  stop(): Promise<void>;
  /** Ends what still runs at once. */
  kill(): void;
}

export interface SuperviseOptions {
  readonly services: readonly ServiceProgram[];
  /** Flags of Node for each program. */
  readonly nodeFlags: readonly string[];
  readonly output: NodeJS.WritableStream & { readonly errored?: Error | null };
  readonly hasColors: boolean;
  /** Gets the pids of what runs, whenever that changes. */
  readonly onChange: (running: readonly { name: string; pid: number }[]) => void;
}

/** The rest before the second start in a row, which doubles with each one up to the longest; the first has none. */
const FIRST_REST_MS = 500;
const LONGEST_REST_MS = 8_000;
/** A program that ran this long started well: what comes later is counted anew. */
const GOOD_START_MS = 20_000;
/** So many ends in a row, each before a good start: it is the settings or the code, and another try will not help. */
const ENDS_MAX = 5;
/** Longer than any request may take, so that those in hand are answered. */
const STOP_TIMEOUT_MS = 15_000;

export function supervise(options: SuperviseOptions): Supervisor {
  const { services } = options;
  const logger = new Logger({ prefixFormat: 'name' });
  logger.toggleColors(options.hasColors);
  logger.setPrefixLength(Math.max(...services.map(({ name }) => name.length)));
  const say = (line: string): void => logger.logGlobalEvent(line);
  const kept: Kept[] = [];
  const onChange = (): void =>
    options.onChange(
      kept.flatMap(({ command: { name, pid, process } }) =>
        pid !== undefined && process !== undefined ? [{ name, pid }] : [],
      ),
    );
  const onGivenUp = (): void => {
    if (kept.every(({ isGivenUp }) => isGivenUp())) allGivenUp.resolve();
  };
  const allGivenUp = Promise.withResolvers<void>();

  const { result } = createConcurrently(
    services.map(({ name, main, color, env }) => ({ name, command: main, prefixColor: color, env })),
    {
      logger,
      outputStream: options.output as NodeJS.WriteStream,
      // No shell between, and a process group of its own: Ctrl-C in a terminal reaches this program alone.
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
            kept.push(...commands.map((command) => keep(command, { say, onChange, onGivenUp })));
            return { commands };
          },
        },
      ],
    },
  );
  // It tells of the first end of all programs, which here may be followed by a new start.
  result.catch(() => {});
  onChange();

  return {
    say,
    allGivenUp: allGivenUp.promise,
    givenUp: () => kept.filter(({ isGivenUp }) => isGivenUp()).map(({ command }) => command.name),
    stop: async () => {
      for (const each of kept) each.startNoMore();
      for (const each of kept.toReversed()) await each.stop();
    },
    kill: () => {
      for (const each of kept) each.command.kill('SIGKILL');
    },
  };
}

interface Kept {
  readonly command: Command;
  isGivenUp(): boolean;
  startNoMore(): void;
  stop(): Promise<void>;
}

interface KeepDeps {
  say(line: string): void;
  onChange(): void;
  onGivenUp(): void;
}

/** Starts a program again whenever it ends, until it is to stop or has failed too often in a row. */
function keep(command: Command, { say, onChange, onGivenUp }: KeepDeps): Kept {
  const { name } = command;
  let ends = 0;
  let isStopping = false;
  let isGivenUp = false;
  let waiting: NodeJS.Timeout | undefined;
  let ended = Promise.withResolvers<void>();

  const onEnd = ({ exitCode, timings: { durationSeconds } }: CloseEvent): void => {
    ended.resolve();
    onChange();
    if (isStopping) return;
    const how = `${wordsFor(exitCode)} after ${durationSeconds.toFixed(1)} s`;
    ends = durationSeconds * 1_000 >= GOOD_START_MS ? 1 : ends + 1;
    if (ends >= ENDS_MAX) {
      isGivenUp = true;
      say(
        `${name} ${how}, ${ENDS_MAX} times in a row: given up. Mend what its lines say, then make run-all again.`,
      );
      onGivenUp();
      return;
    }
    const restMs = ends === 1 ? 0 : Math.min(FIRST_REST_MS * 2 ** (ends - 2), LONGEST_REST_MS);
    say(`${name} ${how}: started again ${restMs === 0 ? 'at once' : `in ${restMs / 1_000} s`}`);
    waiting = setTimeout(() => {
      ended = Promise.withResolvers();
      command.start();
      onChange();
    }, restMs);
  };
  command.close.subscribe(onEnd);
  command.error.subscribe((error) => say(`${name} cannot be started: ${messageOf(error)}`));

  return {
    command,
    isGivenUp: () => isGivenUp,
    startNoMore: () => {
      isStopping = true;
      clearTimeout(waiting);
    },
    stop: async () => {
      if (command.process === undefined) return;
      command.kill('SIGTERM');
      const tooLong = setTimeout(() => {
        say(`${name} does not end within ${STOP_TIMEOUT_MS / 1_000} s: killed`);
        command.kill('SIGKILL');
      }, STOP_TIMEOUT_MS);
      await ended.promise;
      clearTimeout(tooLong);
      say(`${name} stopped`);
    },
  };
}

function wordsFor(exitCode: string | number): string {
  return typeof exitCode === 'number' ? `ended with status ${exitCode}` : `was ended by ${exitCode}`;
}
