import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { isEnumType } from 'graphql';
import pg from 'pg';
import { trustedProxies } from '#graphql/client-address.ts';
import { GATEWAY_CODES, type ErrorCode } from '#graphql/error-codes.ts';
import { createSchemas } from '#graphql/graph/schema.ts';
import { cancelled } from '#platform/call.ts';
import { AppError, REASONS } from '#platform/errors.ts';
import { startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';
import { testPostgresOn } from '#testkit/postgres.ts';
import { RawClient, rawPost } from '#testkit/raw-client.ts';
import { startTestShop, testCall, type GraphQLResult, type TestShop } from '#testkit/shop.ts';
import { signUpCustomer } from '#testkit/sign-up.ts';
import { UNKNOWN_ID } from './fuzz-input.ts';

/** The closed list of error codes, and for each code a test that makes the shop return it. */

const LINES = 100;
/** Each order has 240 kB of lines. Together they exceed what one read returns per account. */
const ORDERS = 30;

let shop: TestShop;
let ids: { readonly account: string; readonly product: string; readonly archived: string };
before(async () => {
  shop = await startTestShop();
  const { data } = await shop.graphql(
    'mutation { account: createAccount(account: { name: "Reader" }) { id } product: createProduct(product: { name: "Lamp", price: 1 }) { id } archived: createProduct(product: { name: "Gone", price: 1 }) { id } }',
  );
  ids = { account: data.account.id, product: data.product.id, archived: data.archived.id };
  await shop.clients.catalog.archiveProduct({ id: ids.archived }, testCall());
});
after(() => shop[Symbol.asyncDispose]());

/** The code of the first error of an answer, top-level or in `userErrors`. */
function codeOf({ data, errors }: GraphQLResult): string | undefined {
  if (errors) return errors[0]?.extensions.code;
  const [payload] = Object.values<{ userErrors?: { code: string }[] }>(data ?? {});
  return payload?.userErrors?.[0]?.code;
}

const execute = async (query: string, variables?: Record<string, unknown>): Promise<string | undefined> =>
  codeOf(await shop.graphql(query, variables));

async function post(body: string, headers: Record<string, string> = {}): Promise<string | undefined> {
  const response = await fetch(`${shop.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  return codeOf((await response.json()) as GraphQLResult);
}

async function raw(bytes: string): Promise<string | undefined> {
  using client = await RawClient.connect(shop.url);
  return codeOf(JSON.parse((await client.exchange(bytes)).body) as GraphQLResult);
}

const order = (accountId: string, productId: string): Promise<string | undefined> =>
  execute(
    `mutation { createOrder(order: { accountId: "${accountId}", products: [{ productId: "${productId}", quantity: 1 }] }) { id } }`,
  );

/** Nests categories until one is rejected. */
async function categoryTooDeep(): Promise<string | undefined> {
  let parentId: string | null = null;
  for (;;) {
    const result: GraphQLResult = await shop.graphql(
      'mutation($parentId: ID) { createCategory(input: { name: "Level", parentId: $parentId }) { category { id } userErrors { code } } }',
      { parentId },
    );
    const { category } = result.data.createCategory;
    if (!category) return codeOf(result);
    parentId = category.id;
  }
}

/** Uses a separate shop whose account table is locked until the deadline of the request. */
async function deadlineExceeded(): Promise<string | undefined> {
  await using slow = await startTestShop({ requestTimeoutMs: 300 });
  const client = new pg.Client({ connectionString: slow.databaseUrls.account });
  await client.connect();
  try {
    await client.query('BEGIN; LOCK TABLE account IN ACCESS EXCLUSIVE MODE');
    return codeOf(await slow.graphql('{ accounts { id } }'));
  } finally {
    await client.end();
  }
}

/** Uses a separate shop without an account table. */
async function internalError(): Promise<string | undefined> {
  await using other = await startTestShop();
  const client = new pg.Client({ connectionString: other.databaseUrls.account });
  await client.connect();
  await client.query('ALTER TABLE account RENAME TO hidden');
  await client.end();
  return codeOf(await other.graphql('{ accounts { id } }'));
}

/** Uses a separate shop on a PostgreSQL server that is killed. */
async function unavailable(): Promise<string | undefined> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'fritzy-codes-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const server = await startEmbeddedPostgres({ folder, settings: { fsync: 'off', max_connections: '200' } });
  stack.defer(() => server.stop());
  const postgres = testPostgresOn(server.url('postgres'), new AsyncDisposableStack());
  const other = stack.use(await startTestShop({ postgres }));
  process.kill(server.pid, 'SIGKILL');
  await server.exited;
  return codeOf(await other.graphql('{ accounts { id } }'));
}

/** Uses a gateway that allows one request. */
async function rateLimited(): Promise<string | undefined> {
  const policy = { perSecond: 1, burst: 1 };
  const callerLimits = { anonymous: policy, account: policy, proxies: trustedProxies([]) };
  const gateway = await shop.addGateway({ config: { callerLimits } });
  await gateway.graphql('{ __typename }');
  return codeOf(await gateway.graphql('{ __typename }'));
}

/** Uses a gateway that requires roles, as a customer. */
async function permissionDenied(): Promise<string | undefined> {
  const gateway = await shop.addGateway({ config: { access: 'enforced' } });
  const { accessToken } = await signUpCustomer(shop);
  return codeOf(
    await gateway.graphql('{ orders { nodes { id } } }', {}, { authorization: `Bearer ${accessToken}` }),
  );
}

/** Creates products with the longest descriptions, and an account whose orders have too many lines of them. */
async function createLargeData(): Promise<{ account: string }> {
  const product =
    'mutation($d: String!) { createProduct(product: { name: "Large", description: $d, price: 1 }) { id } }';
  const created = await Promise.all(
    Array.from({ length: LINES }, () => shop.graphql(product, { d: '🎈'.repeat(10_000) })),
  );
  const products = created.map(({ data }) => ({ productId: data.createProduct.id, quantity: 1 }));
  const { data } = await shop.graphql('mutation { createAccount(account: { name: "Heavy" }) { id } }');
  const accountId: string = data.createAccount.id;
  for (let index = 0; index < ORDERS; index++)
    await shop.clients.orders.createOrder({ accountId, products }, testCall());
  return { account: accountId };
}

let largeDataPromise: Promise<{ account: string }> | undefined;
const largeData = (): Promise<{ account: string }> => (largeDataPromise ??= createLargeData());

/** For each code a request that produces it. A code without an entry is a compile error. */
const PRODUCERS: Readonly<Record<ErrorCode, () => Promise<string | undefined>>> = {
  ACCOUNT_NOT_FOUND: () => order(UNKNOWN_ID, ids.product),
  BAD_REQUEST: () => post('{'),
  BODY_TOO_LARGE: () => post(' '.repeat(2 ** 20 + 1)),
  CANCELLED: async () => {
    const call = testCall();
    call.abort(cancelled());
    const answer = shop.clients.accounts.listAccounts({}, call);
    return answer.then(
      () => undefined,
      (error: unknown) => (error instanceof AppError ? error.reason : undefined),
    );
  },
  CATEGORY_LIMIT_EXCEEDED: categoryTooDeep,
  CATEGORY_NAME_TAKEN: async () => {
    const add = (name: string): Promise<string | undefined> =>
      execute(`mutation { createCategory(input: { name: "${name}" }) { userErrors { code } } }`);
    await add('Séries');
    return add('series');
  },
  CATEGORY_NOT_FOUND: () =>
    execute(
      `mutation { createProduct(product: { name: "x", price: 1, categoryId: "${UNKNOWN_ID}" }) { id } }`,
    ),
  DEADLINE_EXCEEDED: deadlineExceeded,
  EXPECTATION_FAILED: () => raw(rawPost('{}', 'Expect: miracles\r\n')),
  GRAPHQL_LIMIT_EXCEEDED: () => execute(`{ ${'__typename '.repeat(5_000)} }`),
  GRAPHQL_PARSE_FAILED: () => execute('{'),
  GRAPHQL_VALIDATION_FAILED: () => execute('{ nothing }'),
  HEADERS_TOO_LARGE: () =>
    raw(`GET /graphql HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`),
  IDEMPOTENCY_IN_PROGRESS: async () => {
    const client = new pg.Client({ connectionString: shop.databaseUrls.account });
    await client.connect();
    try {
      // Another request stores a key and does not finish.
      await client.query('BEGIN');
      await client.query('LOCK TABLE idempotency_key IN SHARE MODE');
      return await execute(
        'mutation { createAccount(account: { name: "Waiting" }, idempotencyKey: "busy") { id } }',
      );
    } finally {
      await client.end();
    }
  },
  IDEMPOTENCY_KEY_REUSED: async () => {
    const create = (name: string): Promise<string | undefined> =>
      execute(`mutation { createAccount(account: { name: "${name}" }, idempotencyKey: "reused") { id } }`);
    await create('First');
    return create('Second');
  },
  INTERNAL: internalError,
  INVALID_ARGUMENT: () => execute('{ accounts(pagination: { take: 0 }) { id } }'),
  INVALID_CREDENTIALS: () =>
    execute('mutation { login(input: { email: "a@b.example", password: "x" }) { userErrors { code } } }'),
  INVALID_CURSOR: () => execute('{ accountsConnection(after: "x") { nodes { id } } }'),
  INVALID_TOKEN: () =>
    execute('mutation { refreshSession(input: { refreshToken: "x" }) { userErrors { code } } }'),
  METHOD_NOT_ALLOWED: async () => {
    const query = encodeURIComponent('mutation { createAccount(account: { name: "x" }) { id } }');
    return codeOf((await (await fetch(`${shop.url}/graphql?query=${query}`)).json()) as GraphQLResult);
  },
  MISDIRECTED_REQUEST: () =>
    raw(rawPost('{"query":"{ __typename }"}').replace('Host: localhost', 'Host: shop.example')),
  NOT_ACCEPTABLE: () => post('{"query":"{ __typename }"}', { accept: 'image/png' }),
  NOT_FOUND: () =>
    execute(`mutation { renameAccount(input: { id: "${UNKNOWN_ID}", name: "x" }) { userErrors { code } } }`),
  OPERATION_NOT_FOUND: () => post(JSON.stringify({ query: 'query A { __typename }', operationName: 'B' })),
  PERMISSION_DENIED: permissionDenied,
  PERSISTED_QUERY_NOT_SUPPORTED: () =>
    post('{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}'),
  PRICE_CHANGED: () =>
    execute(
      `mutation { createOrder(order: { accountId: "${ids.account}", products: [{ productId: "${ids.product}", quantity: 1 }], expectedTotal: 0.99 }) { id } }`,
    ),
  PRODUCT_ARCHIVED: () => order(ids.account, ids.archived),
  PRODUCT_NOT_FOUND: () => order(ids.account, UNKNOWN_ID),
  RATE_LIMITED: rateLimited,
  RESOURCE_EXHAUSTED: async () => {
    const { account } = await largeData();
    return execute(`{ account(id: "${account}") { orders { products { name } } } }`);
  },
  RESPONSE_TOO_LARGE: async () => {
    await largeData();
    return execute('{ products(pagination: { take: 100 }) { a: description b: description } }');
  },
  TOO_MANY_ATTEMPTS: async () => {
    const login = 'login(input: { email: "guessed@b.example", password: "x" }) { userErrors { code } }';
    const attempt = (): Promise<string | undefined> => execute(`mutation { ${login} }`);
    for (let count = 0; count < 6; count++) await attempt();
    return attempt();
  },
  UNAUTHENTICATED: () => execute('{ mySessions { id } }'),
  UNAVAILABLE: unavailable,
  UNSUPPORTED_MEDIA_TYPE: () => post('{}', { 'content-type': 'text/plain' }),
  VERSION_CONFLICT: () =>
    execute(
      `mutation { updateProduct(input: { id: "${ids.product}", expectedVersion: 7, name: "x" }) { userErrors { code } } }`,
    ),
};

suite('the shop returns each error code', () => {
  for (const [code, produce] of Object.entries(PRODUCERS))
    test(code, async () => assert.equal(await produce(), code));

  test('known-bad twin: an answer without an error or with another code is caught', async () => {
    assert.equal(await execute('{ __typename }'), undefined);
    assert.notEqual(await execute('{ nothing }'), 'GRAPHQL_PARSE_FAILED');
  });
});

/** The codes of the first column of the table in docs/api.md. */
const documentedCodes = (text: string): string[] =>
  [...text.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code = '']) => code);

suite('the list of error codes', () => {
  const codes = [...Object.keys(REASONS), ...GATEWAY_CODES].sort();

  test('equals enum ErrorCode of the schema, whose values have descriptions', () => {
    const type = createSchemas(2).schema.getType('ErrorCode');
    assert.ok(isEnumType(type));
    const values = type.getValues();
    assert.deepEqual(
      values.map(({ name }) => name),
      codes,
    );
    for (const { name, description } of values) assert.match(description ?? '', /^.{20,}\.$/, name);
  });

  test('equals the table in docs/api.md', async () => {
    const text = await readFile(new URL('../docs/api.md', import.meta.url), 'utf8');
    assert.deepEqual(documentedCodes(text), codes);
    // Known-bad twin: a missing row.
    assert.notDeepEqual(documentedCodes(text.replace(/^\| `NOT_FOUND` \|.*\n/m, '')), codes);
  });
});
