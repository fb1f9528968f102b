import { setTimeout as delay } from 'node:timers/promises';
import { createClient, ErrorReply, RESP_TYPES } from 'redis';
import type { CacheMetrics } from '#platform/cache/metrics.ts';
import { messageOf, StartError } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';

/** Commands that may wait for Redis; one more is not sent. */
const PENDING_MAX = 256;
/** How long Redis may leave a command unanswered before the connection is given up. */
const STALLED_MS_MAX = 1_000;
const CONNECT_TIMEOUT_MS = 1_000;
/** The rest before the next attempt to connect doubles from the first to the second. */
const BACKOFF_MS = 100;
const BACKOFF_MS_MAX = 2_000;
/** A connection that lasted this long was a good one: the next rest is short again. */
const LASTED_MS = 5_000;

/** Commands that answer strings as bytes. */
export type RedisCommands = ReturnType<typeof newClient>['commands'];

/**
 * A connection to Redis that nobody has to wait for. A command that is not answered in time counts as failed; while
 * one is overdue none is sent, and after STALLED_MS_MAX the connection is given up. While there is none, commands fail
 * at once and it is opened anew in the background, for ever.
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
  checkUrl(url);
  const stopping = new AbortController();
  let commands: RedisCommands | undefined;
  let giveUp: ((reason: Error) => void) | undefined;
  let pending = 0;
  let overdue = 0;
  let stalled: NodeJS.Timeout | undefined;
  let toldOfError = false;

  async function keepConnected(): Promise<void> {
    let restMs = BACKOFF_MS;
    let up: boolean | undefined;
    while (!stopping.signal.aborted) {
      const startedMs = performance.now();
      const reason = await connectOnce(() => {
        if (up === false) logger.info('the shared cache in Redis is back');
        up = true;
      });
      if (stopping.signal.aborted) return;
      if (up !== false)
        logger.warn({ err: reason }, 'the shared cache in Redis is gone: each process has its own');
      up = false;
      if (performance.now() - startedMs > LASTED_MS) restMs = BACKOFF_MS;
      await delay(restMs, undefined, { signal: stopping.signal }).catch(() => {});
      restMs = Math.min(restMs * 2, BACKOFF_MS_MAX);
    }
  }

  /** Resolves with the reason when the connection has ended or could not be made. */
  async function connectOnce(connected: () => void): Promise<unknown> {
    const ended = Promise.withResolvers<unknown>();
    const { client, commands: its } = newClient(url);
    client.on('error', ended.resolve);
    client.on('end', () => ended.resolve(new Error('the connection was closed')));
    stopping.signal.addEventListener('abort', ended.resolve, { once: true });
    const late = setTimeout(
      () => ended.resolve(new Error('connecting took too long')),
      2 * CONNECT_TIMEOUT_MS,
    );
    client.connect().then(() => {
      clearTimeout(late);
      commands = its;
      giveUp = ended.resolve;
      toldOfError = false;
      metrics.redisUp.labels('redis').set(1);
      connected();
    }, ended.resolve);
    const reason = await ended.promise;
    clearTimeout(late);
    stopping.signal.removeEventListener('abort', ended.resolve);
    commands = undefined;
    metrics.redisUp.labels('redis').set(0);
    // Rejects what still waits for an answer.
    client.destroy();
    return reason;
  }

  function noteOverdue(): void {
    overdue += 1;
    const left = giveUp;
    stalled ??= setTimeout(
      () => left?.(new Error(`a command got no answer for ${STALLED_MS_MAX} ms`)),
      STALLED_MS_MAX,
    );
  }

  function noteLateAnswer(): void {
    overdue -= 1;
    if (overdue > 0) return;
    clearTimeout(stalled);
    stalled = undefined;
  }

  function noteError(error: unknown): void {
    metrics.redisFailures.labels('error').inc();
    // What a lost connection does to its commands is told once, by the connection.
    if (!(error instanceof ErrorReply) || toldOfError) return;
    toldOfError = true;
    logger.warn({ err: error }, 'Redis refused a command of the cache; more of that is not logged');
  }

  function send<R>(
    its: RedisCommands,
    timeoutMs: number,
    command: (commands: RedisCommands) => Promise<R>,
  ): Promise<R | undefined> {
    return new Promise((resolve) => {
      let answered = false;
      let late = false;
      // A turn later: an answer that has come while this process was busy lies in the socket.
      const timer = setTimeout(setImmediate, timeoutMs, () => {
        if (answered) return;
        late = true;
        metrics.redisFailures.labels('timeout').inc();
        noteOverdue();
        resolve(undefined);
      });
      pending += 1;
      command(its)
        .then(resolve, (error: unknown) => {
          noteError(error);
          resolve(undefined);
        })
        .finally(() => {
          answered = true;
          pending -= 1;
          clearTimeout(timer);
          if (late) noteLateAnswer();
        });
    });
  }

  const stopped = keepConnected();
  return {
    get current() {
      return commands;
    },
    async run(timeoutMs, command) {
      if (!commands) return undefined;
      if (overdue === 0 && pending < PENDING_MAX) return send(commands, timeoutMs, command);
      metrics.redisFailures.labels('busy').inc();
      return undefined;
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await stopped;
      clearTimeout(stalled);
    },
  };
}

function checkUrl(url: string): void {
  try {
    newClient(url).client.destroy();
  } catch (error) {
    throw new StartError(`the URL of Redis cannot be used: ${messageOf(error)}.`);
  }
}

function newClient(url: string) {
  const client = createClient({
    url,
    // Connecting anew is done above, where its bounds are.
    socket: { connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: false },
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    // The deadline is ours: the client's own ends when a command is sent.
    commandOptions: { timeout: 0 },
  });
  return { client, commands: client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }) };
}
