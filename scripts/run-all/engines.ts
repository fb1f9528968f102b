import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { DATABASES } from '#cmd/fritzy/databases.ts';
import type { Environment } from '#platform/config.ts';
import { StartError } from '#platform/errors.ts';
import { brokersOf } from '#platform/events/events-url.ts';
import { addressOf } from '#platform/grpc-url.ts';

/** Engines without which no service starts. They are checked first, so that one line names all that are missing. */
const REQUIRED: readonly string[] = [...DATABASES.keys()];
/** Engines without which the shop runs. They are reported only together with a missing required engine. */
const OPTIONAL = ['SEARCH_URL', 'CACHE_URL'] as const;
/** The time in which an engine that was just started must listen. */
const WAIT_MS = 5_000;
const POLL_MS = 200;
const CONNECT_TIMEOUT_MS = 1_000;

/** Throws a StartError if a required engine does not listen; returns early when `stopping` aborts. */
export async function requireEngines(env: Environment, stopping: AbortSignal): Promise<void> {
  const deadline = performance.now() + WAIT_MS;
  while (!stopping.aborted) {
    const missing = await unreachable(env, REQUIRED);
    if (missing.length === 0) return;
    if (performance.now() > deadline) {
      const all = [...missing, ...(await unreachable(env, OPTIONAL))];
      throw new StartError(
        `nothing listens on ${all.join(', ')}: start the engines with make engines-up or docker-compose up -d, or set these variables to the URLs of your engines.`,
      );
    }
    await sleep(POLL_MS);
  }
}

/** The settings whose engine cannot be reached, each with its addresses. Unset settings are reported by the services. */
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

/** The `host:port` addresses in the URL, of which one must be reachable; empty for postgres: and memory:. */
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
