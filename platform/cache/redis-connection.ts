import { createClient, ErrorReply, RESP_TYPES } from 'redis';
import type { CacheMetrics } from '#platform/cache/metrics.ts';
import { messageOf, StartError } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';

/** Commands in flight; a further one is not sent. */
const COMMANDS_MAX = 512;
/** How long Redis may be silent, which it is not as long as it answers a PING per PING_INTERVAL_MS. */
const SILENT_MS_MAX = 2_000;
const PING_INTERVAL_MS = 500;
const CONNECT_TIMEOUT_MS = 1_000;
/** The pause before the next attempt to connect doubles from the first to the second. */
const RECONNECT_MS_MIN = 100;
const RECONNECT_MS_MAX = 2_000;

/** Commands that answer strings as bytes. */
export type RedisCommands = ReturnType<typeof newClient>['commands'];

/**
 * A connection to Redis for which nobody waits: while there is none, commands fail at once, and the client reconnects in
 * the background without limit. A command that is not answered in time counts as failed; while one is overdue none is
 * sent, and a connection that is silent for SILENT_MS_MAX is closed.
 */
export interface RedisConnection extends AsyncDisposable {
  /** Undefined if the command was not sent, failed or took longer than `timeoutMs`. Never rejects. */
  run<R>(timeoutMs: number, command: (commands: RedisCommands) => Promise<R>): Promise<R | undefined>;
  /** The connection in use, undefined while there is none: another one may lead to another Redis. */
  readonly current: unknown;
}

export interface RedisDeps {
  readonly logger: Logger;
  readonly metrics: CacheMetrics;
}

/** Throws StartError for a URL that it cannot use. */
export function openRedis(url: string, { logger, metrics }: RedisDeps): RedisConnection {
  const { client, commands } = newClient(url);
  let connection: object | undefined;
  let isLost = false;
  let isRefusalLogged = false;
  let overdue = 0;

  client.on('ready', () => {
    connection = {};
    isRefusalLogged = false;
    metrics.redisUp.labels('redis').set(1);
    if (isLost) logger.info('the shared cache in Redis is back');
    isLost = false;
  });
  // Once for a lost connection, and once for each attempt that fails.
  client.on('error', (error: unknown) => {
    if (client.isReady) return;
    connection = undefined;
    metrics.redisUp.labels('redis').set(0);
    if (!isLost) logger.warn({ err: error }, 'the shared cache in Redis is gone: each process has its own');
    isLost = true;
  });
  // Rejects only after `destroy`: until then the client reconnects.
  client.connect().catch(() => {});

  function noteError(error: unknown): void {
    metrics.redisFailures.labels('error').inc();
    // The loss of a connection is logged once, not once per command.
    if (!(error instanceof ErrorReply) || isRefusalLogged) return;
    isRefusalLogged = true;
    logger.warn({ err: error }, 'Redis refused a command of the cache; more of that is not logged');
  }

  function send<R>(timeoutMs: number, answer: Promise<R>): Promise<R | undefined> {
    return new Promise((resolve) => {
      let isAnswered = false;
      let isOverdue = false;
      // A turn later: an answer that has come while this process was busy is still in the socket.
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
      // The client's own deadline ends when a command is written, so that of `run` remains.
      commandOptions: { timeout: 0 },
    });
    return { client, commands: client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }) };
  } catch (error) {
    throw new StartError(`the URL of Redis cannot be used: ${messageOf(error)}.`);
  }
}
