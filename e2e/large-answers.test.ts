import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { suite, test } from 'node:test';
import { LINES_BYTES_MAX } from '#order/store.ts';
import { LINKS, startTestShop, type TestShop } from '#testkit/shop.ts';

const LINES = 100;
const DESCRIPTION = 'é'.repeat(10_000);
const ORDERS = '{ accounts { orders { products { description } } } }';

async function fillWithLargeProducts(shop: TestShop): Promise<object> {
  const create =
    'mutation($d: String!) { createProduct(product: { name: "Large", description: $d, price: 1 }) { id } }';
  const products = await Promise.all(
    Array.from({ length: LINES }, () => shop.graphql(create, { d: DESCRIPTION })),
  );
  const account = await shop.graphql('mutation { createAccount(account: { name: "Reader" }) { id } }');
  return {
    accountId: account.data.createAccount.id,
    products: products.map(({ data }) => ({ productId: data.createProduct.id, quantity: 1 })),
  };
}

async function placeOrders(shop: TestShop, order: object, count: number): Promise<void> {
  const place = 'mutation($order: OrderInput!) { createOrder(order: $order) { id } }';
  const all = await Promise.all(Array.from({ length: count }, () => shop.graphql(place, { order })));
  for (const { errors } of all) assert.equal(errors, undefined);
}

for (const link of LINKS) {
  suite(`large answers, services linked ${link}`, () => {
    test('an answer above the 4 MB of a plain gRPC client arrives; one above the bound is a typed error', async () => {
      await using shop = await startTestShop({ link });
      const order = await fillWithLargeProducts(shop);
      const bytesOfOrder = LINES * 2 * DESCRIPTION.length;
      await placeOrders(shop, order, 4);
      const large = await shop.graphql(ORDERS);
      assert.equal(large.errors, undefined);
      assert.ok(JSON.stringify(large.data).length * 2 > 4 * 1_048_576);

      await placeOrders(shop, order, Math.ceil(LINES_BYTES_MAX / bytesOfOrder) - 4);
      const tooLarge = await shop.graphql(ORDERS);
      assert.deepEqual(tooLarge.data, { accounts: [{ orders: null }] });
      assert.equal(tooLarge.errors?.[0]?.extensions['code'], 'RESOURCE_EXHAUSTED');
      // Fewer of them are still readable.
      const fewer = await shop.graphql(
        '{ accounts { ordersConnection(first: 2) { nodes { products { id } } } } }',
      );
      assert.equal(fewer.data.accounts[0].ordersConnection.nodes[1].products.length, LINES);
    });

    test('many large orders at once are all placed: a group has a weight', async () => {
      await using shop = await startTestShop({ link });
      await placeOrders(shop, await fillWithLargeProducts(shop), 60);
    });
  });
}

test('a request that is not complete by its deadline is answered 408 and its connection closed', async () => {
  await using shop = await startTestShop({ requestTimeoutMs: 200 });
  const socket = connect(Number(new URL(shop.url).port), '127.0.0.1');
  socket.write(
    'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
  );
  assert.match(await text(socket), /^HTTP\/1\.1 408 [^]*"code":"DEADLINE_EXCEEDED"/);
});
