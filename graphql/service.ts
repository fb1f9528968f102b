import type { GatewayConfig } from '#graphql/config.ts';
import { cacheEntities, type CacheDeps } from '#graphql/cached-clients.ts';
import { createBodyCache } from '#graphql/body-cache.ts';
import { createDocuments } from '#graphql/documents.ts';
import { createExecutor } from '#graphql/execute.ts';
import { checkCurrency } from '#graphql/currency-check.ts';
import type { Clients } from '#graphql/graph/clients.ts';
import { createCallerLimits } from '#graphql/caller-limits.ts';
import { createSharedRateLimiter, type SharedRateLimiter } from '#graphql/shared-rate-limit.ts';
import { createCors } from '#graphql/cors.ts';
import { handle, type HandlerDeps } from '#graphql/handler.ts';
import { readinessOf } from '#graphql/readiness.ts';
import { listen } from '#graphql/http-server.ts';
import { createHostCheck } from '#graphql/host-check.ts';
import type { JSONWebKeySet } from 'jose';
import { createTokenVerifier, type TokenIssuer } from '#platform/auth/verify-token.ts';
import type { Call } from '#platform/call.ts';
import { sharePublicReads } from '#platform/group.ts';
import { systemClock } from '#platform/clock.ts';
import type { Upstream } from '#platform/upstreams.ts';

export interface StartedGateway {
  /** The port on which the gateway listens. */
  readonly port: number;
  /** Resolves with an error message if the gateway must stop. */
  readonly failed: Promise<string>;
}

/** The gateways that share a cache in Redis also share the limits of callers there. */
async function sharedLimiter(
  { cache, callerLimits }: GatewayConfig,
  { logger, telemetry }: Pick<HandlerDeps, 'logger' | 'telemetry'>,
  stack: AsyncDisposableStack,
): Promise<SharedRateLimiter | undefined> {
  if (!callerLimits || new URL(cache.url).protocol === 'memory:') return undefined;
  const { openRedis } = await import('#platform/cache/redis-connection.ts');
  return createSharedRateLimiter(stack.use(openRedis(cache.url, { logger, metrics: telemetry.cache })));
}

/** Starts the gateway. Disposing `stack` stops it. */
export async function startGateway(
  config: GatewayConfig,
  clients: Clients,
  deps: Pick<HandlerDeps, 'logger' | 'telemetry'> &
    Partial<Pick<HandlerDeps, 'developmentToken'>> &
    CacheDeps & { readonly upstreams: readonly Upstream[] },
  stack: AsyncDisposableStack,
): Promise<StartedGateway> {
  const { shop } = config;
  const checked = await checkCurrency(shop.currency, clients, systemClock);
  const bodies = createBodyCache();
  const documents = createDocuments(shop.currency.decimals, deps.telemetry, {
    onEvict: bodies.removeOperation,
    shop,
    introspection: config.introspection,
  });
  const cached = await cacheEntities(config.cache, checked.clients, deps, stack);
  const execute = createExecutor(cached, config.access);
  const cors = createCors(config.corsOrigins);
  const state = { draining: false, closing: false };
  const ready = async (): Promise<string | undefined> => {
    if (state.draining) throw new Error('draining');
    return readinessOf(deps.upstreams);
  };
  const { playground } = config;
  const keySet = sharePublicReads<Call, string>(
    () => '',
    async (_, call) => (await clients.accounts.getKeySet({}, call)).json,
  );
  const issuer: TokenIssuer = {
    keySet: async (call) => JSON.parse(await keySet(call, call)) as JSONWebKeySet,
    isActive: async (id, call) => (await clients.accounts.checkSession({ id }, call)).isActive,
  };
  const limits = createCallerLimits(
    config.callerLimits,
    systemClock,
    await sharedLimiter(config, deps, stack),
  );
  const tokens = createTokenVerifier(issuer, systemClock);
  const handler: HandlerDeps = {
    ...deps,
    ready,
    documents,
    execute,
    bodies,
    playground,
    cors,
    tokens,
    limits,
    charge: limits.charge,
    keySet: (call) => keySet(call, call),
    developmentToken: deps.developmentToken,
  };
  const isOwnHost = createHostCheck(config.host, config.allowedHosts);
  const port = await listen(
    { ...deps, ...config, handle: (request) => handle(handler, request), cors, isOwnHost, state },
    config,
    stack,
  );
  return { port, failed: checked.failed };
}
