import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { experimental, status, type ChannelOptions } from '@grpc/grpc-js';
import { messageOf } from '#platform/errors.ts';
import { addressesOf, type Address } from '#platform/grpc-url.ts';

/**
 * A gRPC name resolver for a list of addresses. The resolvers of grpc-js take one name, or several literal IP
 * addresses, but not several names.
 */
const SCHEME = 'addresses';
/** Names are looked up again after a connection is lost, at most once per interval. */
const LOOKUP_INTERVAL_MS = 1_000;
/** Names are also looked up at this interval: a new instance does not break any connection. */
const REFRESH_MS = 10_000;
/** The channel option that replaces REFRESH_MS; only for tests. */
export const REFRESH_OPTION = 'fritzy.refresh_ms';

/** The channel target for the URL of a service. */
export function targetOf(url: string): string {
  return `${SCHEME}:${url.replace(/^\w+:\/+/, '').replace(/\/$/, '')}`;
}

class AddressResolver implements experimental.Resolver {
  readonly #addresses: readonly Address[];
  readonly #listener: experimental.ResolverListener;
  /** The endpoints that the listener received last; undefined before that. */
  #lastEndpoints: string | undefined;
  #isLookingUp = false;
  #isRequested = false;
  /** Incremented by `destroy`; results of earlier lookups are dropped. */
  #generation = 0;
  #waiting: NodeJS.Timeout | undefined;
  #refreshing: NodeJS.Timeout | undefined;
  /** Undefined if there are no names. */
  readonly #refreshMs: number | undefined;

  constructor(
    { path }: experimental.GrpcUri,
    listener: experimental.ResolverListener,
    options: ChannelOptions,
  ) {
    this.#addresses = addressesOf(`grpc://${path}`);
    this.#listener = listener;
    const hasNames = this.#addresses.some(({ host }) => isIP(host) === 0);
    this.#refreshMs = hasNames ? Number(options[REFRESH_OPTION] ?? REFRESH_MS) : undefined;
  }

  static getDefaultAuthority({ path }: experimental.GrpcUri): string {
    return path.split(',', 1)[0] ?? path;
  }

  updateResolution(): void {
    this.#isRequested = true;
    clearTimeout(this.#refreshing);
    if (!this.#isLookingUp && this.#waiting === undefined) void this.#resolve(this.#generation);
  }

  destroy(): void {
    this.#generation += 1;
    this.#lastEndpoints = undefined;
    this.#isRequested = false;
    this.#isLookingUp = false;
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    clearTimeout(this.#refreshing);
  }

  async #resolve(generation: number): Promise<void> {
    this.#isRequested = false;
    this.#isLookingUp = true;
    const found = await Promise.allSettled(this.#addresses.map(endpointsOf));
    if (generation !== this.#generation) return;
    this.#isLookingUp = false;
    this.#notify(found);
    this.#waiting = setTimeout(() => {
      this.#waiting = undefined;
      if (this.#isRequested) this.updateResolution();
    }, LOOKUP_INTERVAL_MS);
    this.#waiting.unref();
    if (this.#refreshMs === undefined) return;
    this.#refreshing = setTimeout(() => this.updateResolution(), this.#refreshMs);
    this.#refreshing.unref();
  }

  /** Skips an unchanged list: the balancer would restart with it. */
  #notify(found: readonly PromiseSettledResult<experimental.Endpoint[]>[]): void {
    const endpoints = found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
    const failure = found.find((each) => each.status === 'rejected');
    if (endpoints.length === 0) {
      const details = `Name resolution failed: ${messageOf(failure?.reason)}`;
      this.#lastEndpoints = undefined;
      this.#listener(experimental.statusOrFromError({ code: status.UNAVAILABLE, details }), {}, null, '');
      return;
    }
    const key = endpoints.map(experimental.endpointToString).toSorted().join();
    if (key === this.#lastEndpoints) return;
    this.#lastEndpoints = key;
    this.#listener(experimental.statusOrFromValue(endpoints), {}, null, '');
  }
}

async function endpointsOf({ host, port }: Address): Promise<experimental.Endpoint[]> {
  if (isIP(host) !== 0) return [{ addresses: [{ host, port }] }];
  const all = await lookup(host, { all: true });
  return all.map(({ address }) => ({ addresses: [{ host: address, port }] }));
}

experimental.registerResolver(SCHEME, AddressResolver);
