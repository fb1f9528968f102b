import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import pg from 'pg';
import { eventually, startTestShop } from '#testkit/shop.ts';

const shop = await startTestShop();
after(() => shop[Symbol.asyncDispose]());

suite('the gateway: HTTP paths', () => {
  test('an unknown path is 404 for every method, with the path of the API', async () => {
    for (const path of ['/nope', '/graphql/', '/graphqlx', '/healthz/x', '/%2e%2e/etc/passwd']) {
      const response = await fetch(shop.url + path);
      assert.equal(response.status, 404, path);
      assert.match(await response.text(), /\/graphql/);
    }
    assert.equal((await fetch(`${shop.url}/healthz`, { method: 'POST' })).status, 404);
    const root = await fetch(shop.url, { redirect: 'manual' });
    assert.equal(root.status, 302);
    assert.equal(root.headers.get('location'), '/graphql');
  });

  test('/healthz, /readyz and /metrics support GET and HEAD', async () => {
    // The histogram has a series for /graphql after the first request.
    await shop.graphql('{ __typename }');
    for (const [path, expected] of [
      ['/healthz', /^ok\n$/],
      ['/readyz', /^ready\n$/],
      ['/metrics', /^http_server_request_duration_seconds_count\{.*http_route="\/graphql".*\} \d+$/m],
    ] as const) {
      const response = await fetch(shop.url + path);
      assert.equal(response.status, 200, path);
      assert.match(response.headers.get('content-type') ?? '', /^text\/plain/);
      assert.match(await response.text(), expected);
      const head = await fetch(shop.url + path, { method: 'HEAD' });
      assert.equal(head.status, 200);
      assert.equal(await head.text(), '');
    }
  });

  test('/readyz is 200 while one service has no database, and names that service', async () => {
    for (const service of SERVICES) {
      await allowConnections(shop.databaseUrls[service], false);
      await readyzAnswers(200, new RegExp(`^ready, degraded: ${service}: The database cannot be reached`));
      await allowConnections(shop.databaseUrls[service], true);
      await readyzAnswers(200, /^ready\n$/);
    }
  });

  test('/readyz is 503 while no service has its database, and 200 when one is available again', async () => {
    for (const service of SERVICES) await allowConnections(shop.databaseUrls[service], false);
    await readyzAnswers(503, /^not ready: account: .*; catalog: .*; order: /);
    assert.equal((await fetch(`${shop.url}/healthz`)).status, 200);
    for (const service of SERVICES) {
      await allowConnections(shop.databaseUrls[service], true);
      await readyzAnswers(200, /^ready/);
    }
    await readyzAnswers(200, /^ready\n$/);
  });
});

const SERVICES = ['account', 'catalog', 'order'] as const;

const readyzAnswers = (status: number, body: RegExp): Promise<void> =>
  eventually(async () => {
    const response = await fetch(`${shop.url}/readyz`);
    assert.match(await response.text(), body);
    assert.equal(response.status, status);
  });

/** Allows connections to a database, or terminates all of them and refuses new ones. */
async function allowConnections(url: string, allowed: boolean): Promise<void> {
  const admin = new URL(url);
  const name = admin.pathname.slice(1);
  admin.pathname = '/postgres';
  const client = new pg.Client({ connectionString: admin.href });
  await client.connect();
  try {
    await client.query(`ALTER DATABASE ${pg.escapeIdentifier(name)} ALLOW_CONNECTIONS ${allowed}`);
    if (!allowed)
      await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  } finally {
    await client.end();
  }
}
