import type { GatewayConfig } from '#graphql/config.ts';
import { cacheEntities, type CacheDeps } from '#graphql/cached-clients.ts';
import { createBodies } from '#graphql/bodies.ts';
import { createDocuments } from '#graphql/documents.ts';
import { createExecutor } from '#graphql/execute.ts';
import type { Clients } from '#graphql/graph/clients.ts';
import { currencyDigits } from '#graphql/graph/money.ts';
import { createCors } from '#graphql/cors.ts';
import { handle, type HandlerDeps } from '#graphql/handler.ts';
import { listen } from '#graphql/http-server.ts';
import { createHostCheck } from '#graphql/own-hosts.ts';

/** Starts the gateway in front of the services. Returns the port that it listens on. `stack` ends it. */
export async function startGateway(
  config: GatewayConfig,
  clients: Clients,
  deps: Pick<HandlerDeps, 'logger' | 'telemetry' | 'ready'> & CacheDeps,
  stack: AsyncDisposableStack,
): Promise<number> {
  const bodies = createBodies();
  const documents = createDocuments(currencyDigits(config.currency), deps.telemetry, bodies.forget);
  const cached = await cacheEntities(config.cache, clients, deps, stack);
  const execute = createExecutor(cached);
  const cors = createCors(config.corsOrigins);
  const state = { draining: false, closing: false };
  const ready = async (): Promise<void> => {
    if (state.draining) throw new Error('draining');
    await deps.ready();
  };
  const { playground } = config;
  const handler: HandlerDeps = { ...deps, ready, documents, execute, bodies, playground, cors };
  const isOwnHost = createHostCheck(config.host, config.allowedHosts);
  return listen(
    { ...deps, ...config, handle: (request) => handle(handler, request), cors, isOwnHost, state },
    config,
    stack,
  );
}
