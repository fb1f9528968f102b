import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { send, type Answer } from '#graphql/test/plain-http.ts';
import { startTestShop } from '#testkit/shop.ts';

const shop = await startTestShop();
after(() => shop[Symbol.asyncDispose]());
const production = await shop.addGateway({ config: { playground: false } });

suite('the playground', () => {
  const page = (headers: Record<string, string> = {}): Promise<Answer> =>
    send(`${shop.url}/graphql`, 'GET', { accept: 'text/html', ...headers });
  const assetsOf = (html: string): string[] =>
    [...html.matchAll(/"(\/graphql\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '');

  test('the page is small, revalidated each time, and 304 while it is unchanged', async () => {
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

  test('the assets have content-hashed names, can be cached for a year, and are compressed', async () => {
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

  test('the page and its assets are not served in production', async () => {
    const [asset = ''] = assetsOf((await page()).body.toString());
    assert.equal((await send(production.url + asset, 'GET')).status, 404);
    const { status, headers } = await send(`${production.url}/graphql`, 'GET', { accept: 'text/html' });
    assert.equal(status, 406);
    assert.match(headers['content-type'] ?? '', /json/);
  });
});
