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
/** Long enough for a machine that starts several engines at the same time. */
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 60_000;
const PROBE_TIMEOUT_MS = 5_000;
/** Another process can take a free port before the engine binds it. More attempts than this point to another error. */
const START_ATTEMPTS_MAX = 3;

/** One process of an engine. Tests can kill it and restart it on the same port with the same data. */
export interface EngineNode extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** Sends SIGKILL; resolves when the process has ended. */
  kill(): Promise<void>;
  /** Sends SIGTERM, and after 60 s SIGKILL; resolves when the process has ended. */
  stop(): Promise<void>;
  /** Restarts it after a kill or stop; resolves when it responds. */
  start(): Promise<void>;
  /** Sends SIGSTOP: the process keeps its connections but does not respond. */
  pause(): void;
  /** Sends SIGCONT. */
  resume(): void;
}

/** The folder and ports of an engine that keeps running after this process, as with `make engines-up`. Unset in tests. */
export interface Place {
  /** The data folder. */
  readonly folder: string;
  /** First the ports for clients, then those for communication between nodes. */
  readonly ports: readonly number[];
  /** Called immediately after each process is spawned, so that every process is recorded. */
  onSpawn(title: string, pid: number): void;
}

export interface NodeProgram {
  /** The name in messages, such as "Kafka broker 1". */
  readonly title: string;
  readonly port: number;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** If set, the engine keeps running when this process ends. */
  readonly place: Place | undefined;
  /** Whether the process with this pid responds, and not another one on its port. May throw if it does not. */
  isReady(pid: number, signal: AbortSignal): Promise<boolean>;
}

/** Starts the process without waiting for it. `ready` rejects with the end of the log if the start fails or times out. */
export function startNode(program: NodeProgram): { node: EngineNode; ready: Promise<void> } {
  let child = spawnNode(program);
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (hasEnded(child)) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    const killTimer = setTimeout(() => void child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(killTimer);
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
      if (!hasEnded(child))
        throw new Error(`${program.title} is running (pid ${pidOf(child)}): kill it first`);
      child = spawnNode(program);
      await waitUntilReady(program, child);
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    // The data of a test is discarded, so an orderly stop is not needed.
    [Symbol.asyncDispose]: kill,
  };
  return { node, ready: waitUntilReady(program, child) };
}

function spawnNode(program: NodeProgram): ChildProcess {
  const log = openSync(program.logFile, 'a', 0o600);
  // If the test is killed, the kernel kills the engine (setpriv of util-linux). The pid stays the same.
  const setpriv = program.place ? undefined : findProgram('setpriv');
  const [command, args] = setpriv
    ? [setpriv, ['--pdeathsig', 'KILL', '--', program.command, ...program.args]]
    : [program.command, program.args];
  try {
    const child = spawn(command, args, {
      cwd: '/',
      env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', ...program.env },
      // In its own process group: Ctrl-C in a terminal reaches only this process.
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
  if (child.pid === undefined) throw new Error(`${child.spawnfile} cannot be started`);
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
      throw new Error(
        `${program.title} did not become ready within ${START_TIMEOUT_MS / 1_000} s: ${endOfLog(program)}`,
        { cause: problem },
      );
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
  if (!existsSync(logFile)) return 'the log is empty';
  return `${readFileSync(logFile, 'utf8').trim().split('\n').slice(-15).join('\n')}\n(log: ${logFile})`;
}

/** The resources of a start. Disposing of `stack` kills its nodes, then removes the folder of a test. */
export interface StartContext {
  readonly folder: string;
  readonly ports: readonly number[];
  readonly place: Place | undefined;
  readonly stack: AsyncDisposableStack;
}

/**
 * Calls `start` with a temporary folder and free ports, or with those of `place`. Retries with other ports if a port was
 * taken. Stops all nodes if the start fails. The result must dispose of the stack that the returned function receives.
 */
export async function startInFolder<T>(
  options: { name: string; portCount: number; place: Place | undefined },
  start: (context: StartContext) => Promise<(stack: AsyncDisposableStack) => T>,
): Promise<T> {
  const { name, portCount, place } = options;
  for (let attempt = 1; ; attempt += 1) {
    await using stack = new AsyncDisposableStack();
    const folder = place?.folder ?? (await temporaryFolder(name, stack));
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const ports = place?.ports ?? (await findFreePorts(portCount));
    try {
      const make = await start({ folder, ports, place, stack });
      return make(stack.move());
    } catch (error) {
      const mayRetry = place === undefined && attempt < START_ATTEMPTS_MAX;
      if (!(error instanceof NodeEndedError && error.portWasTaken && mayRetry)) throw error;
    }
  }
}

async function temporaryFolder(name: string, stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `fritzy-${name}-`));
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Starts an engine that consists of one process. */
export async function startSingleNode(
  options: { name: string; portCount: number; place: Place | undefined; scheme: string },
  programOf: (context: StartContext) => NodeProgram,
): Promise<EngineNode & { readonly url: string }> {
  return startInFolder(options, async (context) => {
    const { node, ready } = startNode(programOf(context));
    context.stack.use(node);
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
  /** The file to which the engine writes its class archive when it stops. Only for `make engines`. */
  readonly archiveTo?: string;
}

/** The Java command of an engine, with a small heap and only the fast compiler. */
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
    // A Java version other than that of the archive ignores the archive.
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
