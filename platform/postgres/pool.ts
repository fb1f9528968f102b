import type { Socket } from 'node:net';
import pg from 'pg';
import { deadlineExceeded } from '#platform/call.ts';
import { AppError } from '#platform/errors.ts';
import { encodeArray } from '#platform/postgres/array-literal.ts';
import { POOL_DEFAULTS, type PoolSettings } from '#platform/postgres/pool-settings.ts';
import type { Telemetry } from '#platform/telemetry.ts';

/**
 * An SQL statement. The name identifies the prepared statement and is its label in metrics and its line in the golden
 * tests.
 */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

export interface Queryable {
  /**
   * Returns the rows. When `signal` fires, the statement is cancelled in the server and the promise rejects with the
   * signal's reason after CANCEL_TIMEOUT_MS at the latest, even if the server has vanished.
   */
  query<R extends object>(
    statement: Statement,
    values: readonly unknown[],
    signal?: AbortSignal,
  ): Promise<R[]>;
}

export interface Database extends Queryable, AsyncDisposable {
  /** Runs `work` in a transaction on one connection. */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /** Runs `work` on one connection, which is closed afterwards. For session locks. */
  session<T>(work: (session: Queryable) => Promise<T>): Promise<T>;
  /** Rejects if the database does not answer. */
  ping(): Promise<void>;
}

export interface DatabaseOptions extends PoolSettings {
  readonly url: string;
  /** The label db_namespace, e.g. `order`. */
  readonly name: string;
  readonly telemetry: Telemetry;
  /** Called with each statement before it is sent, for the golden tests. */
  readonly onQuery?: (statement: Statement) => void;
  /** Server settings of each connection, e.g. `{ 'pg_trgm.word_similarity_threshold': '0.5' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The time after the server's statement timeout at which the connection to an unresponsive server is closed. */
const UNRESPONSIVE_MS = 5_000;
/** The timeout of a cancellation; after it the connection is closed instead. */
const CANCEL_TIMEOUT_MS = 2_000;
/** The interval of TCP keepalives: a NAT or firewall may have dropped an idle connection. */
const KEEP_ALIVE_MS = 10_000;
/** Maximum callers that wait for a free connection; further ones are rejected. */
const WAITING_MAX = 5_000;

const INT8 = 20;
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? BigInt : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/**
 * A pool of connections to one database, opened on demand. Statements throw UNAVAILABLE, RESOURCE_EXHAUSTED and
 * DEADLINE_EXCEEDED; other errors of PostgreSQL are thrown unchanged.
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
  // The pool replaces a connection that breaks while idle. If that fails, the next caller gets the error.
  pool.on('error', () => {});
  // The server may close a connection in the same bytes that open it. It is then lost before `withClient` can add a
  // listener, and an error event without a listener ends the process. The first statement on it fails.
  pool.on('connect', (client) => void client.on('error', () => {}));

  async function withClient<T>(work: (client: pg.PoolClient) => Promise<T>, closeAfter: boolean): Promise<T> {
    if (pool.waitingCount >= WAITING_MAX) {
      throw overloaded();
    }
    let client: pg.PoolClient;
    try {
      client = await pool.connect();
    } catch (error) {
      throw isWaitTimeout(error) ? overloaded(error) : unavailable(error);
    }
    let broken = closeAfter;
    // A lost connection also emits an error event, which ends the process without a listener.
    const onLost = (): void => void (broken = true);
    client.on('error', onLost);
    try {
      return await work(client);
    } catch (error) {
      broken ||= error instanceof AppError ? error.reason === 'UNAVAILABLE' : sqlState(error) === undefined;
      throw error;
    } finally {
      client.off('error', onLost);
      client.release(broken || isDestroyed(client));
    }
  }

  /**
   * Closes the connection if the server does not respond in time, because a server that vanishes without closing the
   * connection never does. pg's own query_timeout would leave the statement at the head of the client's queue and block
   * all later ones, including ROLLBACK.
   */
  async function queryWithTimeout<R extends object>(
    client: pg.PoolClient,
    query: pg.QueryConfig,
  ): Promise<pg.QueryResult<R>> {
    const timer = setTimeout(destroySocket, statementTimeoutMs + UNRESPONSIVE_MS, client);
    try {
      return await client.query<R>(query);
    } finally {
      clearTimeout(timer);
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
    let timer: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      timer = setTimeout(destroySocket, CANCEL_TIMEOUT_MS, client);
      cancelling = cancelBackend(options.url, client).catch(() => destroySocket(client));
    };
    signal?.addEventListener('abort', cancel, { once: true });
    let errorType = '';
    try {
      return await queryWithTimeout<R>(client, { ...statement, values: values.map(encodeArray) });
    } catch (error) {
      errorType = sqlState(error) ?? 'connection';
      throw translate(error, signal);
    } finally {
      signal?.removeEventListener('abort', cancel);
      // Wait before the connection is reused: a late cancellation must not hit the next statement.
      await cancelling;
      clearTimeout(timer);
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
          // The server returns ROLLBACK without an error if a statement failed and `work` ignored it.
          const { command } = await send(client, COMMIT, []);
          if (command !== 'COMMIT')
            throw new Error('the transaction was rolled back: a statement had failed');
          return result;
        } catch (error) {
          await queryWithTimeout(client, { text: 'ROLLBACK' }).catch(() => {});
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

/** Rejects if the cancellation fails or takes longer than CANCEL_TIMEOUT_MS. */
async function cancelBackend(url: string, client: pg.PoolClient): Promise<void> {
  const { processID } = client as unknown as { processID: number };
  const other = new pg.Client({ connectionString: url });
  other.on('error', () => {});
  const timer = setTimeout(destroySocket, CANCEL_TIMEOUT_MS, other);
  try {
    await other.connect();
    await other.query('SELECT pg_cancel_backend($1)', [processID]);
  } finally {
    await other.end().catch(() => {});
    clearTimeout(timer);
  }
}

/** Closes the connection; pending statements reject as for any lost connection. */
function destroySocket(client: pg.ClientBase): void {
  socketOf(client).destroy();
}

function isDestroyed(client: pg.ClientBase): boolean {
  return socketOf(client).destroyed;
}

function socketOf(client: pg.ClientBase): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}

/** The SQLSTATE of a PostgreSQL error, e.g. 23505; undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** Whether the server rejected the statement, so that it certainly had no effect. */
export function wasRefused(error: unknown): boolean {
  return sqlState(error) !== undefined;
}

/**
 * Classes of SQLSTATE that mean a temporary failure: connection, resources, shutdown (appendix A of the PostgreSQL
 * manual).
 */
const TEMPORARY_FAILURE = /^(08|53|57P)/;
const QUERY_CANCELED = '57014';

function translate(error: unknown, signal: AbortSignal | undefined): unknown {
  const state = sqlState(error);
  const isLost = state === undefined && isConnectionLoss(error);
  if (signal?.aborted && (isLost || state === QUERY_CANCELED)) return signal.reason;
  if (state === QUERY_CANCELED) return deadlineExceeded();
  if (isLost || (state !== undefined && TEMPORARY_FAILURE.test(state))) return unavailable(error);
  return error;
}

/** Whether pg threw the error because the connection was lost; any other error without a SQLSTATE is a bug. */
function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    ('code' in error && 'syscall' in error) ||
    /^(Connection|Client) (terminated|was closed|has encountered)/.test(error.message)
  );
}

/**
 * Whether pg-pool threw the error because no connection became free in time; a failed connection attempt has another
 * message.
 */
function isWaitTimeout(error: unknown): boolean {
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
