import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { BODY_SIZE_MAX } from '#graphql/http-refusals.ts';
import { connectionsMaxOf, HTTP_LIMITS, openFilesMax, type HttpLimits } from '#graphql/http-limits.ts';
import type { HttpRequest, HttpResponse } from '#graphql/http.ts';
import { eventually } from '#testkit/shop.ts';
import { RawClient, rawPost } from '#testkit/raw-client.ts';
import { json, startTransport, type Transport } from './transport.ts';

/** More bytes than the operating system buffers for a client that does not read. */
const LARGE = 16_777_216;
const SMALL_REQUEST = rawPost('{}');
const LARGE_REQUEST = rawPost('{}', '', '/large');
const READERS = 20;

/** Responds to /large with LARGE bytes, to any other path with a few. */
async function handle({ path }: HttpRequest): Promise<HttpResponse> {
  return json(path === '/large' ? 'x'.repeat(LARGE) : '{"small":true}');
}

/** Opens a client that requests a large response and reads nothing. */
async function idleReader(server: Transport): Promise<RawClient> {
  const client = await RawClient.connect(server.url);
  client.socket.pause();
  client.socket.write(LARGE_REQUEST);
  return client;
}

/** Asserts that another client gets a response. */
async function assertAnswers(server: Transport): Promise<void> {
  using client = await RawClient.connect(server.url);
  assert.equal((await client.exchange(SMALL_REQUEST)).body, '{"small":true}');
}

suite('clients that do not read their responses', () => {
  async function assertCut(limits: Partial<HttpLimits>): Promise<void> {
    await using server = await startTransport(handle, { limits, requestTimeoutMs: 1_000 });
    using _ = await idleReader(server);
    await eventually(
      async () => assert.ok((await server.metric('fritzy_http_unsent_bytes')) >= LARGE),
      5_000,
    );
    await assertAnswers(server);
    await eventually(async () => {
      assert.equal(await server.metric('fritzy_http_unsent_bytes'), 0);
      assert.equal(await server.metric('fritzy_http_cut_connections_total'), 1);
      assert.equal(await server.metric('http_server_active_requests'), 0);
    }, 3_000);
  }

  test('their connections are cut after the write timeout', () => assertCut({ writeTimeoutMs: 200 }));

  test('known-bad twin: without a write timeout the response stays in memory', () =>
    assert.rejects(assertCut({ writeTimeoutMs: 600_000 }), assert.AssertionError));

  test('a slow client that keeps reading gets its whole response', async () => {
    const writeTimeoutMs = 2_000;
    const bytesPerMs = 5_000;
    await using server = await startTransport(handle, { limits: { writeTimeoutMs } });
    using client = await RawClient.connect(server.url);
    const { socket } = client;
    socket.write(LARGE_REQUEST);
    const startedMs = performance.now();
    let received = 0;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      const early = received / bytesPerMs - (performance.now() - startedMs);
      if (early <= 0) return;
      socket.pause();
      setTimeout(() => socket.resume(), early);
    });
    await eventually(() => assert.ok(received > LARGE), 60_000);
    assert.ok(performance.now() - startedMs > writeTimeoutMs, 'the client read too fast for the test');
    assert.equal(await server.metric('fritzy_http_cut_connections_total'), 0);
  });

  test('the write timeout ends with the response: the next request on the connection can take longer', async () => {
    const writeTimeoutMs = 1_000;
    await using server = await startTransport(
      async (request) => {
        if (request.path === '/slow') await delay(2 * writeTimeoutMs);
        return handle(request);
      },
      { limits: { writeTimeoutMs } },
    );
    using client = await RawClient.connect(server.url);
    client.socket.write(LARGE_REQUEST + rawPost('{}', '', '/slow'));
    assert.equal((await client.answer()).body.length, LARGE);
    assert.equal((await client.answer()).body, '{"small":true}');
  });

  async function assertBounded(limits: Partial<HttpLimits>): Promise<void> {
    await using server = await startTransport(handle, { limits });
    const readers = await Promise.all(Array.from({ length: READERS }, () => idleReader(server)));
    try {
      // All requests have been answered: without the limit, the server would hold 320 MiB.
      await eventually(async () => {
        const cut = await server.metric('fritzy_http_cut_connections_total');
        const held = (await server.metric('fritzy_http_unsent_bytes')) / LARGE;
        assert.ok(cut + held >= READERS);
      }, 30_000);
      assert.ok((await server.metric('fritzy_http_unsent_bytes')) <= HTTP_LIMITS.unsentBytesMax);
      assert.ok(readers.length > 0);
      await assertAnswers(server);
    } finally {
      for (const reader of readers) reader.socket.destroy();
    }
  }

  test('20 clients with 16 MiB each hold no more than the limit, and others are answered', () =>
    assertBounded({}));

  test('known-bad twin: without the limit they hold more', () =>
    assert.rejects(assertBounded({ unsentBytesMax: Number.MAX_SAFE_INTEGER }), assert.AssertionError));
});

suite('request bodies in progress', () => {
  const BODIES = 1_000;
  const almost = Buffer.alloc(BODY_SIZE_MAX - 1, ' ');
  const head = rawPost('').replace('Content-Length: 0', `Content-Length: ${BODY_SIZE_MAX}`);

  /** Sends bodies without their last byte. Asserts that the limit holds and that other requests are answered. */
  async function assertBounded(limits: Partial<HttpLimits>): Promise<void> {
    await using server = await startTransport(handle, { limits, connectionsMax: 2 * BODIES });
    await using stack = new AsyncDisposableStack();
    let refused = 0;
    let held = 0;
    let sent = 0;
    const send = async (): Promise<void> => {
      const client = stack.use(await RawClient.connect(server.url));
      client.socket.write(head);
      const written = new Promise((resolve) => {
        client.socket.write(almost, resolve);
      });
      const answer = client.answer().then(
        ({ status, head, body }) => {
          assert.equal(status, 503);
          assert.match(head, /^retry-after: 1$/im);
          assert.match(body, /"code":"RESOURCE_EXHAUSTED","requestId":"[\w-]+"/);
          refused += 1;
        },
        () => {},
      );
      await Promise.race([written, answer]);
      held = Math.max(held, await server.metric('fritzy_http_body_bytes'));
      sent += 1;
    };
    for (let index = 0; index < BODIES; index += 20) await Promise.all(Array.from({ length: 20 }, send));
    assert.equal(sent, BODIES);
    await eventually(() => assert.ok(refused > 0), 1_000);
    assert.ok(held <= HTTP_LIMITS.bodyBytesMax, `${held} bytes were held`);
    await assertAnswers(server);
  }

  test('1,000 bodies of almost 1 MiB take no more than the limit; further ones are 503 with Retry-After', () =>
    assertBounded({}));

  test('known-bad twin: without the limit they take more', () =>
    assert.rejects(assertBounded({ bodyBytesMax: Number.MAX_SAFE_INTEGER }), assert.AssertionError));

  test('a body counts until its request is answered', async () => {
    const { promise: finish, resolve } = Promise.withResolvers<void>();
    await using server = await startTransport(async () => {
      await finish;
      return json('{}');
    });
    using client = await RawClient.connect(server.url);
    const answer = client.exchange(rawPost('x'.repeat(100)));
    await eventually(async () => assert.equal(await server.metric('fritzy_http_body_bytes'), 100));
    resolve();
    await answer;
    await eventually(async () => assert.equal(await server.metric('fritzy_http_body_bytes'), 0));
  });

  test('a client that keeps sending a too large body gets 413', async () => {
    await using server = await startTransport(handle);
    using client = await RawClient.connect(server.url);
    client.socket.write(head.replace(`${BODY_SIZE_MAX}`, `${20 * BODY_SIZE_MAX}`));
    for (let index = 0; index < 20; index++) client.socket.write(almost);
    const { status, close } = await client.answer();
    assert.deepEqual({ status, close }, { status: 413, close: true });
    // The client keeps sending while the server lingers, and the connection is not reset.
    if (client.socket.writableLength > 0) await once(client.socket, 'drain');
  });
});

suite('connections', () => {
  test('at the limit, a new connection replaces the longest idle one', async () => {
    await using server = await startTransport(handle, { connectionsMax: 3 });
    await using stack = new AsyncDisposableStack();
    const clients: RawClient[] = [];
    for (let index = 0; index < 3; index++) {
      const client = stack.use(await RawClient.connect(server.url));
      assert.equal((await client.exchange(SMALL_REQUEST)).status, 200);
      clients.push(client);
    }
    assert.equal((await clients[0]?.exchange(SMALL_REQUEST))?.status, 200);
    await assertAnswers(server);
    await clients[1]?.untilEnded();
    assert.equal((await clients[0]?.exchange(SMALL_REQUEST))?.status, 200);
    assert.equal((await clients[2]?.exchange(SMALL_REQUEST))?.status, 200);
    assert.equal(await server.metric('fritzy_http_cut_connections_total'), 1);
  });

  test('a further connection is refused and counted while all others are busy', async () => {
    const { promise: finish, resolve } = Promise.withResolvers<void>();
    await using server = await startTransport(
      async (request) => {
        await finish;
        return handle(request);
      },
      { connectionsMax: 2 },
    );
    using one = await RawClient.connect(server.url);
    using other = await RawClient.connect(server.url);
    const answers = [one.exchange(SMALL_REQUEST), other.exchange(SMALL_REQUEST)];
    await eventually(async () => assert.equal(await server.metric('http_server_active_requests'), 2));
    using refused = await RawClient.connect(server.url);
    await assert.rejects(refused.exchange(SMALL_REQUEST));
    assert.equal(await server.metric('fritzy_http_refused_connections_total'), 1);
    assert.equal(await server.metric('http_server_open_connections'), 2);
    resolve();
    for (const answer of answers) assert.equal((await answer).status, 200);
  });
});

suite('the limit of open files', () => {
  test('the connections are limited, so that file descriptors remain for the database', () => {
    assert.equal(connectionsMaxOf(4_000, 1_024), 824);
    assert.equal(connectionsMaxOf(4_000, 100_000), 4_000);
    assert.equal(connectionsMaxOf(4_000, Infinity), 4_000);
    assert.equal(connectionsMaxOf(4_000, 100), 1);
  });

  const skip = process.platform === 'linux' ? false : 'only Linux has /proc/self/limits';
  test('the limit is that of the process', { skip }, async () => {
    const script = `import('#graphql/http-limits.ts').then((limits) => limits.openFilesMax()).then(console.log)`;
    const command = ['-c', 'ulimit -n 512; exec "$0" -e "$1"', process.execPath, script];
    const { stdout } = await promisify(execFile)('sh', command);
    assert.equal(stdout, '512\n');
    assert.ok((await openFilesMax()) > 0);
  });
});

suite('pipelined requests', () => {
  test('the requests of one connection are executed one after the other and answered in order', async () => {
    let active = 0;
    let activeMax = 0;
    await using server = await startTransport(async ({ body }) => {
      active += 1;
      activeMax = Math.max(activeMax, active);
      await delay(1);
      active -= 1;
      return json(body.toString());
    });
    using client = await RawClient.connect(server.url);
    const numbers = Array.from({ length: HTTP_LIMITS.pipelinedMax + 1 }, (_, index) => String(index));
    client.socket.write(numbers.map((index) => rawPost(index)).join(''));
    for (const index of numbers) assert.equal((await client.answer()).body, index);
    assert.equal(activeMax, 1);
  });

  test('a connection with more requests than the limit is cut', async () => {
    const { promise: finish, resolve } = Promise.withResolvers<void>();
    await using server = await startTransport(async (request) => {
      await finish;
      return handle(request);
    });
    using client = await RawClient.connect(server.url);
    client.socket.write(SMALL_REQUEST.repeat(HTTP_LIMITS.pipelinedMax + 2));
    await client.untilEnded();
    assert.equal(await server.metric('fritzy_http_cut_connections_total'), 1);
    await eventually(async () => assert.equal(await server.metric('http_server_active_requests'), 0));
    resolve();
    await assertAnswers(server);
  });

  test('a connection holds only one large response at a time', async () => {
    await using server = await startTransport(handle);
    using client = await RawClient.connect(server.url);
    client.socket.pause();
    client.socket.write(LARGE_REQUEST.repeat(10));
    await eventually(async () => assert.ok((await server.metric('fritzy_http_unsent_bytes')) >= LARGE));
    assert.ok((await server.metric('fritzy_http_unsent_bytes')) < 2 * LARGE);
    assert.equal(await server.metric('http_server_active_requests'), 1);
  });
});
