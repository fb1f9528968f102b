import { createClient, ErrorReply, RESP_TYPES } from 'redis';
import type { CacheMetrics } from '#platform/cache/metrics.ts';
import { messageOf, StartError } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';

/** Commands in flight; further commands are not sent. */
const COMMANDS_MAX = 512;
/** The connection is closed if nothing arrives for this long. Redis answers a PING every PING_INTERVAL_MS. */
const SILENT_MS_MAX = 2_000;
const PING_INTERVAL_MS = 500;
const CONNECT_TIMEOUT_MS = 1_000;
/** The backoff between connection attempts doubles from the first value to the second. */
const RECONNECT_MS_MIN = 100;
const RECONNECT_MS_MAX = 2_000;

/** Commands that return strings as bytes. */
export type RedisCommands = ReturnType<typeof newClient>['commands'];

/**
 * A connection to Redis that never blocks its callers. While it is down, commands fail immediately and the client
 * reconnects in the background without limit. A command that exceeds its timeout counts as failed; until its reply
 * arrives, no further command is sent. A connection that is silent for SILENT_MS_MAX is closed.
 */
export interface RedisConnection extends AsyncDisposable {
  /** Resolves with undefined if the command was not sent, failed or took longer than `timeoutMs`. Never rejects. */
  run<R>(timeoutMs: number, command: (commands: RedisCommands) => Promise<R>): Promise<R | undefined>;
  /** The current connection; undefined while there is none. Another connection may lead to another Redis server. */
  readonly current: unknown;
}

export interface RedisDeps {
  readonly logger: Logger;
  readonly metrics: CacheMetrics;
}

/** Throws StartError for an invalid URL. */
export function openRedis(url: string, { logger, metrics }: RedisDeps): RedisConnection {
  const { client, commands } = newClient(url);
  let connection: object | undefined;
  let isLost = false;
  let isRejectionLogged = false;
  let overdue = 0;

  client.on('ready', () => {
    connection = {};
    isRejectionLogged = false;
    metrics.redisUp.labels('redis').set(1);
    if (isLost) logger.info('connected to Redis again; using the shared cache');
    isLost = false;
  });
  // Emitted once for a lost connection and once for each failed attempt.
  client.on('error', (error: unknown) => {
    if (client.isReady) return;
    connection = undefined;
    metrics.redisUp.labels('redis').set(0);
    if (!isLost) logger.warn({ err: error }, 'lost the connection to Redis; using only the cache in memory');
    isLost = true;
  });
  // Rejects only after `destroy`: until then the client reconnects.
  client.connect().catch(() => {});

  function noteError(error: unknown): void {
    metrics.redisFailures.labels('error').inc();
    // A lost connection is logged once, not once per command.
    if (!(error instanceof ErrorReply) || isRejectionLogged) return;
    isRejectionLogged = true;
    logger.warn({ err: error }, 'Redis rejected a cache command; further rejections are not logged');
  }

  function send<R>(timeoutMs: number, answer: Promise<R>): Promise<R | undefined> {
    return new Promise((resolve) => {
      let isAnswered = false;
      let isOverdue = false;
      // Waits for one more turn of the event loop: a reply that arrived while this process was busy is still in the socket.
      const timer = setTimeout(setImmediate, timeoutMs, () => {
        if (isAnswered) return;
        isOverdue = true;
        overdue += 1;
        metrics.redisFailures.labels('timeout').inc();
        resolve(undefined);
      });
      answer
        .then(resolve, (error: unknown) => {
          noteError(error);
          resolve(undefined);
        })
        .finally(() => {
          isAnswered = true;
          clearTimeout(timer);
          if (isOverdue) overdue -= 1;
        });
    });
  }

  return {
    get current() {
      return connection;
    },
    async run(timeoutMs, command) {
      if (!connection) return undefined;
      if (overdue === 0) return send(timeoutMs, command(commands));
      metrics.redisFailures.labels('busy').inc();
      return undefined;
    },
    async [Symbol.asyncDispose]() {
      connection = undefined;
      client.destroy();
    },
  };
}

function newClient(url: string) {
  try {
    const client = createClient({
      url,
      socket: {
        connectTimeout: CONNECT_TIMEOUT_MS,
        socketTimeout: SILENT_MS_MAX,
        reconnectStrategy: (retries) => Math.min(RECONNECT_MS_MIN * 2 ** retries, RECONNECT_MS_MAX),
      },
      pingInterval: PING_INTERVAL_MS,
      commandsQueueMaxLength: COMMANDS_MAX,
      disableOfflineQueue: true,
      maintNotifications: 'disabled',
      // The client's own timeout covers only the time until a command is written; `run` has its own.
      commandOptions: { timeout: 0 },
    });
    return { client, commands: client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }) };
  } catch (error) {
    throw new StartError(`the Redis URL is invalid: ${messageOf(error)}.`);
  }
}
