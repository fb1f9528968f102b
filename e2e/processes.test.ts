import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { failureLines } from '#cmd/fritzy/test/program.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { AccountService } from '#account/pb/account_pb.js';
import { connect } from '#platform/rpc-grpc-client.ts';
import { eventually, memoryLogger, postGraphQL, testCall, type GraphQLResult } from '#testkit/shop.ts';
import { startService, startShopProcesses, type ServiceProcess } from './service-processes.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const postgres = stack.use(await openTestPostgres());
const shop = await startShopProcesses(stack, postgres);
const { catalog: products, order: orders, gateway, url, upstreams } = shop;
let accounts = shop.account;

const main = (service: string): string => `${service}/cmd/server/main.ts`;
const startAccount = (env = {}): Promise<ServiceProcess> =>
  startService(stack, 'account', { ...shop.accountEnv, ...env });

const graphql = (query: string): Promise<GraphQLResult> => postGraphQL(url, { query });

async function create(): Promise<{ accountId: string; productId: string }> {
  const created = await graphql(`
    mutation {
      createAccount(account: { name: "John Doe" }) {
        id
        name
      }
      createProduct(product: { name: "iPhone 15 Pro", description: "Latest flagship", price: 1199.99 }) {
        id
        name
        price
      }
    }
  `);
  return { accountId: created.data.createAccount.id, productId: created.data.createProduct.id };
}

const orderOf = ({ accountId, productId }: { accountId: string; productId: string }): string =>
  `mutation { createOrder(order: { accountId: "${accountId}", products: [{ productId: "${productId}", quantity: 2 }] }) { id totalPrice createdAt } }`;

async function assertReadiness(expected: { status: number; body: RegExp }): Promise<void> {
  await eventually(async () => {
    const response = await fetch(`${url}/readyz`);
    assert.equal(response.status, expected.status);
    assert.match(await response.text(), expected.body);
  });
}

/** The guarantee while a service is down: an UNAVAILABLE error in time, and no crash. */
function assertUnavailable(result: GraphQLResult): void {
  assert.equal(result.status, 200);
  assert.deepEqual(
    result.errors?.map((error) => error.extensions['code']),
    ['UNAVAILABLE'],
  );
}

/** The status that a service reports through grpc.health.v1. */
async function grpcHealth(url: string): Promise<string> {
  const { path, requestSerialize, responseDeserialize } = healthService['Check'] ?? assert.fail();
  const client = new grpc.Client(new URL(url).host, grpc.credentials.createInsecure());
  try {
    const answer = await new Promise<unknown>((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        { service: '' },
        (error, response) => (error ? reject(error) : resolve(response)),
      );
    });
    return String(Reflect.get(Object(answer), 'status'));
  } finally {
    client.close();
  }
}

suite('one process per service', () => {
  test('the documented operations of the public API work over gRPC', async () => {
    await assertReadiness({ status: 200, body: /^ready/ });
    const ids = await create();
    const placed = await graphql(orderOf(ids));
    assert.equal(placed.errors, undefined);
    assert.equal(placed.data.createOrder.totalPrice, 2399.98);
    const read = await graphql(
      `query { accounts(pagination: { skip: 0, take: 10 }, id: "${ids.accountId}") { id name orders { id createdAt totalPrice products { id name description price quantity } } } }`,
    );
    const line = { name: 'iPhone 15 Pro', description: 'Latest flagship', price: 1199.99, quantity: 2 };
    const lineId = read.data.accounts[0].orders[0].products[0].id;
    assert.notEqual(lineId, ids.productId, 'a line has its own id');
    assert.deepEqual(read.data.accounts, [
      {
        id: ids.accountId,
        name: 'John Doe',
        orders: [{ ...placed.data.createOrder, products: [{ id: lineId, ...line }] }],
      },
    ]);
    const found = await graphql(
      `query { products(pagination: { skip: 0, take: 10 }, query: "phone", id: "${ids.productId}") { id name description price } }`,
    );
    const { quantity: _, ...product } = line;
    assert.deepEqual(found.data.products, [{ id: ids.productId, ...product }]);
  });

  test('a typed error keeps its code across two processes', async () => {
    const { accountId } = await create();
    const rejected = await graphql(orderOf({ accountId, productId: crypto.randomUUID() }));
    assert.equal(rejected.errors?.[0]?.extensions['code'], 'PRODUCT_NOT_FOUND');
  });

  test('each service reports liveness, readiness and metrics on its admin port', async () => {
    for (const { adminUrl } of [accounts, products, orders]) {
      assert.equal((await fetch(`${adminUrl}/healthz`)).status, 200);
      assert.equal((await fetch(`${adminUrl}/readyz`)).status, 200);
      assert.match(await (await fetch(`${adminUrl}/metrics`)).text(), /rpc_server_call_duration_seconds/);
    }
  });

  test('while a service is down, /readyz returns 200 and names it, its fields are UNAVAILABLE and other fields work; after its restart all fields work', async () => {
    const ids = await create();
    accounts.program.signal('SIGKILL');
    assert.equal(await accounts.program.ended, 'SIGKILL');
    await assertReadiness({
      status: 200,
      body: /^ready, degraded: account: .*AccountService cannot be reached/,
    });
    assertUnavailable(
      await graphql(`
        {
          accounts {
            id
          }
        }
      `),
    );
    assertUnavailable(await graphql(orderOf(ids)));
    const others = await graphql('{ products { id } }');
    assert.equal(others.errors, undefined);
    assert.throws(() => assertUnavailable(others), 'known-bad twin: an answer without an error');
    assert.equal((await fetch(`${url}/healthz`)).status, 200);

    accounts = await startAccount({ LISTEN: new URL(accounts.url).host });
    await assertReadiness({ status: 200, body: /^ready\n$/ });
    await eventually(async () => {
      const placed = await graphql(orderOf(ids));
      assert.equal(placed.data?.createOrder?.totalPrice, 2399.98);
    });
  });

  test('a stopping service reports not ready and still answers calls for DRAIN_DELAY_MS', async () => {
    const service = await startAccount({ DRAIN_DELAY_MS: '5000' });
    const { logger } = memoryLogger();
    await using connection = connect(AccountService, service.url, { logger });
    const list = () => connection.client.listAccounts({}, testCall());
    await list();
    assert.equal(await grpcHealth(service.url), 'SERVING');
    service.program.signal('SIGTERM');
    await eventually(async () => {
      const response = await fetch(`${service.adminUrl}/readyz`);
      assert.equal(response.status, 503);
      assert.match(await response.text(), /draining/);
    }, 4_000);
    assert.equal(await grpcHealth(service.url), 'NOT_SERVING');
    assert.ok((await list()).accounts.length > 0);
    assert.equal(await service.program.ended, 0, service.program.stderr());
    await assert.rejects(list(), { reason: 'UNAVAILABLE' }, 'known-bad twin: a service that has stopped');
  });

  test('a port in use is reported in one line that names the port', async () => {
    const listen = new URL(accounts.url).host;
    const env = { ...shop.accountEnv, LISTEN: listen, ADMIN_PORT: '0' };
    const [line = '', ...more] = await failureLines(main('account'), env);
    assert.match(line, new RegExp(`^cannot listen on ${listen} `));
    assert.deepEqual(more, []);
    const [gatewayLine = ''] = await failureLines(main('graphql'), {
      ...upstreams,
      ORDER_URL: 'grpc://127.0.0.1:1',
      PORT: new URL(url).port,
    });
    assert.match(gatewayLine, new RegExp(`^port ${new URL(url).port} is in use`));
  });

  for (const [service, env, expected] of [
    ['account', {}, ['ACCOUNT_DATABASE_URL', 'EVENTS_URL']],
    ['catalog', { ADMIN_PORT: 'x' }, ['ADMIN_PORT', 'CATALOG_DATABASE_URL', 'EVENTS_URL']],
    [
      'order',
      { ACCOUNT_URL: 'http://127.0.0.1', LOG_FORMAT: 'xml' },
      ['ACCOUNT_URL', 'CATALOG_URL', 'EVENTS_URL', 'LOG_FORMAT', 'ORDER_DATABASE_URL'],
    ],
    [
      'graphql',
      { PORT: '-1', CURRENCY: 'usd' },
      ['ACCOUNT_URL', 'CATALOG_URL', 'CURRENCY', 'ORDER_URL', 'PORT'],
    ],
  ] as const) {
    test(`${service}: all invalid settings are reported together`, async () => {
      const lines = await failureLines(main(service), env);
      assert.deepEqual(lines.map((line) => line.split(' ')[0] ?? '').toSorted(), expected);
    });
  }

  test('SIGTERM ends the gateway and then each service with status 0', async () => {
    for (const program of [gateway, orders.program, products.program, accounts.program]) {
      program.signal('SIGTERM');
      assert.equal(await program.ended, 0, program.stderr());
      assert.equal(program.stderr(), '');
    }
  });
});
