import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { trustedProxies } from '#graphql/client-address.ts';
import { tokenFromKeys } from '#platform/auth/development-token.ts';
import type { Role } from '#platform/auth/roles.ts';
import { eventually, startTestShop } from '#testkit/shop.ts';
import { signUpCustomer } from '#testkit/sign-up.ts';

/** The limits of requests per caller in the API. graphql/test/rate-limit.test.ts has the algorithm. */

const ANONYMOUS = { perSecond: 10, burst: 20 };
const ACCOUNT = { perSecond: 5, burst: 50 };

suite('limits of callers', async () => {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());
  const folder = await mkdtemp(join(tmpdir(), 'fritzy-limits-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const shop = stack.use(await startTestShop({ tokenKeys: folder }));
  const proxies = trustedProxies(['127.0.0.1']);
  const { url } = await shop.addGateway({
    config: { access: 'enforced', callerLimits: { anonymous: ANONYMOUS, account: ACCOUNT, proxies } },
  });
  let addresses = 0;
  const newAddress = (): string => `198.51.100.${(addresses += 1)}`;
  const post = (headers: Record<string, string>, query = '{ shop { name } }'): Promise<Response> =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query }),
    });
  const postMany = (count: number, headers: Record<string, string>): Promise<Response[]> =>
    Promise.all(Array.from({ length: count }, () => post(headers)));
  const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

  test('an address gets 20 requests at once, then 429 with Retry-After, a code and the policy', async () => {
    const from = { 'x-forwarded-for': newAddress() };
    const startedMs = performance.now();
    const answers = await postMany(60, from);
    const refused = answers.filter(({ status }) => status === 429);
    const seconds = (performance.now() - startedMs) / 1_000;
    const admitted = answers.length - refused.length;
    assert.ok(admitted >= 20 && admitted <= 21 + 10 * seconds, `${admitted} in ${seconds} s`);
    const [one = assert.fail()] = refused;
    assert.equal(one.headers.get('retry-after'), '1');
    assert.equal(one.headers.get('ratelimit-policy'), '"anonymous";q=20;w=2');
    assert.match(one.headers.get('ratelimit') ?? '', /^"anonymous";r=0;t=\d$/);
    const { errors } = (await one.json()) as { errors: { message: string; extensions: { code: string } }[] };
    assert.equal(errors[0]?.extensions.code, 'RATE_LIMITED');
    assert.match(errors[0]?.message ?? '', /Try again in 1 s, or sign in\./);
    await eventually(async () => assert.equal((await post(from)).status, 200));
  });

  test('other addresses, health, metrics and the playground are not affected', async () => {
    const from = { 'x-forwarded-for': newAddress() };
    await postMany(40, from);
    assert.equal((await post({ 'x-forwarded-for': newAddress() })).status, 200);
    for (const path of ['/healthz', '/readyz', '/metrics'])
      assert.equal((await fetch(url + path, { headers: from })).status, 200);
    const page = await fetch(`${url}/graphql`, { headers: { ...from, accept: 'text/html' } });
    assert.equal(page.status, 200);
    const refused = await Promise.all(
      Array.from({ length: 40 }, () => fetch(`${url}/graphql?query={__typename}`, { headers: from })),
    );
    assert.ok(
      refused.some(({ status }) => status === 429),
      'GET is limited too',
    );
  });

  test('a signed-in customer has an own limit, by cost', async () => {
    const customer = await signUpCustomer(shop);
    const headers = { ...bearer(customer.accessToken), 'x-forwarded-for': newAddress() };
    const first = await post(headers);
    assert.equal(first.headers.get('ratelimit-policy'), '"account";q=50;w=10');
    const page =
      '{ products(pagination: { take: 100 }) { id name description price tags createdAt category { name } } }';
    let admitted = 0;
    while ((await post(headers, page)).status === 200) admitted += 1;
    assert.ok(admitted >= 3 && admitted < 40, `${admitted} expensive requests`);
    assert.equal((await post({ 'x-forwarded-for': headers['x-forwarded-for'] })).status, 200);
  });

  test('administrators and programs of the shop are not limited, other staff is', async () => {
    const statuses = async (role: Role): Promise<number[]> => {
      const token = await tokenFromKeys(folder, { subject: `limits ${role}`, role });
      const answers = await postMany(100, bearer(token));
      return [...new Set(answers.map(({ status }) => status))].toSorted((one, other) => one - other);
    };
    assert.deepEqual(await statuses('admin'), [200]);
    assert.deepEqual(await statuses('service'), [200]);
    assert.deepEqual(await statuses('support'), [200, 429]);
  });

  test('sign-ins of an address count by their cost, as aliases of one document too', async () => {
    const from = { 'x-forwarded-for': newAddress() };
    const logins = Array.from(
      { length: 10 },
      (_, index) =>
        `a${index}: login(input: { email: "a${index}@shop.example", password: "x" }) { userErrors { code } }`,
    );
    const query = `mutation { ${logins.join(' ')} }`;
    const answers = await Promise.all(Array.from({ length: 6 }, () => post(from, query)));
    const admitted = answers.filter(({ status }) => status === 200).length;
    assert.ok(admitted >= 1 && admitted <= 2, `${admitted} documents of ten sign-ins`);
  });

  test('an address that sends tokens that are not accepted gets 429 before they are verified', async () => {
    const customer = await signUpCustomer(shop);
    const from = { 'x-forwarded-for': newAddress() };
    const valid = { ...bearer(customer.accessToken), ...from };
    assert.equal((await post(valid)).status, 200);
    const statuses: number[] = [];
    for (let count = 0; count < 40; count++)
      statuses.push((await post({ ...bearer(`a.b.${count}`), ...from })).status);
    assert.deepEqual([statuses[0], statuses.at(-1)], [401, 429]);
    assert.equal((await post({ ...bearer('a.b.c'), 'x-forwarded-for': newAddress() })).status, 401);
  });
});
