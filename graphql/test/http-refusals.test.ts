import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite, test } from 'node:test';
import { createHostCheck } from '#graphql/host-check.ts';
import { eventually } from '#testkit/shop.ts';
import { RawClient, rawPost, type RawAnswer } from '#testkit/raw-client.ts';
import { json, startTransport } from './transport.ts';

const REQUEST = rawPost('{}');
const handle = async () => json('{"executed":true}');

/** Asserts that the response is a refusal in the form of a GraphQL error, and that the connection closes. */
function assertRefusal(answer: RawAnswer, status: number, code: string): void {
  assert.equal(answer.status, status, answer.head);
  const { errors } = JSON.parse(answer.body) as {
    errors: { message: string; extensions: { code: string; requestId: string } }[];
  };
  assert.equal(errors.length, 1);
  assert.equal(errors[0]?.extensions.code, code);
  assert.ok((errors[0]?.message.length ?? 0) > 10);
  const requestId = /^x-request-id: ([\w.:-]+)$/im.exec(answer.head)?.[1];
  assert.ok(requestId);
  assert.equal(errors[0]?.extensions.requestId, requestId);
  assert.match(answer.head, /^content-type: application\/json; charset=utf-8$/im);
  assert.equal(answer.close, true);
}

/** Requests that are not valid HTTP/1.1, with the status and the code of their refusals. */
const MALFORMED = [
  [400, 'BAD_REQUEST', 'nonsense\r\n\r\n'],
  [400, 'BAD_REQUEST', 'GET /graphql HTTP/9.9\r\nHost: localhost\r\n\r\n'],
  [400, 'BAD_REQUEST', 'GET /graphql HTTP/1.1\r\nHost localhost\r\n\r\n'],
  [
    400,
    'BAD_REQUEST',
    'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
  ],
  [
    400,
    'BAD_REQUEST',
    'POST /graphql HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  ],
  [
    413,
    'BODY_TOO_LARGE',
    `POST /graphql HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(17_000)}\r\n`,
  ],
  [431, 'HEADERS_TOO_LARGE', `GET /graphql HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`],
  [405, 'METHOD_NOT_ALLOWED', 'CONNECT other.example:443 HTTP/1.1\r\nHost: other.example:443\r\n\r\n'],
] as const;

suite('requests that the HTTP parser rejects', () => {
  for (const [status, code, bytes] of MALFORMED)
    test(`${status} ${code}: ${JSON.stringify(bytes.slice(0, 90))}`, async () => {
      await using server = await startTransport(handle);
      using client = await RawClient.connect(server.url);
      assertRefusal(await client.exchange(bytes), status, code);
      await client.untilEnded();
      assert.equal(await server.metric('fritzy_http_malformed_requests_total'), 1);
    });

  test('a reset after a refusal, also after CONNECT, does not end the process', async () => {
    await using server = await startTransport(handle);
    for (const [, , bytes] of MALFORMED) {
      const client = await RawClient.connect(server.url);
      await client.exchange(bytes);
      client.socket.resetAndDestroy();
      await once(client.socket, 'close');
    }
    await eventually(async () => assert.equal(await server.metric('http_server_open_connections'), 0));
    using other = await RawClient.connect(server.url);
    assert.equal((await other.exchange(REQUEST)).status, 200);
  });

  test('known-bad twin: the default responses of node:http are caught', async () => {
    const server = createServer((_, response) => response.end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      for (const [status, code, bytes] of MALFORMED.slice(0, 3)) {
        using client = await RawClient.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
        const answer = await client.exchange(bytes);
        assert.throws(() => assertRefusal(answer, status, code));
      }
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  test('a valid request before malformed bytes is answered first', async () => {
    const { promise: finish, resolve } = Promise.withResolvers<void>();
    await using server = await startTransport(async () => {
      await finish;
      return json('{"executed":true}');
    });
    using client = await RawClient.connect(server.url);
    client.socket.write(`${REQUEST}nonsense\r\n\r\n`);
    await eventually(async () =>
      assert.equal(await server.metric('fritzy_http_malformed_requests_total'), 1),
    );
    resolve();
    assert.deepEqual(JSON.parse((await client.answer()).body), { executed: true });
    assertRefusal(await client.answer(), 400, 'BAD_REQUEST');
  });

  test('HTTP/1.1 without a Host header is 400, an unsupported expectation is 417', async () => {
    await using server = await startTransport(handle);
    using one = await RawClient.connect(server.url);
    assertRefusal(await one.exchange('GET /graphql HTTP/1.1\r\n\r\n'), 400, 'BAD_REQUEST');
    using other = await RawClient.connect(server.url);
    assertRefusal(await other.exchange(rawPost('{}', 'Expect: other\r\n')), 417, 'EXPECTATION_FAILED');
    using third = await RawClient.connect(server.url);
    assert.equal((await third.exchange('GET /graphql HTTP/1.0\r\n\r\n')).status, 200);
  });
});

suite('incomplete requests', () => {
  /** Asserts that incomplete headers are rejected in time, for the gateway's server and for Node's defaults. */
  async function assertHeadersRefused(url: string): Promise<void> {
    using client = await RawClient.connect(url);
    client.socket.write('GET /graphql HTTP/1.1\r\nHost: localhost\r\nX-Half: ');
    let answer: RawAnswer | undefined;
    client.answer().then(
      (got) => void (answer = got),
      () => {},
    );
    await eventually(() => assert.ok(answer, 'no refusal'), 4_000);
    assert.ok(answer);
    assertRefusal(answer, 408, 'DEADLINE_EXCEEDED');
  }

  test('incomplete headers are 408 soon after their timeout', async () => {
    await using server = await startTransport(handle, { limits: { headersTimeoutMs: 500 } });
    await assertHeadersRefused(server.url);
  });

  test("known-bad twin: with Node's default check interval they are rejected only after up to 30 s", async () => {
    const server = createServer({ headersTimeout: 500 }, (_, response) => response.end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await assert.rejects(assertHeadersRefused(url), /no refusal/);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  test('a connection without a byte is closed without a response', async () => {
    await using server = await startTransport(handle, { limits: { headersTimeoutMs: 200 } });
    using client = await RawClient.connect(server.url);
    await client.untilEnded();
    await assert.rejects(client.answer(), /ended before/);
    assert.equal(await server.metric('fritzy_http_malformed_requests_total'), 0);
  });

  test('an incomplete body is 408 at the deadline of its request', async () => {
    await using server = await startTransport(handle, { requestTimeoutMs: 200 });
    using client = await RawClient.connect(server.url);
    assertRefusal(await client.exchange(REQUEST.slice(0, -1)), 408, 'DEADLINE_EXCEEDED');
  });

  test('an incomplete body that ends with FIN is 400', async () => {
    await using server = await startTransport(handle);
    using client = await RawClient.connect(server.url);
    client.socket.end(REQUEST.slice(0, -1));
    assertRefusal(await client.answer(), 400, 'BAD_REQUEST');
  });
});

suite('a client that closes its side of the connection after the request', () => {
  async function assertAnswered(url: string): Promise<void> {
    using client = await RawClient.connect(url);
    client.socket.end(REQUEST);
    assert.equal((await client.answer()).status, 200);
    await client.untilEnded();
  }
  const slowly = async <T>(answer: T): Promise<T> =>
    new Promise((resolve) => {
      setTimeout(() => resolve(answer), 50);
    });

  test('a late response reaches the client, and then the connection ends', async () => {
    await using server = await startTransport(() => slowly(json('{}')));
    await assertAnswered(server.url);
    await eventually(async () => assert.equal(await server.metric('http_server_open_connections'), 0));
  });

  test('the responses to all pipelined requests reach the client', async () => {
    await using server = await startTransport(() => slowly(json('{}')));
    using client = await RawClient.connect(server.url);
    client.socket.end(REQUEST.repeat(3));
    for (let index = 0; index < 3; index++) assert.equal((await client.answer()).status, 200);
    await client.untilEnded();
  });

  test("known-bad twin: with Node's default the response is lost", async () => {
    const server = createServer((_, response) => void slowly(response).then((late) => late.end('{}')));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await assert.rejects(assertAnswered(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});

suite('the Host header', () => {
  const get = (host: string, path = '/graphql'): string => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

  test('on loopback only its own names are accepted, with any port; others are 421', async () => {
    await using server = await startTransport(handle, { allowedHosts: ['Shop.Example'] });
    for (const host of [
      'localhost',
      'LOCALHOST:1',
      '127.0.0.1:8000',
      '[::1]',
      '[::1]:8000',
      'shop.example',
      'shop.example:443',
    ]) {
      using client = await RawClient.connect(server.url);
      for (let index = 0; index < 2; index++)
        assert.equal((await client.exchange(get(host))).status, 200, host);
    }
    for (const host of [
      'evil.example',
      'evil.example:8000',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '',
      'localhost:8000, evil.example',
      '::1',
      'user@localhost',
    ]) {
      using client = await RawClient.connect(server.url);
      assertRefusal(await client.exchange(get(host)), 421, 'MISDIRECTED_REQUEST');
    }
  });

  test('health probes are accepted with any name, metrics are not', async () => {
    await using server = await startTransport(handle);
    for (const [path, status] of [
      ['/healthz', 200],
      ['/readyz', 200],
      ['/metrics', 421],
    ] as const) {
      using client = await RawClient.connect(server.url);
      assert.equal((await client.exchange(get('10.0.0.7:8000', path))).status, status, path);
    }
  });

  test('on other addresses the check is off without a list of names', () => {
    assert.equal(createHostCheck('0.0.0.0', [])('anything.example'), true);
    assert.equal(createHostCheck('0.0.0.0', ['shop.example'])('anything.example'), false);
    assert.equal(createHostCheck('0.0.0.0', ['shop.example'])('127.0.0.1:8000'), true);
    assert.equal(createHostCheck('192.168.1.5', ['shop.example'])('192.168.1.5:8000'), true);
    for (const address of ['127.0.0.1', '127.0.0.9', '::1', 'localhost']) {
      const isOwn = createHostCheck(address, []);
      assert.equal(isOwn('evil.example'), false, address);
      assert.equal(isOwn(address.includes(':') ? `[${address}]:1` : `${address}:1`), true, address);
    }
  });

  test('more Host values than the cache holds are still accepted or rejected correctly', () => {
    const isOwn = createHostCheck('127.0.0.1', []);
    for (let port = 1; port <= 1_000; port++) assert.equal(isOwn(`localhost:${port}`), true);
    assert.equal(isOwn('localhost:1'), true);
    assert.equal(isOwn('evil.example:1'), false);
  });
});
