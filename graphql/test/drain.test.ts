import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, suite, test } from 'node:test';
import pg from 'pg';
import { systemClock } from '#platform/clock.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { assertDrained, CLIENTS, DRAIN_DELAY_MS, load, type Stop } from './closed-loop.ts';
import { eventually, memoryLogger, startTestShop } from '#testkit/shop.ts';
import { startGateway } from '#graphql/service.ts';
import { RawClient, rawPost } from '#testkit/raw-client.ts';
import { json, startTransport } from './transport.ts';

const shop = await startTestShop();
after(() => shop[Symbol.asyncDispose]());
const REQUEST = rawPost('{}');

suite('a gateway that is stopped under load', () => {
  test('every request is answered, no connection is reset, and only acknowledged orders are stored', async () => {
    const accountId = (await shop.graphql('mutation { createAccount(account: { name: "A" }) { id } }')).data
      .createAccount.id;
    const product = await shop.graphql(
      'mutation { createProduct(product: { name: "P", description: "", price: 1 }) { id } }',
    );
    const order = `mutation { createOrder(order: { accountId: "${accountId}", products: [{ productId: "${product.data.createProduct.id}", quantity: 1 }] }) { id } }`;
    const requests = ['{ products { id name } }', order].map((query) => rawPost(JSON.stringify({ query })));

    const gateway = new AsyncDisposableStack();
    const telemetry = createTelemetry();
    const { port } = await startGateway(
      {
        host: '127.0.0.1',
        port: 0,
        shop: { name: 'Fritzy', currency: { code: 'USD', decimals: 2 } },
        requestTimeoutMs: 10_000,
        drainDelayMs: DRAIN_DELAY_MS,
        connectionsMax: 1_000,
        allowedHosts: [],
        corsOrigins: [],
        playground: false,
        access: 'open' as const,
        introspection: true,
        callerLimits: undefined,
        trustedProxies: [],
        cache: { url: 'memory:', entriesMax: 1_000, bytesMax: 10_000_000 },
      },
      shop.clients,
      {
        logger: memoryLogger().logger,
        telemetry,
        clock: systemClock,
        upstreams: [],
        changes: undefined,
      },
      gateway,
    );
    const url = `http://127.0.0.1:${port}`;
    const stop: Stop = { atMs: undefined };
    let acknowledged = 0;
    const running = load(
      url,
      stop,
      (index) => requests[index % 2] ?? '',
      (body) => {
        assert.doesNotMatch(body, /"errors"/);
        if (body.includes('createOrder')) acknowledged += 1;
      },
    );
    await eventually(() => assert.ok(acknowledged >= CLIENTS));
    stop.atMs = performance.now();
    const stopped = gateway.disposeAsync();
    // Readiness fails immediately, liveness does not.
    const ready = await fetch(`${url}/readyz`);
    assert.equal(ready.status, 503);
    assert.equal(await ready.text(), 'not ready: draining\n');
    assert.equal(ready.headers.get('connection'), 'close');
    assert.equal((await fetch(`${url}/healthz`)).status, 200);

    const seen = await running;
    await stopped;
    assertDrained(seen);
    assert.equal(await storedOrders(), acknowledged);
  });

  test('known-bad twin: a server that closes idle connections immediately is caught', async () => {
    const server = createServer((request, response) => {
      request.resume().on('end', () => response.end('{}'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const stop: Stop = { atMs: undefined };
    let requests = 0;
    const running = load(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop, () => {
      requests += 1;
      return REQUEST;
    });
    await eventually(() => assert.ok(requests >= 5 * CLIENTS));
    stop.atMs = performance.now();
    server.close();
    server.closeIdleConnections();
    // Responses have no `Connection: close`, so busy connections stay open until they are cut.
    const before = requests;
    await Promise.race([running, eventually(() => assert.ok(requests >= before + 5 * CLIENTS))]);
    server.closeAllConnections();
    const seen = await running;
    assert.throws(() => assertDrained(seen), assert.AssertionError);
    assert.ok(seen.lost.length > 0);
  });
});

async function storedOrders(): Promise<number> {
  const client = new pg.Client({ connectionString: shop.databaseUrls.order });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM orders');
    return Number(rows[0]?.count);
  } finally {
    await client.end();
  }
}

/** Waits until connections are refused. */
const untilRefused = (url: string): Promise<void> =>
  eventually(() =>
    assert.rejects(async () => {
      using probe = await RawClient.connect(url);
      assert.ok(probe);
    }),
  );

suite('the steps of a drain', () => {
  test('all pipelined requests are answered; only the last response has Connection: close', async () => {
    const state = { draining: true, closing: true };
    await using server = await startTransport(async () => json('{}'), { state });
    using client = await RawClient.connect(server.url);
    client.socket.write(REQUEST.repeat(3));
    const closes = [
      (await client.answer()).close,
      (await client.answer()).close,
      (await client.answer()).close,
    ];
    assert.deepEqual(closes, [false, false, true]);
    await client.untilEnded();
  });

  test('a request after a response with Connection: close is not executed', async () => {
    let executed = 0;
    const state = { draining: true, closing: true };
    await using server = await startTransport(
      async () => {
        executed += 1;
        return json('{}');
      },
      { state },
    );
    using client = await RawClient.connect(server.url);
    assert.equal((await client.exchange(REQUEST)).close, true);
    client.socket.write(REQUEST);
    await client.untilEnded();
    client.socket.end();
    await eventually(async () => assert.equal(await server.metric('http_server_open_connections'), 0));
    assert.equal(executed, 1);
  });

  test('a request in progress at the close of the listener is answered; a refusal has Connection: close', async () => {
    const { promise: finish, resolve } = Promise.withResolvers<void>();
    const server = await startTransport(async () => {
      await finish;
      return json('{"late":true}');
    });
    using slow = await RawClient.connect(server.url);
    using refused = await RawClient.connect(server.url);
    const answer = slow.exchange(REQUEST);
    await eventually(async () => assert.equal(await server.metric('http_server_active_requests'), 1));
    assert.equal((await refused.exchange('GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n')).close, true);
    const stopped = server[Symbol.asyncDispose]();
    await untilRefused(server.url);
    resolve();
    assert.deepEqual(JSON.parse((await answer).body), { late: true });
    assert.equal((await answer).close, true);
    await stopped;
  });

  test('idle connections stay open during the drain delay and then end with FIN, not with a reset', async () => {
    const state = { draining: false, closing: false };
    const server = await startTransport(async () => json('{}'), { state, drainDelayMs: DRAIN_DELAY_MS });
    using idle = await RawClient.connect(server.url);
    assert.equal((await idle.exchange(REQUEST)).close, false);
    using late = await RawClient.connect(server.url);
    assert.equal((await late.exchange(REQUEST)).close, false);
    const stopped = server[Symbol.asyncDispose]();
    await eventually(() => assert.equal(state.draining, true));
    assert.equal((await late.exchange(REQUEST)).close, true);
    await idle.untilEnded();
    await assert.rejects(idle.answer(), /the connection ended/);
    idle.socket.end();
    late.socket.end();
    await stopped;
  });

  test('a request on an idle connection just after the close of the listener is answered', async () => {
    const server = await startTransport(async () => json('{}'), {
      drainDelayMs: DRAIN_DELAY_MS,
      limits: { settleMs: DRAIN_DELAY_MS },
    });
    using idle = await RawClient.connect(server.url);
    assert.equal((await idle.exchange(REQUEST)).close, false);
    const stopped = server[Symbol.asyncDispose]();
    await untilRefused(server.url);
    assert.equal((await idle.exchange(REQUEST)).close, true);
    idle.socket.end();
    await stopped;
  });
});
