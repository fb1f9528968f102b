import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { after, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { spawnProgram, startShop, type Program } from '#cmd/fritzy/test/program.ts';
import { newFolder } from '#platform/test/embedded-server-owner.ts';
import { postGraphQL } from '#testkit/shop.ts';

/** The first start of a shop that requires roles, on a development machine and elsewhere. */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PLAYGROUND = { 'x-fritzy-playground': '1' };
const CREATE = 'mutation { createProduct(product: { name: "Lamp", price: 5 }) { name } }';
const run = promisify(execFile);

suite('the first start of make run', async () => {
  const folder = newFolder();
  const shop = await startShop(folder, { ACCESS: 'enforced' });
  after(() => shop[Symbol.asyncDispose]());
  const tokenFrom = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${shop.url}/graphql/development-token`, { headers });
  const create = (token: string) =>
    postGraphQL(shop.url, { query: CREATE }, { authorization: `Bearer ${token}` });

  test('anonymous callers read the catalog, and may not change it', async () => {
    assert.deepEqual((await postGraphQL(shop.url, { query: '{ products { name } }' })).data, {
      products: [],
    });
    const { errors } = await postGraphQL(shop.url, { query: CREATE });
    assert.equal(errors?.[0]?.extensions.code, 'UNAUTHENTICATED');
  });

  test('the playground gets a token of an administrator, other pages do not', async () => {
    const answer = await tokenFrom(PLAYGROUND);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.equal((await create(await answer.text())).errors, undefined);
    assert.equal((await tokenFrom({})).status, 404);
    for (const name of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'])
      assert.equal(
        (await tokenFrom({ ...PLAYGROUND, [name]: '198.51.100.1' })).status,
        404,
        'behind a proxy',
      );
    const preflight = await fetch(`${shop.url}/graphql/development-token`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://other.example',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'x-fritzy-playground',
      },
    });
    assert.notEqual(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-origin'), null);
  });

  test('make token prints a token with a role', async () => {
    const tokenOf = async (role: string): Promise<string> =>
      (
        await run('make', ['-s', 'token', `ROLE=${role}`, `FRITZY_DATA=${folder}`], { cwd: ROOT })
      ).stdout.trim();
    assert.equal((await create(await tokenOf('catalog-manager'))).errors, undefined);
    const { errors } = await create(await tokenOf('support'));
    assert.equal(errors?.[0]?.extensions.code, 'PERMISSION_DENIED');
    await assert.rejects(tokenOf('owner'), /ROLE is "owner", but must be one of/);
  });

  test('the printed commands place an order', async () => {
    const text = shop.stdout();
    assert.ok(text.includes(`TOKEN=$(make -s token FRITZY_DATA='${folder}')`), text);
    const commands = text.slice(text.indexOf('TOKEN='), text.indexOf('  Data:'));
    const { stdout } = await run('sh', ['-c', commands], { cwd: ROOT });
    assert.match(stdout, /"totalPrice":2399.98/);
  });
});

suite('a shop that other machines reach', () => {
  async function refused(env: Record<string, string>): Promise<string> {
    await using program: Program = spawnProgram('cmd/fritzy/main.ts', {
      FRITZY_DATA: newFolder(),
      PORT: '0',
      ...env,
    });
    assert.equal(await program.ended, 1);
    return program.stderr();
  }

  test('ACCESS=open is refused', async () => {
    for (const env of [
      { HOST: '0.0.0.0' },
      { ALLOWED_HOSTS: 'shop.example' },
      { TRUSTED_PROXIES: '10.0.0.1' },
    ])
      assert.match(
        await refused({ ACCESS: 'open', RATE_LIMIT: 'on', ...env }),
        /ACCESS=open requires HOST on loopback, without ALLOWED_HOSTS/,
      );
  });

  test('RATE_LIMIT=off is refused', async () => {
    const env = { HOST: '0.0.0.0', ACCESS: 'enforced', RATE_LIMIT: 'off' };
    assert.match(await refused(env), /RATE_LIMIT=off requires HOST on loopback/);
  });

  test('NODE_ENV=production requires keys that last and a mail server', async () => {
    assert.match(
      await refused({ NODE_ENV: 'production', ACCESS: 'enforced' }),
      /with NODE_ENV=production, set MAIL_URL/,
    );
  });

  test('it has no token for the playground', async () => {
    for (const env of [{ HOST: '0.0.0.0' }, { ALLOWED_HOSTS: 'shop.example' }]) {
      await using shop = await startShop(newFolder(), { ACCESS: 'enforced', RATE_LIMIT: 'on', ...env });
      const answer = await fetch(`${shop.url}/graphql/development-token`, { headers: PLAYGROUND });
      assert.equal(answer.status, 404);
    }
  });
});
