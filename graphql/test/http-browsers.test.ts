import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { after, suite, test } from 'node:test';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { COMPRESSED_SIZE_MIN, negotiateEncoding } from '#graphql/compression.ts';
import { startTestShop, testCall } from '#testkit/shop.ts';

const SHOP_ORIGIN = 'https://shop.example';
const shop = await startTestShop({ config: { corsOrigins: [SHOP_ORIGIN, 'http://localhost:3000'] } });
after(() => shop[Symbol.asyncDispose]());
const closed = await shop.addGateway({});
const production = await shop.addGateway({ config: { playground: false } });
await shop.clients.catalog.createProduct(
  { name: 'P', description: 'A long text. '.repeat(300), priceMinor: 100n },
  testCall(),
);
const open = await shop.addGateway({ config: { corsOrigins: ['*'] } });

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** Without what fetch adds to a request and takes from an answer. */
function send(
  url: string,
  method: string,
  headers: Record<string, string> = {},
  body: string | Buffer = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, (response) => {
      buffer(response).then((bytes) => {
        const all = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
        resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(all), body: bytes });
      }, reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

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
/** An answer of a few kilobytes. */
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

  test('a preflight from a listed origin is 204 and may be remembered', async () => {
    const { status, headers, body } = await preflight(shop, SHOP_ORIGIN);
    assert.equal(status, 204);
    assert.equal(body.length, 0);
    assert.equal(headers['content-length'], undefined);
    assert.equal(headers['access-control-allow-origin'], SHOP_ORIGIN);
    assert.match(headers['access-control-allow-methods'] ?? '', /POST/);
    assert.match(headers['access-control-allow-headers'] ?? '', /content-type/);
    assert.equal(headers['access-control-max-age'], '7200');
    assert.match(headers['vary'] ?? '', /\borigin\b/);
    assert.equal(headers['access-control-allow-credentials'], undefined);
  });

  test('answers and refusals to a listed origin can be read by its page', async () => {
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

  test('other origins get no permission, whatever they look like', async () => {
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

  test('without the setting nothing is allowed', async () => {
    assert.equal((await preflight(closed, SHOP_ORIGIN)).status, 405);
    const { headers } = await post(SMALL, { origin: SHOP_ORIGIN }, closed);
    assert.equal(headers['access-control-allow-origin'], undefined);
    assert.equal(headers['vary'], undefined);
  });

  test('* allows any origin, with the same answer for all', async () => {
    assert.equal((await preflight(open, 'https://any.example')).headers['access-control-allow-origin'], '*');
    const { headers } = await post(SMALL, { origin: 'https://any.example' }, open);
    assert.equal(headers['access-control-allow-origin'], '*');
    assert.equal(headers['vary'], undefined);
  });

  test('OPTIONS that is no preflight says what is allowed', async () => {
    const { status, headers } = await send(`${shop.url}/graphql`, 'OPTIONS', { origin: SHOP_ORIGIN });
    assert.equal(status, 405);
    assert.equal(headers['allow'], 'GET, HEAD, POST');
  });
});

suite('compression', () => {
  const DECODERS = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync };

  test('an answer above the bound comes in the coding that the caller accepts', async () => {
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

  test('small answers, and answers to callers who accept nothing of it, are sent as they are', async () => {
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

  test('weights decide, then our order: zstd, br, gzip', () => {
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
      // Twice: the second time it is remembered.
      for (let nr = 0; nr < 2; nr++) assert.equal(negotiateEncoding(accepted), coding, accepted);
  });

  test('a body with a content coding is 415 and says what is supported', async () => {
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

  test('HEAD answers every path of GET with the same head and no body', async () => {
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

  test('data is not stored by caches', async () => {
    for (const path of ['/graphql?query=%7B__typename%7D', '/healthz', '/metrics'])
      assert.equal((await send(shop.url + path, 'GET')).headers['cache-control'], 'no-store', path);
  });
});

suite('the playground', () => {
  const page = (headers: Record<string, string> = {}): Promise<Answer> =>
    send(`${shop.url}/graphql`, 'GET', { accept: 'text/html', ...headers });
  const assetsOf = (html: string): string[] =>
    [...html.matchAll(/"(\/graphql\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '');

  test('the page is small, asked for each time, and 304 while it is the same', async () => {
    const { status, headers, body } = await page();
    assert.equal(status, 200);
    assert.ok(body.length < 10_000);
    assert.equal(headers['cache-control'], 'no-cache');
    assert.match(headers['vary'] ?? '', /accept, accept-encoding/);
    const { etag = '' } = headers;
    assert.match(etag, /^"[\w-]+"$/);
    for (const condition of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await page({ 'if-none-match': condition });
      assert.equal(again.status, 304, condition);
      assert.equal(again.headers['etag'], etag);
      assert.equal(again.body.length, 0);
      assert.equal(again.headers['content-length'], undefined);
    }
    assert.equal((await page({ 'if-none-match': '"other"' })).status, 200);
    assert.notEqual((await page({ 'accept-encoding': 'gzip' })).headers['etag'], etag);
  });

  test('its assets may be kept for a year under names that change with them, and come compressed', async () => {
    const paths = assetsOf((await page()).body.toString());
    assert.equal(paths.length, 6);
    for (const path of paths) {
      assert.match(path, /\.[\w-]{16}\.(js|css|ico)$/);
      const plain = await send(shop.url + path, 'GET');
      assert.equal(plain.status, 200);
      assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable');
      assert.equal(plain.headers['vary'], 'accept-encoding');
      const gzip = await send(shop.url + path, 'GET', { 'accept-encoding': 'gzip' });
      assert.equal(gzip.headers['content-encoding'], 'gzip');
      assert.ok(gunzipSync(gzip.body).equals(plain.body));
      assert.notEqual(gzip.headers['etag'], plain.headers['etag']);
      const etag = plain.headers['etag'] ?? '';
      assert.equal((await send(shop.url + path, 'GET', { 'if-none-match': etag })).status, 304);
    }
    for (const path of ['nope.js', '', '../../etc/passwd', 'graphiql.0000000000000000.js'])
      assert.equal((await send(`${shop.url}/graphql/assets/${path}`, 'GET')).status, 404, path);
  });

  test('in production neither the page nor its assets are served', async () => {
    const [asset = ''] = assetsOf((await page()).body.toString());
    assert.equal((await send(production.url + asset, 'GET')).status, 404);
    const { status, headers } = await send(`${production.url}/graphql`, 'GET', { accept: 'text/html' });
    assert.equal(status, 406);
    assert.match(headers['content-type'] ?? '', /json/);
  });
});

suite('automatic persisted queries', () => {
  const extensions = { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } };
  const isRefused = ({ body }: Answer): void => {
    const { errors } = JSON.parse(body.toString());
    assert.equal(errors.length, 1);
    assert.equal(errors[0].message, 'PersistedQueryNotSupported');
    assert.equal(errors[0].extensions.code, 'PERSISTED_QUERY_NOT_SUPPORTED');
  };

  test('are refused in the form by which clients know to send the document itself', async () => {
    const json = { 'content-type': 'application/json' };
    isRefused(await send(`${shop.url}/graphql`, 'POST', json, JSON.stringify({ extensions })));
    const search = new URLSearchParams({ extensions: JSON.stringify(extensions) });
    isRefused(await send(`${shop.url}/graphql?${search.toString()}`, 'GET'));
  });

  test('with their document they are executed', async () => {
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
