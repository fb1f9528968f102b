import { commonSettings, listOf, oneOf, str, urlOf, wholeNumber, type CleanedEnv } from '#platform/config.ts';
import { currencyOf, currencySettings } from '#platform/currency.ts';
import type { CallerLimitConfig } from '#graphql/caller-limits.ts';
import { trustedProxies } from '#graphql/client-address.ts';
import { isLoopback } from '#graphql/host-check.ts';
import type { Access } from '#graphql/graph/context.ts';
import type { Shop } from '#graphql/shop.ts';
import { UPSTREAMS } from '#graphql/graph/clients.ts';
import { StartError } from '#platform/errors.ts';
import { memoryShare } from '#platform/memory.ts';
import { eventsUrl } from '#platform/events/events-url.ts';
import { DEFAULT_PORTS } from '#platform/ports.ts';
import { poolSettings } from '#platform/postgres/pool-settings.ts';
import { upstreamSettings } from '#platform/upstreams.ts';

const NETWORK = /^(?:[\d.]{7,15}(?:\/\d{1,2})?|[\da-f:.]{2,45}(?:\/\d{1,3})?)$/i;
const HOST_NAME = /^(?:[\w.-]+|\[[\da-f:.]+\])$/i;
/** As browsers send them: lower case, without a path. */
const ORIGIN = /^(?:\*|https?:\/\/[a-z\d_.-]+(?::\d{1,5})?)$/;

/** The settings of the gateway. */
export const gatewaySettings = {
  HOST: str({
    default: '127.0.0.1',
    desc: 'The address on which the API listens; 0.0.0.0 for all addresses of the machine.',
  }),
  PORT: wholeNumber(
    0,
    65_535,
  )({ default: DEFAULT_PORTS.api, desc: 'The port on which the API listens; 0 for any free port.' }),
  ...currencySettings,
  SHOP_NAME: str({ default: 'Fritzy', desc: 'The name of the shop, for `shop { name }`.' }),
  REQUEST_TIMEOUT_MS: wholeNumber(
    100,
    60_000,
  )({ default: 10_000, desc: 'The maximum duration of a request, in milliseconds.' }),
  CONNECTIONS_MAX: wholeNumber(
    10,
    100_000,
  )({
    default: 4_000,
    desc: 'The maximum number of open connections; at the limit, a new connection replaces the longest idle one.',
  }),
  ALLOWED_HOSTS: listOf(
    HOST_NAME,
    'host names without ports, separated by commas',
  )({
    default: [],
    desc: 'The host names that are accepted in Host headers in addition to those of loopback; unset: any, unless HOST is loopback.',
  }),
  CORS_ORIGINS: listOf(
    ORIGIN,
    'origins such as https://shop.example, separated by commas, or *',
  )({
    default: [],
    desc: 'The origins whose pages may call the API from a browser; * for any.',
  }),
  TOKEN_KEYS: str({
    default: undefined,
    desc: 'The folder with the keys of access tokens, with which the playground of a development machine signs in; unset: it does not.',
  }),
  INTROSPECTION: oneOf(
    'auto',
    'on',
    'off',
  )({
    default: 'auto',
    desc: 'Whether callers may read the schema by introspection; auto: not with NODE_ENV=production.',
  }),
  ACCESS: oneOf(
    'enforced',
    'open',
  )({
    default: 'enforced',
    desc: 'Whether callers need the roles that the schema declares; open: everybody may do everything, only with HOST on loopback.',
  }),
  RATE_LIMIT: oneOf(
    'on',
    'off',
  )({
    default: 'on',
    desc: 'Whether the requests of each caller are limited; off only with HOST on loopback.',
  }),
  RATE_LIMIT_ANONYMOUS: wholeNumber(
    1,
    100_000,
  )({
    default: 10,
    desc: 'The points per second of an address without a token, twice as many at once; a request has one point and more by its cost.',
  }),
  RATE_LIMIT_ACCOUNT: wholeNumber(
    1,
    1_000_000,
  )({
    default: 50,
    desc: 'The points per second of an account, ten times as many at once; a request has one point and more by its cost.',
  }),
  TRUSTED_PROXIES: listOf(
    NETWORK,
    'addresses or networks such as 10.0.0.0/8, separated by commas',
  )({
    default: [],
    desc: 'The proxies whose X-Forwarded-For header is believed.',
  }),
  CACHE_URL: urlOf(
    'redis',
    'rediss',
    'memory',
  )({
    default: 'memory:',
    desc: 'The cache that gateways share: redis://host:port, or memory: for a separate cache in each gateway.',
  }),
  CACHE_ENTRIES_MAX: wholeNumber(
    1,
    10_000_000,
  )({ default: 20_000, desc: 'The maximum number of accounts, and of products, in the memory cache.' }),
  CACHE_MB_MAX: wholeNumber(
    1,
    100_000,
  )({
    default: Math.max(1, Math.floor(memoryShare(1 / 10, 64_000_000) / 1e6)),
    desc: 'The maximum memory of each of these two caches, in megabytes.',
  }),
};

export interface GatewayConfig {
  readonly host: string;
  readonly port: number;
  readonly shop: Shop;
  readonly requestTimeoutMs: number;
  readonly drainDelayMs: number;
  readonly connectionsMax: number;
  /** Host names that are accepted in addition to those of loopback. */
  readonly allowedHosts: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly playground: boolean;
  readonly access: Access;
  readonly introspection: boolean;
  /** Undefined: callers are not limited. */
  readonly callerLimits: CallerLimitConfig | undefined;
  readonly cache: {
    /** `memory:`, `redis://…` or `rediss://…`. */
    readonly url: string;
    readonly entriesMax: number;
    readonly bytesMax: number;
  };
}

/** Returns the configuration of the gateway from the settings of a program. */
export function gatewayConfig(
  config: CleanedEnv<typeof gatewaySettings & typeof commonSettings>,
): GatewayConfig {
  const gateway: GatewayConfig = {
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
    trustedProxies: config.TRUSTED_PROXIES,
    playground: config.NODE_ENV !== 'production',
    access: config.ACCESS,
    introspection: isOn(config.INTROSPECTION, config.NODE_ENV !== 'production'),
    callerLimits: limitsOf(config),
    cache: {
      url: config.CACHE_URL,
      entriesMax: config.CACHE_ENTRIES_MAX,
      bytesMax: config.CACHE_MB_MAX * 1_000_000,
    },
  };
  requireLocal(gateway.access === 'open', 'ACCESS=open', gateway);
  requireLocal(gateway.callerLimits === undefined, 'RATE_LIMIT=off', gateway);
  return gateway;
}

const isOn = (setting: 'auto' | 'on' | 'off', auto: boolean): boolean =>
  setting === 'auto' ? auto : setting === 'on';

/** Whether the playground signs in as an administrator. */
export function isDevelopment(config: GatewayConfig): boolean {
  return config.playground && config.access === 'enforced' && isLocal(config);
}

/** Whether only programs and browsers of this machine call the API: nothing says that a proxy forwards requests to it. */
function isLocal(
  config: Pick<GatewayConfig, 'host' | 'allowedHosts' | 'corsOrigins' | 'trustedProxies'>,
): boolean {
  const { host, allowedHosts, corsOrigins, trustedProxies: proxies } = config;
  return isLoopback(host) && [allowedHosts, corsOrigins, proxies].every((list) => list.length === 0);
}

/** Throws StartError if a setting for tests and measurements is used where other machines call the API. */
function requireLocal(isUsed: boolean, setting: string, config: Parameters<typeof isLocal>[0]): void {
  if (isUsed && !isLocal(config))
    throw new StartError(
      `${setting} requires HOST on loopback, without ALLOWED_HOSTS, CORS_ORIGINS and TRUSTED_PROXIES: unset it or them.`,
    );
}

function limitsOf(config: CleanedEnv<typeof gatewaySettings>): CallerLimitConfig | undefined {
  const { RATE_LIMIT, RATE_LIMIT_ANONYMOUS: anonymous, RATE_LIMIT_ACCOUNT: account } = config;
  if (RATE_LIMIT === 'off') return undefined;
  return {
    anonymous: { perSecond: anonymous, burst: 2 * anonymous },
    account: { perSecond: account, burst: 10 * account },
    proxies: trustedProxies(config.TRUSTED_PROXIES),
  };
}

/** All settings of the gateway in its own process. */
export const settings = {
  ...upstreamSettings(UPSTREAMS),
  ...commonSettings,
  ...gatewaySettings,
  ...poolSettings,
  EVENTS_URL: eventsUrl({
    default: undefined,
    desc: 'The event log, whose events invalidate cache entries; unset: the cache shows changes made elsewhere after 2 s.',
  }),
};
