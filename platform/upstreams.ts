import type { DescService } from '@bufbuild/protobuf';
import { readConfig, wholeNumber, type Environment, type ValidatorSpec } from '#platform/config.ts';
import { grpcUrl } from '#platform/grpc-url.ts';
import type { Logger } from '#platform/logger.ts';
import { connect, OUTAGE_WAIT_MS } from '#platform/rpc-grpc-client.ts';
import type { ClientOf } from '#platform/rpc.ts';

/** The services that a program calls, by the setting that contains their URL: `{ ACCOUNT_URL: AccountService }`. */
export type Upstreams = Readonly<Record<string, DescService>>;

/** A service that a program calls. */
export interface Upstream {
  /** The name for operators, e.g. `account`. */
  readonly name: string;
  /** Rejects while the service cannot work or cannot be reached. */
  ready(): Promise<void>;
}

const callSettings = {
  OUTAGE_WAIT_MS: wholeNumber(
    0,
    60_000,
  )({
    default: OUTAGE_WAIT_MS,
    desc: 'The time for which calls wait for a service after its last connection was lost, in milliseconds; later calls fail immediately.',
  }),
};

/** The settings of a program that calls these services over gRPC; empty if it calls none. */
export function upstreamSettings(upstreams: Upstreams) {
  const urls = Object.keys(upstreams).map((setting): [string, ValidatorSpec<string>] => [
    setting,
    grpcUrl({ desc: `The URL of the ${nameOf(setting)} service.` }),
  ]);
  return { ...Object.fromEntries(urls), ...(urls.length > 0 && callSettings) };
}

const nameOf = (setting: string): string => setting.replace(/_URL$/, '').toLowerCase();

/**
 * Creates gRPC clients of services, at the URLs in the environment. A client connects on first use. `opened` contains
 * the services for which a client was created. `stack` closes the connections.
 */
export function connectUpstreams(
  env: Environment,
  upstreams: Upstreams,
  deps: { readonly logger: Logger },
  stack: AsyncDisposableStack,
): { clientOf: ClientOf; opened: readonly Upstream[] } {
  const config = readConfig(env, upstreamSettings(upstreams));
  const opened: Upstream[] = [];
  const clientOf: ClientOf = (service) => {
    const [setting] = Object.entries(upstreams).find(([, each]) => each === service) ?? [];
    const url = setting && env[setting];
    if (!url) throw new Error(`${service.typeName} is not a declared upstream of this program`);
    const connection = stack.use(
      connect(service, url, { ...deps, outageWaitMs: Number(config['OUTAGE_WAIT_MS']) }),
    );
    opened.push({ name: nameOf(setting), ready: () => connection.ready() });
    return connection.client;
  };
  return { clientOf, opened };
}
