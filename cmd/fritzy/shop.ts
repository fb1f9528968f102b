import type { DescService } from '@bufbuild/protobuf';
import { SERVICES, urlSetting, type ServiceEntry } from '#cmd/services.ts';
import { openClients, type Clients } from '#graphql/graph/clients.ts';
import type { TokenVerifier } from '#platform/auth/verify-token.ts';
import type { Environment } from '#platform/config.ts';
import { inProcess, type Client, type ClientOf, type Implementation } from '#platform/rpc.ts';
import type { ServiceDeps } from '#platform/service.ts';
import type { Upstream } from '#platform/upstreams.ts';

/** Makes a client for the implementation of a service: in process by default, over gRPC in some tests. */
export type Link = <S extends DescService>(
  implementation: Implementation<S>,
  tokens: TokenVerifier | undefined,
) => Promise<Client<S>>;

const linkInProcess: Link = async (implementation) => inProcess(implementation);

/** A service in this process. */
interface Started<S extends DescService> extends Upstream {
  readonly service: S;
  readonly client: Client<S>;
}

/**
 * Starts all services in this process and connects them to each other. Each service starts after the services that it
 * calls. Settings come from `env`; disposing of `stack` stops the services.
 */
export async function startServices(
  env: Environment,
  deps: ServiceDeps,
  stack: AsyncDisposableStack,
  link: Link = linkInProcess,
): Promise<{ clients: Clients; upstreams: readonly Upstream[] }> {
  const starting = new Map<string, Promise<Started<DescService>>>();
  const start = async (
    { name, load }: ServiceEntry,
    above: ReadonlyMap<string, Promise<Started<DescService>>>,
  ): Promise<Started<DescService>> => {
    const { service } = await load();
    const called = await Promise.all(
      Object.keys(service.upstreams).map(
        (setting) => above.get(setting) ?? missing(`the table lists no service for ${setting} above ${name}`),
      ),
    );
    const { implementation, ready, tokens } = await service.start(env, clientAmong(called), deps, stack);
    return { name, ready, service: implementation.service, client: await link(implementation, tokens) };
  };
  for (const entry of SERVICES) starting.set(urlSetting(entry.name), start(entry, new Map(starting)));
  const started = await Promise.all(starting.values());
  return { clients: openClients(clientAmong(started)), upstreams: started };
}

function clientAmong(started: readonly Started<DescService>[]): ClientOf {
  return <S extends DescService>(service: S): Client<S> => {
    const found = started.find((each): each is Started<S> => each.service === service);
    return found?.client ?? missing(`${service.typeName} is not in the upstreams of this service`);
  };
}

function missing(problem: string): never {
  throw new Error(problem);
}
