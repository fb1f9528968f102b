import { connect } from 'node:net';
import { setTimeout as rest } from 'node:timers/promises';
import { DATABASES } from '#cmd/fritzy/databases.ts';
import type { Environment } from '#platform/config.ts';
import { StartError } from '#platform/errors.ts';
import { brokersOf } from '#platform/events/events-url.ts';
import { addressOf } from '#platform/grpc-url.ts';

/** What no service can start without: looked for before the services are, so that one line says what is missing. */
const NEEDED: readonly string[] = [...DATABASES.keys()];
/** What the shop can run without: it is named only together with a missing engine above. */
const USED = ['SEARCH_URL', 'CACHE_URL'] as const;
/** How long an engine that has just been started may take to listen. */
const WAIT_MS = 5_000;
const POLL_MS = 200;
const CONNECT_TIMEOUT_MS = 1_000;

/** Throws a StartError if an engine that the services need does not listen; returns early when `stopping` fires. */
export async function requireEngines(env: Environment, stopping: AbortSignal): Promise<void> {
  const deadline = performance.now() + WAIT_MS;
  while (!stopping.aborted) {
    const missing = await unreachable(env, NEEDED);
    if (missing.length === 0) return;
    if (performance.now() > deadline) {
      const all = [...missing, ...(await unreachable(env, USED))];
      throw new StartError(
        `nothing listens on ${all.join(', ')}: start the engines with make engines-up or docker-compose up -d, or set these to engines of your own.`,
      );
    }
    await rest(POLL_MS);
  }
}

/** The settings whose engine cannot be reached, each with its addresses. What is not set is left to the services. */
async function unreachable(env: Environment, names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    names.map(async (name) => {
      const addresses = listenersOf(env[name] ?? '');
      const answers = await Promise.all(addresses.map(isListening));
      return answers.some(Boolean) || addresses.length === 0 ? [] : [`${addresses.join(',')} (${name})`];
    }),
  );
  return found.flat();
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = {
  'postgres:': '5432',
  'postgresql:': '5432',
  'redis:': '6379',
  'rediss:': '6379',
  'http:': '80',
  'https:': '443',
};

/** The `host:port` of each listener that the URL names, of which one is enough; none for postgres: and memory:. */
function listenersOf(url: string): string[] {
  const brokers = brokersOf(url);
  if (brokers.length > 0) return brokers;
  if (!URL.canParse(url)) return [];
  const { hostname, port, protocol } = new URL(url);
  return hostname === '' ? [] : [`${hostname}:${port || (DEFAULT_PORTS[protocol] ?? '')}`];
}

function isListening(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...addressOf(address), timeout: CONNECT_TIMEOUT_MS });
    const settle = (listens: boolean): void => {
      socket.destroy();
      resolve(listens);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('timeout', () => settle(false));
  });
}
