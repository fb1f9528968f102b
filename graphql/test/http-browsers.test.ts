import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { COMPRESSED_SIZE_MIN, negotiateEncoding } from '#graphql/compression.ts';
import { send, type Answer } from '#graphql/test/plain-http.ts';
import { startTestShop, testCall } from '#testkit/shop.ts';

const SHOP_ORIGIN = 'https://shop.example';
const shop = await startTestShop({ config: { corsOrigins: [SHOP_ORIGIN, 'http://localhost:3000'] } });
after(() => shop[Symbol.asyncDispose]());
const closed = await shop.addGateway({});
await shop.clients.catalog.createProduct(
  { name: 'P', description: 'A long text. '.repeat(300), priceMinor: 100n },
  testCall(),
);
const open = await shop.addGateway({ config: { corsOrigins: ['*'] } });

const post = (
  query: string,
  headers: Record<string, string> = {},
  gateway: { url: string } = shop,
): Promise<Answer> =>
  send(
    `${gateway.url}/graphql`,
    'POST',
    { 'content-type': 'application/json', ...headers },
    JSON.stringify({ query }),
  );
/** The response has a few kilobytes. */
const LARGE = '{ products { description } }';
const SMALL = '{ __typename }';

suite('CORS', () => {
  const preflight = (
    gateway: { url: string },
    origin: string,
    more: Record<string, string> = {},
  ): Promise<Answer> =>
    send(`${gateway.url}/graphql`, 'OPTIONS', {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
      ...more,
    });

  test('a preflight from a listed origin is 204 and can be cached', async () => {
    const { status, headers, body } = await preflight(shop, SHOP_ORIGIN);
    assert.equal(status, 204);
    assert.equal(body.length, 0);
    assert.equal(headers['content-length'], undefined);
    assert.equal(headers['access-control-allow-origin'], SHOP_ORIGIN);
    assert.match(headers['access-control-allow-methods'] ?? '', /POST/);
    assert.equal(
      headers['access-control-allow-headers'],
      'accept, authorization, content-type, idempotency-key, traceparent, x-request-id',
    );
    assert.equal(headers['access-control-max-age'], '7200');
    assert.match(headers['vary'] ?? '', /\borigin\b/);
    assert.equal(headers['access-control-allow-credentials'], undefined);
  });

  test('pages of a listed origin can read results and refusals', async () => {
    for (const origin of [SHOP_ORIGIN, 'http://localhost:3000']) {
      const { headers } = await post(SMALL, { origin });
      assert.equal(headers['access-control-allow-origin'], origin);
      assert.match(headers['access-control-expose-headers'] ?? '', /x-request-id/);
      assert.equal(headers['vary'], 'origin');
    }
    const tooLarge = await send(
      `${shop.url}/graphql`,
      'POST',
      { origin: SHOP_ORIGIN, 'content-type': 'application/json' },
      Buffer.alloc(1_100_000),
    );
    assert.equal(tooLarge.status, 413);
    assert.equal(tooLarge.headers['access-control-allow-origin'], SHOP_ORIGIN);
  });

  test('origins that resemble a listed one are not allowed', async () => {
    for (const origin of [
      'https://evil.example',
      'https://shop.example.evil.example',
      'http://shop.example',
      'https://shop.example:444',
      'null',
    ]) {
      assert.equal((await preflight(shop, origin)).status, 405, origin);
      const { status, headers } = await post(SMALL, { origin });
      assert.equal(status, 200);
      assert.equal(headers['access-control-allow-origin'], undefined, origin);
      assert.equal(headers['vary'], 'origin');
    }
  });

  test('without CORS_ORIGINS no origin is allowed', async () => {
    assert.equal((await preflight(closed, SHOP_ORIGIN)).status, 405);
    const { headers } = await post(SMALL, { origin: SHOP_ORIGIN }, closed);
    assert.equal(headers['access-control-allow-origin'], undefined);
    assert.equal(headers['vary'], undefined);
  });

  test('* allows any origin with the same headers', async () => {
    assert.equal((await preflight(open, 'https://any.example')).headers['access-control-allow-origin'], '*');
    const { headers } = await post(SMALL, { origin: 'https://any.example' }, open);
    assert.equal(headers['access-control-allow-origin'], '*');
    assert.equal(headers['vary'], undefined);
  });

  test('OPTIONS without a preflight is 405 with the allowed methods', async () => {
    const { status, headers } = await send(`${shop.url}/graphql`, 'OPTIONS', { origin: SHOP_ORIGIN });
    assert.equal(status, 405);
    assert.equal(headers['allow'], 'GET, HEAD, POST');
  });
});

suite('compression', () => {
  const DECODERS = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync };

  test('a response of at least the minimum size has the coding that the caller accepts', async () => {
    const plain = await post(LARGE);
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.ok(plain.body.length > COMPRESSED_SIZE_MIN);
    for (const [coding, decode] of Object.entries(DECODERS)) {
      const { headers, body } = await post(LARGE, { 'accept-encoding': coding });
      assert.equal(headers['content-encoding'], coding);
      assert.equal(headers['content-length'], String(body.length));
      assert.match(headers['vary'] ?? '', /\baccept-encoding\b/);
      assert.ok(body.length < plain.body.length / 2, coding);
      assert.deepEqual(decode(body), plain.body);
    }
  });

  test('small responses and responses to callers that accept no supported coding are not compressed', async () => {
    for (const [query, accepted] of [
      [SMALL, 'gzip, br, zstd'],
      [LARGE, 'deflate'],
      [LARGE, 'identity'],
      [LARGE, 'gzip;q=0'],
      [LARGE, ''],
    ] as const) {
      const { headers, body } = await post(query, { 'accept-encoding': accepted });
      assert.equal(headers['content-encoding'], undefined, accepted);
      assert.ok(JSON.parse(body.toString()));
    }
  });

  test('the coding with the highest weight is used; among equal weights zstd, then br, then gzip', () => {
    for (const [accepted, coding] of [
      ['gzip, deflate, br, zstd', 'zstd'],
      ['gzip, deflate, br', 'br'],
      ['gzip;q=1.0, br;q=0.5', 'gzip'],
      ['br;q=0, gzip', 'gzip'],
      ['GZIP', 'gzip'],
      ['x-gzip', 'gzip'],
      ['*', 'zstd'],
      ['*;q=0, gzip;q=0.1', 'gzip'],
      ['zstd;q=0, *', 'br'],
      ['identity, gzip;q=0.5', undefined],
      ['identity;q=0.2, gzip;q=0.5', 'gzip'],
      ['identity;q=0', undefined],
      ['gzip;q=0.000', undefined],
      ['gzip;q=nonsense', undefined],
      ['gzip;q=2', undefined],
      ['gzip ; q=0.5 , br ; q=0.6', 'br'],
      ['gzipped', undefined],
      ['', undefined],
    ] as const)
      // Twice: the second result comes from the cache.
      for (let index = 0; index < 2; index++) assert.equal(negotiateEncoding(accepted), coding, accepted);
  });

  test('a body with a content coding is 415 with the supported codings', async () => {
    for (const coding of ['gzip', 'br', 'identity, gzip', 'nonsense']) {
      const { status, headers, body } = await post(SMALL, { 'content-encoding': coding });
      assert.equal(status, 415, coding);
      assert.equal(headers['accept-encoding'], 'identity');
      assert.match(body.toString(), /"code":"UNSUPPORTED_MEDIA_TYPE"/);
    }
    assert.equal((await post(SMALL, { 'content-encoding': 'identity' })).status, 200);
  });
});

suite('HEAD and caches', () => {
  const HTML = { accept: 'text/html' };

  test('HEAD returns the same status and headers as GET on every path, without a body', async () => {
    const paths: [string, Record<string, string>][] = [
      ['/', {}],
      ['/healthz', {}],
      ['/readyz', {}],
      ['/graphql', HTML],
      ['/graphql?query=%7B__typename%7D', {}],
      ['/nope', {}],
    ];
    for (const [path, headers] of paths) {
      const [get, head] = [
        await send(shop.url + path, 'GET', headers),
        await send(shop.url + path, 'HEAD', headers),
      ];
      assert.equal(head.status, get.status, path);
      assert.equal(head.body.length, 0);
      for (const name of ['content-type', 'content-length', 'etag', 'vary', 'cache-control', 'location'])
        assert.equal(head.headers[name], get.headers[name], `${path} ${name}`);
    }
    assert.equal((await send(`${shop.url}/metrics`, 'HEAD')).status, 200);
  });

  test('HEAD never executes a mutation', async () => {
    const query = encodeURIComponent('mutation { createAccount(account: { name: "A" }) { id } }');
    assert.equal((await send(`${shop.url}/graphql?query=${query}`, 'HEAD')).status, 405);
    assert.deepEqual((await shop.graphql('{ accounts { id } }')).data, { accounts: [] });
  });

  test('responses with data have Cache-Control: no-store', async () => {
    for (const path of ['/graphql?query=%7B__typename%7D', '/healthz', '/metrics'])
      assert.equal((await send(shop.url + path, 'GET')).headers['cache-control'], 'no-store', path);
  });
});

suite('automatic persisted queries', () => {
  const extensions = { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } };
  const assertNotSupported = ({ body }: Answer): void => {
    const { errors } = JSON.parse(body.toString());
    assert.equal(errors.length, 1);
    assert.equal(errors[0].message, 'PersistedQueryNotSupported');
    assert.equal(errors[0].extensions.code, 'PERSISTED_QUERY_NOT_SUPPORTED');
  };

  test('a hash without a document has the error that makes clients send the document', async () => {
    const json = { 'content-type': 'application/json' };
    assertNotSupported(await send(`${shop.url}/graphql`, 'POST', json, JSON.stringify({ extensions })));
    const search = new URLSearchParams({ extensions: JSON.stringify(extensions) });
    assertNotSupported(await send(`${shop.url}/graphql?${search.toString()}`, 'GET'));
  });

  test('a hash with its document is executed', async () => {
    const body = JSON.stringify({ query: SMALL, extensions });
    const { body: answer } = await send(
      `${shop.url}/graphql`,
      'POST',
      { 'content-type': 'application/json' },
      body,
    );
    assert.deepEqual(JSON.parse(answer.toString()), { data: { __typename: 'Query' } });
  });
});
