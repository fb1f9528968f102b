import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  classArchive,
  classPath,
  DEFINITIONS,
  findJava,
  findProgram,
  type JavaEngine,
} from '#testkit/engine-cache.ts';
import { findFreePorts, HOST } from '#testkit/free-ports.ts';

const POLL_MS = 50;
/** On a machine that is busy with other engines. */
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 60_000;
const PROBE_TIMEOUT_MS = 5_000;
/** A port found free can be lost before the engine binds it; more often than this something else is wrong. */
const PORTS_MAX = 3;

/** One process of an engine, which tests may kill and start again on the same port and the same data. */
export interface EngineNode extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM, and after 60 s SIGKILL; resolves when the process is gone. */
  stop(): Promise<void>;
  /** Starts it again; resolves when it answers. */
  start(): Promise<void>;
  /** SIGSTOP: it keeps its connections and answers nobody. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
}

/** Where an engine lives that outlasts its starter, as of `make engines-up`; a test's engine leaves it out. */
export interface Place {
  /** Keeps the data. */
  readonly folder: string;
  /** The first ones the clients', then those the nodes use among themselves. */
  readonly ports: readonly number[];
  /** Told of every process at once, so that nothing runs that nobody knows of. */
  onSpawn(title: string, pid: number): void;
}

export interface NodeProgram {
  /** For messages: "Kafka broker 1". */
  readonly title: string;
  readonly port: number;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Then it goes on when this process ends. */
  readonly place: Place | undefined;
  /** Whether the process with this pid, and no other that has its port, answers; may throw while it does not. */
  isReady(pid: number, signal: AbortSignal): Promise<boolean>;
}

/** Starts the process without waiting for it; `ready` rejects, with its log's end, if it ends or takes too long. */
export function startNode(program: NodeProgram): { node: EngineNode; ready: Promise<void> } {
  let child = spawnNode(program);
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (hasEnded(child)) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    const harsher = setTimeout(() => void child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(harsher);
  };
  const kill = (): Promise<void> => end('SIGKILL');
  const node: EngineNode = {
    port: program.port,
    get pid() {
      return pidOf(child);
    },
    kill,
    stop: () => end('SIGTERM'),
    start: async () => {
      if (!hasEnded(child)) throw new Error(`${program.title} runs (pid ${pidOf(child)}): kill it first`);
      child = spawnNode(program);
      await waitUntilReady(program, child);
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    // What a test's engine holds is thrown away with it: nothing is lost by not waiting for an orderly end.
    [Symbol.asyncDispose]: kill,
  };
  return { node, ready: waitUntilReady(program, child) };
}

function spawnNode(program: NodeProgram): ChildProcess {
  const log = openSync(program.logFile, 'a', 0o600);
  // The kernel kills the engine of a killed test, where there is util-linux to ask it to; the pid stays the same.
  const setpriv = program.place ? undefined : findProgram('setpriv');
  const [command, args] = setpriv
    ? [setpriv, ['--pdeathsig', 'KILL', '--', program.command, ...program.args]]
    : [program.command, program.args];
  try {
    const child = spawn(command, args, {
      cwd: '/',
      env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', ...program.env },
      // A process group of its own: Ctrl-C in a terminal reaches only this process.
      detached: true,
      stdio: ['ignore', log, log],
    });
    const killNow = (): void => void child.kill('SIGKILL');
    if (program.place) {
      child.unref();
      if (child.pid !== undefined) program.place.onSpawn(program.title, child.pid);
    } else {
      process.once('exit', killNow);
      child.once('exit', () => process.removeListener('exit', killNow));
    }
    child.once('error', () => {});
    return child;
  } finally {
    closeSync(log);
  }
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error(`${child.spawnfile} cannot be run`);
  return child.pid;
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function waitUntilReady(program: NodeProgram, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  let problem: unknown;
  for (;;) {
    if (hasEnded(child)) throw new NodeEndedError(program, problem);
    try {
      if (await program.isReady(pidOf(child), AbortSignal.timeout(PROBE_TIMEOUT_MS))) return;
    } catch (error) {
      problem = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`${program.title} is not ready in time: ${endOfLog(program)}`, { cause: problem });
    }
    await sleep(POLL_MS);
  }
}

class NodeEndedError extends Error {
  readonly portWasTaken: boolean;

  constructor(program: NodeProgram, cause: unknown) {
    const log = endOfLog(program);
    super(`${program.title} ended while starting: ${log}`, { cause });
    this.portWasTaken = /Address already in use|BindException|Failed to bind|bind:/i.test(log);
  }
}

function endOfLog({ logFile }: NodeProgram): string {
  if (!existsSync(logFile)) return 'it logged nothing';
  return `${readFileSync(logFile, 'utf8').trim().split('\n').slice(-15).join('\n')}\n(log: ${logFile})`;
}

/** What a start works with; `stack` ends the nodes that are put into it, and at last removes the folder of a test. */
export interface Setting {
  readonly folder: string;
  readonly ports: readonly number[];
  readonly place: Place | undefined;
  readonly stack: AsyncDisposableStack;
}

/**
 * Gives a start a folder and free ports of its own, or the place asked for; nothing is left running if it fails. Tries
 * other ports when somebody took one meanwhile. What is returned must dispose of the stack given with it.
 */
export async function inPlace<T>(
  options: { name: string; portCount: number; place: Place | undefined },
  start: (setting: Setting) => Promise<(stack: AsyncDisposableStack) => T>,
): Promise<T> {
  const { name, portCount, place } = options;
  for (let tries = 1; ; tries += 1) {
    await using stack = new AsyncDisposableStack();
    const folder = place?.folder ?? (await temporaryFolder(name, stack));
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const ports = place?.ports ?? (await findFreePorts(portCount));
    try {
      const make = await start({ folder, ports, place, stack });
      return make(stack.move());
    } catch (error) {
      const mayTryAgain = place === undefined && tries < PORTS_MAX;
      if (!(error instanceof NodeEndedError && error.portWasTaken && mayTryAgain)) throw error;
    }
  }
}

async function temporaryFolder(name: string, stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `fritzy-${name}-`));
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Starts an engine of one process. */
export async function startSingleNode(
  options: { name: string; portCount: number; place: Place | undefined; scheme: string },
  programOf: (setting: Setting) => NodeProgram,
): Promise<EngineNode & { readonly url: string }> {
  return inPlace(options, async (setting) => {
    const { node, ready } = startNode(programOf(setting));
    setting.stack.use(node);
    await ready;
    return (stack) => ({
      url: `${options.scheme}://${HOST}:${node.port}`,
      port: node.port,
      get pid() {
        return node.pid;
      },
      kill: node.kill,
      stop: node.stop,
      start: node.start,
      pause: node.pause,
      resume: node.resume,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    });
  });
}

export interface JavaOptions {
  readonly place?: Place;
  /** Writes the engine's class archive when it stops; `make engines` only. */
  readonly archiveTo?: string;
}

/** What every engine's Java is started with: little memory, and a compiler that is done soon. */
export function javaCommand(options: {
  kind: JavaEngine;
  folder: string;
  main: string;
  flags?: readonly string[];
  archiveTo?: string | undefined;
}): { command: string; args: string[] } {
  const java = findJava();
  if ('problem' in java) throw new Error(java.problem);
  const scratch = join(options.folder, 'tmp');
  mkdirSync(scratch, { recursive: true });
  const archive = classArchive(options.kind);
  const args = [
    '-Xms128m',
    '-Xmx384m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    // Another Java than the archive's passes it over.
    '-Xshare:auto',
    ...(existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : []),
    ...(options.archiveTo === undefined ? [] : [`-XX:ArchiveClassesAtExit=${options.archiveTo}`]),
    `-Djava.io.tmpdir=${scratch}`,
    `-Djna.tmpdir=${scratch}`,
    `-XX:ErrorFile=${join(options.folder, 'jvm-error.log')}`,
    `-Dlog4j2.configurationFile=${join(DEFINITIONS, 'log4j2.properties')}`,
    ...(options.flags ?? []),
    '-cp',
    classPath(options.kind),
    options.main,
  ];
  return { command: java.path, args };
}
