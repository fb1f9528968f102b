import { commonSettings, listOf, str, urlOf, wholeNumber, type CleanedEnv } from '#platform/config.ts';
import { currencyOf, currencySettings } from '#platform/currency.ts';
import type { Shop } from '#graphql/shop.ts';
import { UPSTREAMS } from '#graphql/graph/clients.ts';
import { memoryShare } from '#platform/memory.ts';
import { eventsUrl } from '#platform/events/events-url.ts';
import { DEFAULT_PORTS } from '#platform/ports.ts';
import { poolSettings } from '#platform/postgres/pool-settings.ts';
import { upstreamSettings } from '#platform/upstreams.ts';

const HOST_NAME = /^(?:[\w.-]+|\[[\da-f:.]+\])$/i;
/** As browsers write them: lower case, no path. */
const ORIGIN = /^(?:\*|https?:\/\/[a-z\d_.-]+(?::\d{1,5})?)$/;

/** The settings of the gateway. */
export const gatewaySettings = {
  HOST: str({
    default: '127.0.0.1',
    desc: 'The address on which the API answers; 0.0.0.0 for all of this machine.',
  }),
  PORT: wholeNumber(
    0,
    65_535,
  )({ default: DEFAULT_PORTS.api, desc: 'The port on which the API answers; 0 for any free one.' }),
  ...currencySettings,
  SHOP_NAME: str({ default: 'Fritzy', desc: 'The name of the shop, for `shop { name }`.' }),
  REQUEST_TIMEOUT_MS: wholeNumber(
    100,
    60_000,
  )({ default: 10_000, desc: 'How long a request may take, in milliseconds.' }),
  CONNECTIONS_MAX: wholeNumber(
    10,
    100_000,
  )({
    default: 4_000,
    desc: 'How many connections may be open at once; idle ones make room for new ones.',
  }),
  ALLOWED_HOSTS: listOf(
    HOST_NAME,
    'host names without ports, separated by commas',
  )({
    default: [],
    desc: 'The names in Host headers that are answered, beside those of loopback; unset, any where HOST is not loopback.',
  }),
  CORS_ORIGINS: listOf(
    ORIGIN,
    'origins such as https://shop.example, separated by commas, or *',
  )({
    default: [],
    desc: 'The origins whose pages may use the API from a browser; * for any.',
  }),
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
  )({
    default: Math.max(1, Math.floor(memoryShare(1 / 10, 64_000_000) / 1e6)),
    desc: 'How many megabytes of memory either of these caches may take.',
  }),
};

export interface GatewayConfig {
  readonly host: string;
  readonly port: number;
  readonly shop: Shop;
  readonly requestTimeoutMs: number;
  readonly drainDelayMs: number;
  readonly connectionsMax: number;
  /** Names that a Host header may have beside those of loopback. */
  readonly allowedHosts: readonly string[];
  readonly corsOrigins: readonly string[];
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
    shop: {
      name: config.SHOP_NAME,
      currency: currencyOf({ code: config.CURRENCY, decimals: config.CURRENCY_DECIMALS }),
    },
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    drainDelayMs: config.DRAIN_DELAY_MS,
    connectionsMax: config.CONNECTIONS_MAX,
    allowedHosts: config.ALLOWED_HOSTS,
    corsOrigins: config.CORS_ORIGINS,
    playground: config.NODE_ENV !== 'production',
    cache: {
      url: config.CACHE_URL,
      entriesMax: config.CACHE_ENTRIES_MAX,
      bytesMax: config.CACHE_MB_MAX * 1_000_000,
    },
  };
}

/** All settings of the gateway in a process of its own. */
export const settings = {
  ...upstreamSettings(UPSTREAMS),
  ...commonSettings,
  ...gatewaySettings,
  ...poolSettings,
  EVENTS_URL: eventsUrl({
    default: undefined,
    desc: 'The event log, which tells what to drop from the cache; unset, changes made elsewhere are seen after 2 s.',
  }),
};
