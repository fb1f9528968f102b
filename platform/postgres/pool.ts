import type { Socket } from 'node:net';
import pg from 'pg';
import { deadlineExceeded } from '#platform/call.ts';
import { AppError } from '#platform/errors.ts';
import { POOL_DEFAULTS, type PoolSettings } from '#platform/postgres/pool-settings.ts';
import type { Telemetry } from '#platform/telemetry.ts';

/** One SQL statement: the name is its prepared name, its label in metrics and its line in the golden tests. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

export interface Queryable {
  /**
   * The rows. A fired `signal` cancels the statement in the server; the promise then rejects with its reason, at the
   * latest after CANCEL_TIMEOUT_MS, also if the server has vanished.
   */
  query<R extends object>(
    statement: Statement,
    values: readonly unknown[],
    signal?: AbortSignal,
  ): Promise<R[]>;
}

export interface Database extends Queryable, AsyncDisposable {
  /** Runs `work` in one transaction on one connection: all of it or nothing. */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /** One connection for as long as `work` lasts: for session locks. The connection is closed afterwards. */
  session<T>(work: (session: Queryable) => Promise<T>): Promise<T>;
  /** Rejects if the database does not answer. */
  ping(): Promise<void>;
}

export interface DatabaseOptions extends PoolSettings {
  readonly url: string;
  /** The label db_namespace, e.g. `order`. */
  readonly name: string;
  readonly telemetry: Telemetry;
  /** Sees each statement before it is sent: the golden tests record them. */
  readonly onQuery?: (statement: Statement) => void;
  /** Server settings of each connection, e.g. `{ 'pg_trgm.word_similarity_threshold': '0.5' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** How much later than the server's own deadline the connection to a server that says nothing at all is given up. */
const SILENT_MS = 5_000;
/** How long cancelling may take; then the connection is given up instead. */
const CANCEL_TIMEOUT_MS = 2_000;
/** An idle connection is probed after so long: what lies between may have forgotten it. */
const KEEP_ALIVE_MS = 10_000;
/** Callers that may wait for a free connection; one more is refused. */
const WAITING_MAX = 5_000;

const INT8 = 20;
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? BigInt : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/**
 * A pool of connections to one database, which are opened when they are needed. Its statements throw UNAVAILABLE,
 * RESOURCE_EXHAUSTED and DEADLINE_EXCEEDED; what PostgreSQL refuses is thrown as it says it.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const { connectionsMax, waitTimeoutMs, statementTimeoutMs } = { ...POOL_DEFAULTS, ...options };
  const pool = new pg.Pool({
    connectionString: options.url,
    max: connectionsMax,
    connectionTimeoutMillis: waitTimeoutMs,
    idleTimeoutMillis: 30_000,
    statement_timeout: statementTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    application_name: `fritzy-${options.name}`,
    types,
    options: Object.entries(options.settings ?? {})
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  });
  // A connection that breaks while idle is replaced by the pool; whoever needs one next sees if that fails.
  pool.on('error', () => {});
  // The server may end a connection in the bytes that open it: then it is lost before `withClient` can listen, and an
  // error event without a listener ends the process. The first statement on it fails.
  pool.on('connect', (client) => void client.on('error', () => {}));

  async function withClient<T>(work: (client: pg.PoolClient) => Promise<T>, closeAfter: boolean): Promise<T> {
    if (pool.waitingCount >= WAITING_MAX) {
      throw overloaded();
    }
    let client: pg.PoolClient;
    try {
      client = await pool.connect();
    } catch (error) {
      throw isStillWaiting(error) ? overloaded(error) : unavailable(error);
    }
    let broken = closeAfter;
    // A lost connection is also an event of the client, which ends the process if nobody listens.
    const onLost = (): void => void (broken = true);
    client.on('error', onLost);
    try {
      return await work(client);
    } catch (error) {
      broken ||= error instanceof AppError ? error.reason === 'UNAVAILABLE' : sqlState(error) === undefined;
      throw error;
    } finally {
      client.off('error', onLost);
      client.release(broken || isGivenUp(client));
    }
  }

  /**
   * A server that vanishes without closing the connection never answers. pg's own query_timeout would leave the
   * statement at the head of the client's queue, with everything after it, ROLLBACK too, behind it.
   */
  async function answerOf<R extends object>(
    client: pg.PoolClient,
    query: pg.QueryConfig,
  ): Promise<pg.QueryResult<R>> {
    const late = setTimeout(giveUp, statementTimeoutMs + SILENT_MS, client);
    try {
      return await client.query<R>(query);
    } finally {
      clearTimeout(late);
    }
  }

  async function send<R extends object>(
    client: pg.PoolClient,
    statement: Statement,
    values: readonly unknown[],
    signal?: AbortSignal,
  ): Promise<pg.QueryResult<R>> {
    signal?.throwIfAborted();
    options.onQuery?.(statement);
    const startedMs = performance.now();
    let cancelling: Promise<unknown> | undefined;
    let late: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      late = setTimeout(giveUp, CANCEL_TIMEOUT_MS, client);
      cancelling = cancelBackend(options.url, client).catch(() => giveUp(client));
    };
    signal?.addEventListener('abort', cancel, { once: true });
    let errorType = '';
    try {
      return await answerOf<R>(client, { ...statement, values: [...values] });
    } catch (error) {
      errorType = sqlState(error) ?? 'connection';
      throw translate(error, signal);
    } finally {
      signal?.removeEventListener('abort', cancel);
      // Only then may the connection serve another statement: a late cancel must not hit that one.
      await cancelling;
      clearTimeout(late);
      options.telemetry.sqlDuration.observe(startedMs, options.name, statement.name, errorType);
    }
  }

  const queryable = (client: pg.PoolClient): Queryable => ({
    query: async <R extends object>(...args: [Statement, readonly unknown[], AbortSignal?]) =>
      (await send<R>(client, ...args)).rows,
  });

  return {
    query: (statement, values, signal) =>
      withClient((client) => queryable(client).query(statement, values, signal), false),
    transaction: (work) =>
      withClient(async (client) => {
        const tx = queryable(client);
        await tx.query(BEGIN, []);
        try {
          const result = await work(tx);
          // The server answers ROLLBACK, and no error, if a statement failed and `work` passed over it.
          const { command } = await send(client, COMMIT, []);
          if (command !== 'COMMIT') throw new Error('nothing was committed: a statement had failed');
          return result;
        } catch (error) {
          await answerOf(client, { text: 'ROLLBACK' }).catch(() => {});
          throw error;
        }
      }, false),
    session: (work) => withClient((client) => work(queryable(client)), true),
    ping: () => withClient(async (client) => void (await send(client, PING, [])), false),
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

const PING: Statement = { name: 'ping', text: 'SELECT 1' };
const BEGIN: Statement = { name: 'begin', text: 'BEGIN' };
const COMMIT: Statement = { name: 'commit', text: 'COMMIT' };

/** Rejects if that fails or takes longer than CANCEL_TIMEOUT_MS. */
async function cancelBackend(url: string, client: pg.PoolClient): Promise<void> {
  const { processID } = client as unknown as { processID: number };
  const other = new pg.Client({ connectionString: url });
  other.on('error', () => {});
  const late = setTimeout(giveUp, CANCEL_TIMEOUT_MS, other);
  try {
    await other.connect();
    await other.query('SELECT pg_cancel_backend($1)', [processID]);
  } finally {
    await other.end().catch(() => {});
    clearTimeout(late);
  }
}

/** Whatever waits for the client's server rejects as for any lost connection. */
function giveUp(client: pg.ClientBase): void {
  socketOf(client).destroy();
}

function isGivenUp(client: pg.ClientBase): boolean {
  return socketOf(client).destroyed;
}

function socketOf(client: pg.ClientBase): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}

/** The five characters that PostgreSQL gives with an error, e.g. 23505; undefined for anything but a server's error. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** True if the server refused the statement, so that certainly nothing of it was done. */
export function wasRefused(error: unknown): boolean {
  return sqlState(error) !== undefined;
}

/** Classes of SQLSTATE that mean "not now": connection, resources, shutdown (appendix A of PostgreSQL's manual). */
const NOT_NOW = /^(08|53|57P)/;
const QUERY_CANCELED = '57014';

function translate(error: unknown, signal: AbortSignal | undefined): unknown {
  const state = sqlState(error);
  const isLost = state === undefined && isConnectionLoss(error);
  if (signal?.aborted && (isLost || state === QUERY_CANCELED)) return signal.reason;
  if (state === QUERY_CANCELED) return deadlineExceeded();
  if (isLost || (state !== undefined && NOT_NOW.test(state))) return unavailable(error);
  return error;
}

/** What pg throws when the socket is gone; anything else without a SQLSTATE is a bug of ours. */
function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    ('code' in error && 'syscall' in error) ||
    /^(Connection|Client) (terminated|was closed|has encountered)/.test(error.message)
  );
}

/** What pg-pool throws when no connection became free in time; that one cannot be made is told otherwise. */
function isStillWaiting(error: unknown): boolean {
  return error instanceof Error && error.message === 'timeout exceeded when trying to connect';
}

function overloaded(cause?: unknown): AppError {
  return new AppError('RESOURCE_EXHAUSTED', 'The database is overloaded. Try again in a moment.', { cause });
}

function unavailable(error: unknown): AppError {
  return new AppError('UNAVAILABLE', 'The database cannot be reached. Try again in a moment.', {
    cause: error,
  });
}
