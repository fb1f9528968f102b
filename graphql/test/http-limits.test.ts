import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { BODY_SIZE_MAX } from '#graphql/http-server.ts';
import { connectionsMaxOf, HTTP_LIMITS, openFilesMax, type HttpLimits } from '#graphql/http-limits.ts';
import type { HttpRequest, HttpResponse } from '#graphql/http.ts';
import { eventually } from '#testkit/shop.ts';
import { RawClient, rawPost } from '#testkit/raw-client.ts';
import { json, startTransport, type Transport } from './transport.ts';

/** More than the system takes on behalf of a reader that does not read. */
const LARGE = 16_777_216;
const SMALL_REQUEST = rawPost('{}');
const LARGE_REQUEST = rawPost('{}', '', '/large');
const READERS = 20;

/** Answers /large with as many bytes of its own, everything else with a few. */
async function handle({ path }: HttpRequest): Promise<HttpResponse> {
  return json(path === '/large' ? 'x'.repeat(LARGE) : '{"small":true}');
}

/** A caller that asks for a large answer and reads nothing. */
async function idleReader(server: Transport): Promise<RawClient> {
  const client = await RawClient.connect(server.url);
  client.socket.pause();
  client.socket.write(LARGE_REQUEST);
  return client;
}

/** A caller beside them gets its answer. */
async function assertAnswers(server: Transport): Promise<void> {
  using client = await RawClient.connect(server.url);
  assert.equal((await client.ask(SMALL_REQUEST)).body, '{"small":true}');
}

suite('readers that take nothing', () => {
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

  test('are cut after the write timeout', () => assertCut({ writeTimeoutMs: 200 }));

  test('known-bad twin: without a write timeout they hold their answer', () =>
    assert.rejects(assertCut({ writeTimeoutMs: 600_000 }), assert.AssertionError));

  test('a slow reader that keeps reading gets its whole answer', async () => {
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
    assert.ok(performance.now() - startedMs > writeTimeoutMs, 'the reader was too fast to show anything');
    assert.equal(await server.metric('fritzy_http_cut_connections_total'), 0);
  });

  test('the timeout ends with the answer: the next request on the connection may take longer', async () => {
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
      // Each of them has been answered: by now the server would hold 320 MiB.
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

  test('20 of them with 16 MiB each hold no more than the bound, and others are answered', () =>
    assertBounded({}));

  test('known-bad twin: without the bound they hold more', () =>
    assert.rejects(assertBounded({ unsentBytesMax: Number.MAX_SAFE_INTEGER }), assert.AssertionError));
});

suite('bodies under way', () => {
  const BODIES = 1_000;
  const almost = Buffer.alloc(BODY_SIZE_MAX - 1, ' ');
  const head = rawPost('').replace('Content-Length: 0', `Content-Length: ${BODY_SIZE_MAX}`);

  /** Sends bodies of which the last byte never comes; resolves with what was answered so far. */
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

  test('1,000 of almost 1 MiB take no more than the bound; the others are asked to come back', () =>
    assertBounded({}));

  test('known-bad twin: without the bound they take more', () =>
    assert.rejects(assertBounded({ bodyBytesMax: Number.MAX_SAFE_INTEGER }), assert.AssertionError));

  test('a body counts until its request is answered, and no longer', async () => {
    const { promise: finish, resolve } = Promise.withResolvers<void>();
    await using server = await startTransport(async () => {
      await finish;
      return json('{}');
    });
    using client = await RawClient.connect(server.url);
    const answer = client.ask(rawPost('x'.repeat(100)));
    await eventually(async () => assert.equal(await server.metric('fritzy_http_body_bytes'), 100));
    resolve();
    await answer;
    await eventually(async () => assert.equal(await server.metric('fritzy_http_body_bytes'), 0));
  });

  test('a body that is too large is 413 for a caller that keeps sending', async () => {
    await using server = await startTransport(handle);
    using client = await RawClient.connect(server.url);
    client.socket.write(head.replace(`${BODY_SIZE_MAX}`, `${20 * BODY_SIZE_MAX}`));
    for (let index = 0; index < 20; index++) client.socket.write(almost);
    const { status, close } = await client.answer();
    assert.deepEqual({ status, close }, { status: 413, close: true });
    // The caller keeps sending while the server lingers, and the connection is not reset.
    if (client.socket.writableLength > 0) await once(client.socket, 'drain');
  });
});

suite('connections', () => {
  test('at the limit the one that was idle for longest makes room', async () => {
    await using server = await startTransport(handle, { connectionsMax: 3 });
    await using stack = new AsyncDisposableStack();
    const clients: RawClient[] = [];
    for (let index = 0; index < 3; index++) {
      const client = stack.use(await RawClient.connect(server.url));
      assert.equal((await client.ask(SMALL_REQUEST)).status, 200);
      clients.push(client);
    }
    assert.equal((await clients[0]?.ask(SMALL_REQUEST))?.status, 200);
    await assertAnswers(server);
    await clients[1]?.untilEnded();
    assert.equal((await clients[0]?.ask(SMALL_REQUEST))?.status, 200);
    assert.equal((await clients[2]?.ask(SMALL_REQUEST))?.status, 200);
    assert.equal(await server.metric('fritzy_http_cut_connections_total'), 1);
  });

  test('one more is refused and counted while all others are busy', async () => {
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
    const answers = [one.ask(SMALL_REQUEST), other.ask(SMALL_REQUEST)];
    await eventually(async () => assert.equal(await server.metric('http_server_active_requests'), 2));
    using refused = await RawClient.connect(server.url);
    await assert.rejects(refused.ask(SMALL_REQUEST));
    assert.equal(await server.metric('fritzy_http_refused_connections_total'), 1);
    assert.equal(await server.metric('http_server_open_connections'), 2);
    resolve();
    for (const answer of answers) assert.equal((await answer).status, 200);
  });
});

suite('the limit of open files', () => {
  test('bounds the connections, so that descriptors stay for the database', () => {
    assert.equal(connectionsMaxOf(4_000, 1_024), 824);
    assert.equal(connectionsMaxOf(4_000, 100_000), 4_000);
    assert.equal(connectionsMaxOf(4_000, Infinity), 4_000);
    assert.equal(connectionsMaxOf(4_000, 100), 1);
  });

  const skip = process.platform === 'linux' ? false : 'only Linux tells the limit';
  test('is that of the process', { skip }, async () => {
    const script = `import('#graphql/http-limits.ts').then((limits) => limits.openFilesMax()).then(console.log)`;
    const command = ['-c', 'ulimit -n 512; exec "$0" -e "$1"', process.execPath, script];
    const { stdout } = await promisify(execFile)('sh', command);
    assert.equal(stdout, '512\n');
    assert.ok((await openFilesMax()) > 0);
  });
});

suite('pipelined requests', () => {
  test('of one connection are executed one after the other and answered in their order', async () => {
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

  test('more than the bound cut the connection', async () => {
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

  test('large answers of one connection wait for their reader one at a time', async () => {
    await using server = await startTransport(handle);
    using client = await RawClient.connect(server.url);
    client.socket.pause();
    client.socket.write(LARGE_REQUEST.repeat(10));
    await eventually(async () => assert.ok((await server.metric('fritzy_http_unsent_bytes')) >= LARGE));
    assert.ok((await server.metric('fritzy_http_unsent_bytes')) < 2 * LARGE);
    assert.equal(await server.metric('http_server_active_requests'), 1);
  });
});
