import { type commonSettings, oneOf, str, urlOf, wholeNumber, type CleanedEnv } from '#platform/config.ts';
import { eventsUrl } from '#platform/events/events-url.ts';
import { grpcUrl } from '#platform/grpc-url.ts';

/** The settings of the gateway. */
export const gatewaySettings = {
  HOST: str({
    default: '127.0.0.1',
    desc: 'The address on which the API answers; 0.0.0.0 for all of this machine.',
  }),
  PORT: wholeNumber(
    0,
    65_535,
  )({ default: 8_000, desc: 'The port on which the API answers; 0 for any free one.' }),
  CURRENCY: oneOf(...Intl.supportedValuesOf('currency'))({
    default: 'USD',
    desc: 'The ISO 4217 currency of all amounts. Never change it once there are prices.',
  }),
  REQUEST_TIMEOUT_MS: wholeNumber(
    100,
    60_000,
  )({ default: 10_000, desc: 'How long a request may take, in milliseconds.' }),
  CACHE_URL: urlOf(
    'redis',
    'rediss',
    'memory',
  )({
    default: 'memory:',
    desc: 'Where gateways share what they cache: redis://host:port, or memory: for each its own.',
  }),
  CACHE_ENTRIES_MAX: wholeNumber(
    1,
    10_000_000,
  )({ default: 20_000, desc: 'How many accounts, and how many products, are cached in memory.' }),
  CACHE_MB_MAX: wholeNumber(
    1,
    100_000,
  )({ default: 64, desc: 'How many megabytes of memory either of these caches may take.' }),
};

export interface GatewayConfig {
  readonly host: string;
  readonly port: number;
  readonly currency: string;
  readonly requestTimeoutMs: number;
  readonly playground: boolean;
  readonly cache: {
    /** `memory:`, `redis://…` or `rediss://…`. */
    readonly url: string;
    readonly entriesMax: number;
    readonly bytesMax: number;
  };
}

/** The gateway's part of a program's settings. */
export function gatewayConfig(
  config: CleanedEnv<typeof gatewaySettings & typeof commonSettings>,
): GatewayConfig {
  return {
    host: config.HOST,
    port: config.PORT,
    currency: config.CURRENCY,
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    playground: config.NODE_ENV !== 'production',
    cache: {
      url: config.CACHE_URL,
      entriesMax: config.CACHE_ENTRIES_MAX,
      bytesMax: config.CACHE_MB_MAX * 1_000_000,
    },
  };
}

/** Where the gateway of the distributed shop finds its services. */
export const upstreamSettings = {
  ACCOUNT_URL: grpcUrl({ desc: 'Where the account service listens.' }),
  CATALOG_URL: grpcUrl({ desc: 'Where the catalog service listens.' }),
  ORDER_URL: grpcUrl({ desc: 'Where the order service listens.' }),
  EVENTS_URL: eventsUrl({
    default: undefined,
    desc: 'The event log, which tells what to drop from the cache; unset, changes made elsewhere are seen after 2 s.',
  }),
};
