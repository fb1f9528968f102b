import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { suite, test } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import type { Call } from '#platform/call.ts';
import { AppError } from '#platform/errors.ts';
import type { ConnectOptions } from '#platform/rpc-grpc-client.ts';
import type { RpcServer } from '#platform/rpc-grpc.ts';
import { eventually, testCall } from '#testkit/shop.ts';
import { connectEcho, EchoService, implementEcho, ReadService, serveEcho, urlOf } from './echo-service.ts';

/** The effects on callers when a service restarts, drains or fails. */

const here = (): ReturnType<typeof implementEcho> => implementEcho(async () => ({ reason: 'here' }));

/** A loopback port that refuses connections until another process listens on it. */
async function closedPort(): Promise<number> {
  const server = await serveEcho(here().implementation);
  await server[Symbol.asyncDispose]();
  return server.port;
}

/** The outcome of a call that starts while its service is down; the service starts shortly afterwards. */
async function askWhileDown(options: Partial<ConnectOptions>): Promise<unknown> {
  const port = await closedPort();
  await using connection = connectEcho(`grpc://127.0.0.1:${port}`, options);
  const answer = connection.client.ask({}, testCall({ timeoutMs: 30_000 })).catch((error: unknown) => error);
  await assert.rejects(connection.ready(), /cannot be reached/);
  await using _ = await serveEcho(here().implementation, { address: `127.0.0.1:${port}` });
  return await answer;
}

suite('a service that is down', () => {
  test('delays a call but does not fail it if it restarts soon', async () => {
    const answer = await askWhileDown({ outageWaitMs: 20_000 });
    assert.equal(Reflect.get(Object(answer), 'reason'), 'here');
    const failed = await askWhileDown({ outageWaitMs: 0 });
    assert.ok(failed instanceof AppError, 'known-bad twin: a client that does not wait');
    assert.equal(failed.reason, 'UNAVAILABLE');
  });

  test('delays only the first calls of a long outage', async () => {
    const waitMs = 500;
    const calls = 40;
    await using connection = connectEcho(`grpc://127.0.0.1:${await closedPort()}`, { outageWaitMs: waitMs });
    const startedMs = performance.now();
    for (let call = 0; call < calls; call += 1)
      await assert.rejects(connection.client.ask({}, testCall()), { reason: 'UNAVAILABLE' });
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs < (waitMs * calls) / 2, `${calls} calls took ${tookMs} ms`);
  });

  test('does not receive a call that ended while it waited', async () => {
    const port = await closedPort();
    await using connection = connectEcho(`grpc://127.0.0.1:${port}`, { outageWaitMs: 20_000 });
    await assert.rejects(connection.client.ask({}, testCall({ timeoutMs: 300 })), {
      reason: 'DEADLINE_EXCEEDED',
    });
    const call = testCall();
    const answer = connection.client.ask({}, call);
    call.abort(new AppError('CANCELLED', 'gone'));
    await assert.rejects(answer, { reason: 'CANCELLED' });
  });

  /** Asserts that a client tries 12 times to connect to a port that accepts connections and drops them. */
  async function retriesAtConstantRate(options: Partial<ConnectOptions>): Promise<void> {
    let tries = 0;
    await using stack = new AsyncDisposableStack();
    const port = await listen(stack, (socket) => {
      tries += 1;
      socket.destroy();
    });
    const connection = stack.use(connectEcho(`grpc://127.0.0.1:${port}`, options));
    await connection.ready().catch(() => {});
    await eventually(() => assert.ok(tries >= 12, `${tries} tries`), 8_000);
  }

  test('is retried at a constant rate, regardless of the length of the outage', async () => {
    await retriesAtConstantRate({});
    await assert.rejects(
      retriesAtConstantRate({ reconnectMs: 4_000 }),
      /tries/,
      'known-bad twin: a growing backoff',
    );
  });
});

async function listen(stack: AsyncDisposableStack, onConnection: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer(onConnection).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => void server.close());
  return (server.address() as AddressInfo).port;
}

suite('several instances of a service', () => {
  const named = (name: string) => implementEcho(async () => ({ reason: name }));

  test('share the calls; a stopped one is removed and used again after it restarts', async () => {
    await using second = await serveEcho(named('second').implementation);
    const first = await serveEcho(named('first').implementation);
    // A name in addition to an address.
    await using connection = connectEcho(`grpc://localhost:${first.port},127.0.0.1:${second.port}`);
    const seen = async (): Promise<string> => {
      const answers = [];
      for (let call = 0; call < 10; call += 1)
        answers.push((await connection.client.ask({}, testCall())).reason);
      return [...new Set(answers)].toSorted().join();
    };
    await eventually(async () => assert.equal(await seen(), 'first,second'));
    await first[Symbol.asyncDispose]();
    assert.equal(await seen(), 'second');
    await using _ = await serveEcho(named('again').implementation, { address: `127.0.0.1:${first.port}` });
    await eventually(async () => assert.equal(await seen(), 'again,second'));
  });

  test('can be given as a URL in gRPC syntax', async () => {
    await using server = await serveEcho(here().implementation);
    await using connection = connectEcho(`dns:///localhost:${server.port}`);
    assert.equal((await connection.client.ask({}, testCall())).reason, 'here');
  });

  test('are UNAVAILABLE if the name is unknown', async () => {
    await using connection = connectEcho('grpc://nonsense.invalid:50051', { outageWaitMs: 100 });
    await assert.rejects(connection.client.ask({}, testCall()), { reason: 'UNAVAILABLE' });
  });
});

suite('instances that drain in turn under load', () => {
  const CALLERS = 30;
  const ROUNDS = 12;

  interface Asking extends AsyncDisposable {
    readonly client: { ask(request: { reason: string }, call: Call): Promise<unknown> };
    ready(): Promise<void>;
  }

  /**
   * Sends calls continuously while two instances restart in turn. Returns the failures and how often each call was
   * handled.
   */
  async function restartInTurn(open: (servers: readonly RpcServer[]) => Asking) {
    const handled = new Map<string, number>();
    const { implementation } = implementEcho(async ({ reason }) => {
      handled.set(reason, (handled.get(reason) ?? 0) + 1);
      await new Promise(setImmediate);
      return { reason };
    });
    const servers = [await serveEcho(implementation), await serveEcho(implementation)];
    await using connection = open(servers);
    const over = new AbortController();
    let answered = 0;
    const failures: unknown[] = [];
    const callers = Array.from({ length: CALLERS }, async (_, caller) => {
      for (let count = 0; !over.signal.aborted; count += 1) {
        const reason = `${caller} ${count}`;
        await connection.client.ask({ reason }, testCall()).then(
          () => (answered += 1),
          (error: unknown) => failures.push(error),
        );
      }
    });
    for (let round = 0; round < ROUNDS; round += 1) {
      const [server] = servers.splice(0, 1);
      assert.ok(server);
      const before = answered;
      await eventually(() => assert.ok(answered + failures.length >= before + 5 * CALLERS));
      await server[Symbol.asyncDispose]();
      servers.push(await serveEcho(implementation, { address: `127.0.0.1:${server.port}` }));
      await connection.ready();
    }
    over.abort();
    await Promise.all(callers);
    for (const server of servers) await server[Symbol.asyncDispose]();
    return { failures, answered, repeated: [...handled.values()].filter((times) => times > 1).length };
  }

  test('no call fails or is handled twice', async (t) => {
    const { failures, answered, repeated } = await restartInTurn((servers) =>
      connectEcho(`grpc://${addresses(servers).join()}`),
    );
    t.diagnostic(`${answered} calls during ${ROUNDS} restarts`);
    assert.deepEqual(failures, []);
    assert.equal(repeated, 0);
  });

  test('known-bad twin: a client that never retries a refused call gets failures', async (t) => {
    const { failures } = await restartInTurn((servers) => {
      const client = new grpc.Client(`ipv4:${addresses(servers).join()}`, grpc.credentials.createInsecure(), {
        'grpc.enable_retries': 0,
        'grpc.initial_reconnect_backoff_ms': 100,
      });
      const bytes = (): Buffer => Buffer.alloc(0);
      const path = `/${EchoService.typeName}/Ask`;
      const ask = (): Promise<unknown> =>
        new Promise((resolve, reject) => {
          client.makeUnaryRequest(path, bytes, bytes, {}, (error, answer) =>
            error ? reject(error) : resolve(answer),
          );
        });
      return {
        client: { ask },
        ready: async () => {},
        [Symbol.asyncDispose]: async () => client.close(),
      };
    });
    t.diagnostic(`${failures.length} calls failed`);
    assert.notEqual(failures.length, 0);
  });
});

const addresses = (servers: readonly RpcServer[]): string[] => servers.map(({ port }) => `127.0.0.1:${port}`);

suite('a connection that breaks after the call was sent', () => {
  /** The outcome of a call whose connection is cut while its handler runs, and how often it was handled. */
  async function cutAtWork(service: EchoService): Promise<{ outcome: unknown; handled: number }> {
    await using stack = new AsyncDisposableStack();
    const sockets: Socket[] = [];
    let handled = 0;
    const { implementation } = implementEcho(async () => {
      handled += 1;
      if (handled === 1) for (const socket of sockets) socket.destroy();
      return { reason: 'done' };
    }, service);
    const server = stack.use(await serveEcho(implementation));
    const port = await listen(stack, (near) => {
      const far = connect(server.port, '127.0.0.1');
      sockets.push(near, far);
      for (const socket of [near, far]) socket.on('error', () => {});
      near.pipe(far).pipe(near);
    });
    stack.defer(() => {
      for (const socket of sockets) socket.destroy();
    });
    const connection = stack.use(connectEcho(`grpc://127.0.0.1:${port}`, { service }));
    const outcome = await connection.client.ask({}, testCall()).catch((error: unknown) => error);
    return { outcome, handled };
  }

  test('a write fails with UNAVAILABLE and is not retried, because it may have been done', async () => {
    const { outcome, handled } = await cutAtWork(EchoService);
    assert.ok(outcome instanceof AppError);
    assert.equal(outcome.reason, 'UNAVAILABLE');
    assert.equal(handled, 1);
  });

  test('a method marked NO_SIDE_EFFECTS is retried (for a write that would be the known-bad twin)', async () => {
    const { outcome, handled } = await cutAtWork(ReadService);
    assert.equal(Reflect.get(Object(outcome), 'reason'), 'done');
    assert.equal(handled, 2);
  });

  test('a call is never retried after a response, even UNAVAILABLE', async () => {
    let handled = 0;
    const { implementation } = implementEcho(async () => {
      handled += 1;
      throw new AppError('UNAVAILABLE', 'its database is down');
    }, ReadService);
    await using server = await serveEcho(implementation);
    await using connection = connectEcho(urlOf(server), { service: ReadService });
    await assert.rejects(connection.client.ask({}, testCall()), { message: 'its database is down' });
    assert.equal(handled, 1);
  });
});
