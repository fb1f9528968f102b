import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, suite, test } from 'node:test';
import { serverAudits } from 'graphql-http';
import pg from 'pg';
import { BODY_SIZE_MAX } from '#graphql/http-refusals.ts';
import { eventually, startTestShop } from '#testkit/shop.ts';

const shop = await startTestShop();
after(() => shop[Symbol.asyncDispose]());

const GRAPHQL = `${shop.url}/graphql`;
const JSON_TYPE = 'application/json';
const RESPONSE_JSON = 'application/graphql-response+json';
const CREATE = 'mutation { createAccount(account: { name: "Ada" }) { id } }';

const post = (
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(GRAPHQL, { method: 'POST', headers: { 'content-type': JSON_TYPE, ...headers }, body });
const ask = (query: string, headers?: Record<string, string>): Promise<Response> =>
  post(JSON.stringify({ query }), headers);

interface Refused {
  readonly errors: readonly { message: string; extensions: { code: string; requestId: string } }[];
}

/** Returns the only error of a refused request. */
async function refusal(response: Response): Promise<{ code: string; requestId: string; message: string }> {
  const { errors } = (await response.json()) as Refused;
  assert.equal(errors.length, 1);
  const [error] = errors;
  assert.ok(error);
  return { ...error.extensions, message: error.message };
}

/** Returns the official audits that a server fails. */
async function failedAudits(url: string): Promise<string[]> {
  const failed: string[] = [];
  const audits = serverAudits({ url });
  assert.ok(audits.length >= 60, 'the audit suite has fewer audits than expected');
  for (const audit of audits) {
    const result = await audit.fn();
    if (result.status !== 'ok') failed.push(`${audit.id} ${audit.name}: ${result.reason}`);
  }
  return failed;
}

suite('GraphQL over HTTP: the official audits', () => {
  test('the gateway passes every audit: MUST, SHOULD and MAY', async () => {
    assert.deepEqual(await failedAudits(GRAPHQL), []);
  });

  test('known-bad twin: a server that responds to every request with 200 and data fails audits', async () => {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('{"data":{"__typename":"Query"}}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const failed = await failedAudits(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      assert.ok(failed.some((one) => one.includes('MUST')));
      assert.ok(failed.some((one) => one.includes('SHOULD')));
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});

suite('GraphQL over HTTP: methods and media types', () => {
  test('GET executes a query with variables and operationName', async () => {
    const search = new URLSearchParams({
      query: 'query A($id: ID!) { account(id: $id) { id } } query B { __typename }',
      variables: JSON.stringify({ id: '00000000-0000-7000-8000-000000000000' }),
      operationName: 'A',
    });
    const response = await fetch(`${GRAPHQL}?${search.toString()}`);
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { data: { account: null } });
  });

  test('GET never executes a mutation: 405, and nothing is written', async () => {
    for (const accept of [JSON_TYPE, RESPONSE_JSON]) {
      const response = await fetch(`${GRAPHQL}?query=${encodeURIComponent(CREATE)}`, { headers: { accept } });
      assert.equal(response.status, 405);
      assert.equal(response.headers.get('allow'), 'POST');
      assert.equal((await refusal(response)).code, 'METHOD_NOT_ALLOWED');
    }
    assert.deepEqual((await shop.graphql('{ accounts { id } }')).data, { accounts: [] });
  });

  test('other methods are 405 with the allowed methods', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const response = await fetch(GRAPHQL, { method });
      assert.equal(response.status, 405, method);
      assert.equal(response.headers.get('allow'), 'GET, HEAD, POST', method);
    }
  });

  test('a body that is not declared as JSON in UTF-8 is 415', async () => {
    const body = JSON.stringify({ query: '{ __typename }' });
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/graphql',
      'application/jsonp',
      'application/json; charset=utf-16',
    ]) {
      const response = await post(body, { 'content-type': type });
      assert.equal(response.status, 415, type);
      assert.equal((await refusal(response)).code, 'UNSUPPORTED_MEDIA_TYPE', type);
    }
    for (const type of [
      'Application/JSON',
      'application/json;charset=UTF-8',
      'application/json; charset="utf-8"',
    ])
      assert.equal((await post(body, { 'content-type': type })).status, 200, type);
  });

  test('the response has the first supported media type that the caller accepts; without one it is 406', async () => {
    for (const [accept, type] of [
      [RESPONSE_JSON, RESPONSE_JSON],
      [`text/css, ${RESPONSE_JSON};q=0.9`, RESPONSE_JSON],
      [`${JSON_TYPE}, ${RESPONSE_JSON}`, JSON_TYPE],
      ['application/*', JSON_TYPE],
      ['*/*', JSON_TYPE],
    ] as const) {
      const response = await ask('{ __typename }', { accept });
      assert.equal(response.status, 200, accept);
      assert.equal(response.headers.get('content-type'), `${type}; charset=utf-8`, accept);
    }
    const response = await ask('{ __typename }', { accept: 'image/png' });
    assert.equal(response.status, 406);
    assert.equal((await refusal(response)).code, 'NOT_ACCEPTABLE');
  });
});

suite('GraphQL over HTTP: bodies', () => {
  test('a body of 1 MiB is accepted, one byte more is 413', async () => {
    const frame = JSON.stringify({ query: '{ __typename }', extensions: { pad: '' } }).length;
    const padded = (size: number): string =>
      JSON.stringify({ query: '{ __typename }', extensions: { pad: 'x'.repeat(size - frame) } });
    assert.equal((await post(padded(BODY_SIZE_MAX))).status, 200);
    const response = await post(padded(BODY_SIZE_MAX + 1));
    assert.equal(response.status, 413);
    assert.equal((await refusal(response)).code, 'BODY_TOO_LARGE');
  });

  test('invalid UTF-8 is 400 and is never replaced by replacement characters', async () => {
    const [prefix, suffix] = JSON.stringify({
      query: 'mutation($name: String!) { createAccount(account: { name: $name }) { id } }',
      variables: { name: '@' },
    }).split('@');
    for (const bytes of [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80]]) {
      const response = await post(
        Buffer.concat([Buffer.from(prefix ?? ''), Buffer.from(bytes), Buffer.from(suffix ?? '')]),
      );
      assert.equal(response.status, 400);
      assert.equal((await refusal(response)).code, 'BAD_REQUEST');
    }
    assert.deepEqual((await shop.graphql('{ accounts { id } }')).data, { accounts: [] });
  });

  test('JSON that is not a GraphQL request is 400', async () => {
    for (const body of ['', 'null', '[]', '7', '"{ a }"', '{"query":', '{"query":null}', '['.repeat(5_000)]) {
      const response = await post(body);
      assert.equal(response.status, 400, body.slice(0, 20));
      assert.equal((await refusal(response)).code, 'BAD_REQUEST');
    }
    const nested = `{"query":"{ __typename }","variables":{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}}`;
    assert.match((await refusal(await post(nested))).message, /nested deeper than 64 levels/);
  });

  test('one document with two operation names is two operations', async () => {
    const body = (query: string, operationName?: string): string => JSON.stringify({ query, operationName });
    const two = 'query A { a: __typename } query B { b: __typename }';
    assert.deepEqual(await (await post(body(two, 'A'))).json(), { data: { a: 'Query' } });
    assert.deepEqual(await (await post(body(two, 'B'))).json(), { data: { b: 'Query' } });
    assert.equal((await refusal(await post(body(two)))).code, 'OPERATION_NOT_FOUND');
    // Cache keys must differ even if name and text concatenate to the text of another document.
    assert.deepEqual(await (await post(body('query\n{ __typename }'))).json(), {
      data: { __typename: 'Query' },
    });
    assert.equal((await refusal(await post(body('{ __typename }', 'query')))).code, 'OPERATION_NOT_FOUND');
  });
});

suite('the gateway: request ids and traces', () => {
  test('a well-formed x-request-id is returned, otherwise a new id, in the header and in errors', async () => {
    const id = 'caller-7.A:b_c';
    const echoed = await ask('{ nope }', { 'x-request-id': id });
    assert.equal(echoed.headers.get('x-request-id'), id);
    assert.equal((await refusal(echoed)).requestId, id);

    for (const bad of ['a b', '', 'x'.repeat(129), '<script>', 'a,b']) {
      const response = await ask('{ nope }', { 'x-request-id': bad });
      const created = response.headers.get('x-request-id') ?? '';
      assert.match(created, /^[0-9a-f-]{36}$/, bad);
      assert.equal((await refusal(response)).requestId, created);
    }
    const tooLarge = await post('x'.repeat(BODY_SIZE_MAX + 1), { 'x-request-id': id });
    assert.equal(tooLarge.headers.get('x-request-id'), id);
    assert.equal((await refusal(tooLarge)).requestId, id);
  });

  test('the trace of the caller continues in the event; a malformed one is replaced', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const sent = `00-${traceId}-b7ad6b7169203331-01`;
    const { data } = (await (await ask(CREATE, { traceparent: sent })).json()) as {
      data: { createAccount: { id: string } };
    };
    const event = await traceparentOfEvent(data.createAccount.id);
    assert.match(event, new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    assert.notEqual(event, sent, 'the event has its own span');

    const zeros = `00-${'0'.repeat(32)}-b7ad6b7169203331-01`;
    const other = (await (await ask(CREATE, { traceparent: zeros })).json()) as typeof data & {
      data: typeof data;
    };
    const replaced = await traceparentOfEvent(other.data.createAccount.id);
    assert.match(replaced, /^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    assert.ok(!replaced.includes(traceId));
  });
});

async function traceparentOfEvent(key: string): Promise<string> {
  const client = new pg.Client({ connectionString: shop.databaseUrls.events });
  await client.connect();
  try {
    return await eventually(async () => {
      const { rows } = await client.query<{ traceparent: string }>(
        `SELECT headers ->> 'traceparent' AS traceparent FROM event WHERE key = $1`,
        [key],
      );
      assert.equal(rows.length, 1);
      return rows[0]?.traceparent ?? '';
    });
  } finally {
    await client.end();
  }
}
