import { wholeNumber, type CleanedEnv } from '#platform/config.ts';

/** The limits of a connection pool; defaults are in POOL_DEFAULTS. */
export interface PoolSettings {
  readonly connectionsMax?: number;
  /** The maximum wait for a connection. */
  readonly waitTimeoutMs?: number;
  /** The statement timeout of the server: a last resort after deadlines and cancellation. */
  readonly statementTimeoutMs?: number;
}

export const POOL_DEFAULTS = {
  connectionsMax: 10,
  waitTimeoutMs: 5_000,
  statementTimeoutMs: 30_000,
} as const satisfies PoolSettings;

/** The settings of the connection pools of a program. */
export const poolSettings = {
  DATABASE_CONNECTIONS_MAX: wholeNumber(
    1,
    1_000,
  )({
    default: POOL_DEFAULTS.connectionsMax,
    desc: 'The maximum number of connections of a pool; a service has one pool for requests and one for background work.',
  }),
  DATABASE_WAIT_TIMEOUT_MS: wholeNumber(
    100,
    60_000,
  )({
    default: POOL_DEFAULTS.waitTimeoutMs,
    desc: 'The maximum time that a request waits for a connection to a database, in milliseconds.',
  }),
  DATABASE_STATEMENT_TIMEOUT_MS: wholeNumber(
    100,
    600_000,
  )({
    default: POOL_DEFAULTS.statementTimeoutMs,
    desc: 'The time limit of a statement in PostgreSQL, in milliseconds.',
  }),
};

/** Converts the settings to PoolSettings. */
export function poolConfig(config: CleanedEnv<typeof poolSettings>): PoolSettings {
  return {
    connectionsMax: config.DATABASE_CONNECTIONS_MAX,
    waitTimeoutMs: config.DATABASE_WAIT_TIMEOUT_MS,
    statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
  };
}
