import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import dns from 'node:dns/promises';
import { syncBuiltinESMExports } from 'node:module';
import { after, before, mock, suite, test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { ErrorInfoSchema, type ErrorInfo } from '#platform/pb/error_pb.js';
import { targetOf } from '#platform/rpc-grpc-resolver.ts';
import type { RpcServer } from '#platform/rpc-grpc.ts';
import { eventually, testCall } from '#testkit/shop.ts';
import { connectEcho, EchoService, implementEcho, serveEcho } from './echo-service.ts';

/**
 * Distribution of calls over the instances behind one name, as in a headless Kubernetes service: each instance has its
 * own address and the same port. The addresses are in 127.0.0.0/8, which only Linux supports.
 */
const skip = process.platform !== 'linux' && 'needs the addresses 127.0.0.0/8 of Linux';
const NAME = 'shop.test';
const CALLS = 60;
/** Each of two instances answers about half of the calls. */
const SHARE_MIN = CALLS / 4;

/** The current addresses of the name: replaces the DNS of a cluster, of which only the results matter here. */
let addresses: readonly string[] = [];
const lookup = dns.lookup;
const answer = async (host: string, options: object): Promise<LookupAddress | LookupAddress[]> =>
  host === NAME ? addresses.map((address) => ({ address, family: 4 })) : lookup(host, options);

before(() => {
  mock.method(dns, 'lookup', answer);
  syncBuiltinESMExports();
});
after(() => {
  mock.restoreAll();
  syncBuiltinESMExports();
});

/** Instances that return their address, all on one port. */
async function serveAt(stack: AsyncDisposableStack, hosts: readonly string[]) {
  const servers = new Map<string, RpcServer>();
  let port = 0;
  const start = async (host: string): Promise<void> => {
    const { implementation } = implementEcho(async () => ({ reason: host }));
    const server = await serveEcho(implementation, { address: `${host}:${port}` });
    port = server.port;
    servers.set(host, stack.use(server));
  };
  for (const host of hosts) await start(host);
  addresses = hosts;
  return {
    url: `grpc://${NAME}:${port}`,
    start,
    stop: async (host: string) => servers.get(host)?.[Symbol.asyncDispose](),
  };
}

type Ask = () => Promise<string>;
type Open = (url: string, stack: AsyncDisposableStack) => Ask;

const balanced =
  (refreshMs: number): Open =>
  (url, stack) => {
    const { client } = stack.use(connectEcho(url, { refreshMs }));
    return async () => (await client.ask({}, testCall())).reason;
  };

/** The default policy of grpc-js without a service config. */
const pickFirst: Open = (url, stack) => {
  const client = new grpc.Client(targetOf(url), grpc.credentials.createInsecure());
  stack.defer(() => client.close());
  const encode = (): Buffer => Buffer.alloc(0);
  const decode = (bytes: Buffer): ErrorInfo => fromBinary(ErrorInfoSchema, bytes);
  return () =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(`/${EchoService.typeName}/Ask`, encode, decode, {}, (error, answered) =>
        answered ? resolve(answered.reason) : reject(error ?? new Error('no answer')),
      );
    });
};

/** The number of calls by instance. No call fails. */
async function sharesOf(ask: Ask): Promise<ReadonlyMap<string, number>> {
  const shares = new Map<string, number>();
  for (let call = 0; call < CALLS; call += 1) {
    const host = await ask();
    shares.set(host, (shares.get(host) ?? 0) + 1);
  }
  return shares;
}

async function assertSpread(ask: Ask, hosts: readonly string[]): Promise<void> {
  const shares = await sharesOf(ask);
  assert.deepEqual([...shares.keys()].toSorted(), hosts);
  for (const share of shares.values()) assert.ok(share >= SHARE_MIN, JSON.stringify([...shares]));
}

const [FIRST, SECOND, THIRD] = ['127.0.0.1', '127.0.0.2', '127.0.0.3'] as const;
const NEVER_MS = 3_600_000;
/** The timeout for checks that a twin fails. */
const TWIN_MS = 2_000;

suite('several instances behind one name', { skip }, () => {
  async function spread(open: Open, timeoutMs?: number): Promise<void> {
    await using stack = new AsyncDisposableStack();
    const { url } = await serveAt(stack, [FIRST, SECOND]);
    const ask = open(url, stack);
    await eventually(() => assertSpread(ask, [FIRST, SECOND]), timeoutMs);
  }
  test('share the calls', () => spread(balanced(NEVER_MS)));
  test('known-bad twin: a client with pick_first sends all calls to one instance', () =>
    assert.rejects(spread(pickFirst, TWIN_MS), assert.AssertionError));

  test('a stopped instance is removed without a failed call, and its replacement is used', async () => {
    await using stack = new AsyncDisposableStack();
    const { url, start, stop } = await serveAt(stack, [FIRST, SECOND]);
    const ask = balanced(NEVER_MS)(url, stack);
    await eventually(() => assertSpread(ask, [FIRST, SECOND]));
    await start(THIRD);
    addresses = [SECOND, THIRD];
    await stop(FIRST);
    // The lost connection makes the client look the name up again.
    await eventually(() => assertSpread(ask, [SECOND, THIRD]));
  });

  async function added(open: Open, timeoutMs?: number): Promise<void> {
    await using stack = new AsyncDisposableStack();
    const { url, start } = await serveAt(stack, [FIRST]);
    const ask = open(url, stack);
    await assertSpread(ask, [FIRST]);
    await start(SECOND);
    addresses = [FIRST, SECOND];
    await eventually(() => assertSpread(ask, [FIRST, SECOND]), timeoutMs);
  }
  test('an added instance is used although no connection was lost', () => added(balanced(100)));
  test('known-bad twin: a client that looks the name up only after a loss does not use it', () =>
    assert.rejects(added(balanced(NEVER_MS), TWIN_MS), assert.AssertionError));
});
