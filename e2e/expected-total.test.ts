import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { LINKS, startTestShop, type GraphQLResult } from '#testkit/shop.ts';

for (const link of LINKS) {
  suite(`the expected total of an order, services linked ${link}`, async () => {
    const shop = await startTestShop({ link });
    after(() => shop[Symbol.asyncDispose]());

    test('an order with another total is not placed; the error has the current total as an amount', async () => {
      const { data } = await shop.graphql(
        'mutation { account: createAccount(account: { name: "x" }) { id } product: createProduct(product: { name: "x", price: 1199.99 }) { id } }',
      );
      const products = [{ productId: data.product.id, quantity: 2 }];
      const order = (expectedTotal: number | null): Promise<GraphQLResult> =>
        shop.graphql('mutation($order: OrderInput!) { createOrder(order: $order) { totalPrice } }', {
          order: { accountId: data.account.id, products, expectedTotal },
        });
      const placed = async (): Promise<number> =>
        (await shop.graphql('{ orders { nodes { id } } }')).data.orders.nodes.length;
      const { data: none, errors: [error] = [] } = await order(2_399.97);
      assert.deepEqual(none, { createOrder: null });
      const { code, field, totalPrice = null } = error?.extensions ?? assert.fail('no error');
      assert.deepEqual([code, field, totalPrice], ['PRICE_CHANGED', 'order.expectedTotal', 2_399.98]);
      assert.equal(await placed(), 0);
      for (const expected of [totalPrice, null])
        assert.deepEqual((await order(expected)).data, { createOrder: { totalPrice: 2_399.98 } });
      assert.equal(await placed(), 2);
    });
  });
}
