import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { suite, test } from 'node:test';
import { execute, parse } from 'graphql';
import type { Clients } from '#graphql/graph/clients.ts';
import { Context } from '#graphql/graph/context.ts';
import { createSchemas } from '#graphql/graph/schema.ts';
import { LINE_BYTES, LINES_BYTES_MAX } from '#order/store.ts';
import { LINKS, startTestShop, testCall, type GraphQLResult, type TestShop } from '#testkit/shop.ts';

const LINES = 100;
const NAME = 'Large';
/** Characters of four bytes, and more of them than an order stores. */
const DESCRIPTION = '🎈'.repeat(10_000);
const STORED = `${'🎈'.repeat(499)}…`;
const BYTES_OF_ORDER = LINES * (Buffer.byteLength(STORED) + NAME.length + LINE_BYTES);
/** The lines of this number of orders exceed the limit of one answer. */
const TOO_MANY_ORDERS = Math.ceil(LINES_BYTES_MAX / BYTES_OF_ORDER);
const ORDERS = '{ accounts { orders { products { description } } } }';

async function createAccount(shop: TestShop, name: string): Promise<string> {
  const create = 'mutation($name: String!) { createAccount(account: { name: $name }) { id } }';
  return (await shop.graphql(create, { name })).data.createAccount.id;
}

async function createLargeProducts(shop: TestShop): Promise<object[]> {
  const create =
    'mutation($name: String!, $d: String!) { createProduct(product: { name: $name, description: $d, price: 1 }) { id } }';
  const products = await Promise.all(
    Array.from({ length: LINES }, () => shop.graphql(create, { name: NAME, d: DESCRIPTION })),
  );
  return products.map(({ data }) => ({ productId: data.createProduct.id, quantity: 1 }));
}

async function placeOrders(shop: TestShop, order: object, count: number): Promise<void> {
  const place = 'mutation($order: OrderInput!) { createOrder(order: $order) { id } }';
  const all = await Promise.all(Array.from({ length: count }, () => shop.graphql(place, { order })));
  for (const { errors } of all) assert.equal(errors, undefined);
}

for (const link of LINKS) {
  suite(`large answers, services linked ${link}`, () => {
    test('an answer above the 4 MB default limit of gRPC is returned; one above the limit of the shop is a typed error', async () => {
      await using shop = await startTestShop({ link });
      const order = {
        accountId: await createAccount(shop, 'Reader'),
        products: await createLargeProducts(shop),
      };
      const count = Math.ceil((5 * 1_048_576) / BYTES_OF_ORDER);
      await placeOrders(shop, order, count);
      const large = await shop.graphql('{ accounts { orders { products { quantity } } } }');
      assert.equal(large.errors, undefined);
      assert.equal(large.data.accounts[0].orders.length, count);
      assert.equal(large.data.accounts[0].orders[0].products.length, LINES);
      const one = await shop.graphql(
        ORDERS.replace('orders {', 'ordersConnection(first: 1) { nodes {') + ' }',
      );
      assert.equal(one.data.accounts[0].ordersConnection.nodes[0].products[0].description, STORED);

      await placeOrders(shop, order, TOO_MANY_ORDERS - count);
      const tooLarge = await shop.graphql(ORDERS);
      const withoutLines = Array.from({ length: TOO_MANY_ORDERS }, () => ({ products: null }));
      assert.deepEqual(tooLarge.data, { accounts: [{ orders: withoutLines }] });
      assert.equal(tooLarge.errors?.[0]?.extensions['code'], 'RESOURCE_EXHAUSTED');
      // A smaller page is still readable.
      const fewer = await shop.graphql(
        '{ accounts { ordersConnection(first: 2) { nodes { products { id } } } } }',
      );
      assert.equal(fewer.data.accounts[0].ordersConnection.nodes[1].products.length, LINES);
    });

    test('60 concurrent large orders are all placed, because a group has a maximum weight', async () => {
      // A long deadline: the test is about weight, and a busy machine may be slow.
      await using shop = await startTestShop({ link, requestTimeoutMs: 60_000 });
      const accountId = await createAccount(shop, 'Reader');
      await placeOrders(shop, { accountId, products: await createLargeProducts(shop) }, 60);
    });

    test("one account's large orders are returned without lines; the orders of 19 other accounts remain readable", async () => {
      await using shop = await startTestShop({ link });
      await fillPage(shop);
      await assertOthersReadable(shop.graphql);
    });
  });
}

const OTHERS = 19;
const HEAVY = 'Heavy';

/** Creates a page of accounts, one of which has more order lines than one answer can hold. */
async function fillPage(shop: TestShop): Promise<void> {
  const products = await createLargeProducts(shop);
  for (let index = 0; index < OTHERS; index++) {
    const accountId = await createAccount(shop, `Other ${index}`);
    await placeOrders(shop, { accountId, products: products.slice(index, index + 1) }, 1);
    if (index === 7)
      await placeOrders(shop, { accountId: await createAccount(shop, HEAVY), products }, TOO_MANY_ORDERS);
  }
}

async function assertOthersReadable(graphql: TestShop['graphql']): Promise<void> {
  const page = (fields: string): string =>
    `{ accounts(pagination: { take: 20 }) { name orders { ${fields} } } }`;
  const ids = await graphql(page('id'));
  assert.equal(ids.errors, undefined);
  const counts = ids.data.accounts.map(({ orders }: { orders: unknown[] }) => orders.length);
  assert.deepEqual(
    counts.toSorted((a: number, b: number) => a - b),
    [...Array.from({ length: OTHERS }, () => 1), TOO_MANY_ORDERS],
  );

  const lines = await graphql(page('products { name }'));
  for (const { name, orders } of lines.data.accounts)
    for (const { products } of orders ?? assert.fail('orders are missing'))
      assert.deepEqual(products, name === HEAVY ? null : [{ name: NAME }]);
  const heavy = lines.data.accounts.findIndex(({ name }: { name: string }) => name === HEAVY);
  assert.ok(lines.errors);
  for (const { extensions, path } of lines.errors) {
    assert.equal(extensions['code'], 'RESOURCE_EXHAUSTED');
    assert.deepEqual(path?.slice(0, 3), ['accounts', heavy, 'orders']);
  }
}

test('known-bad twin: one shared limit for the lines of all accounts is caught', async () => {
  await using shop = await startTestShop();
  await fillPage(shop);
  // Requests the orders of all accounts with their lines, instead of without.
  const orders: Clients['orders'] = {
    ...shop.clients.orders,
    listOrdersByAccounts: (request, call) =>
      shop.clients.orders.listOrdersByAccounts({ ...request, withoutLines: false }, call),
  };
  const schema = createSchemas(2).schema;
  const graphql: TestShop['graphql'] = async (query) => {
    using call = testCall();
    const contextValue = new Context({ ...shop.clients, orders }, call, { access: 'open' });
    const result = await execute({ schema, document: parse(query), contextValue });
    return { status: 200, ...(JSON.parse(JSON.stringify(result)) as Pick<GraphQLResult, 'data' | 'errors'>) };
  };
  await assert.rejects(assertOthersReadable(graphql), assert.AssertionError);
});

test('an incomplete request is answered with 408 at its deadline and its connection is closed', async () => {
  await using shop = await startTestShop({ requestTimeoutMs: 200 });
  const socket = connect(Number(new URL(shop.url).port), '127.0.0.1');
  socket.write(
    'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
  );
  assert.match(await text(socket), /^HTTP\/1\.1 408 [^]*"code":"DEADLINE_EXCEEDED"/);
});
