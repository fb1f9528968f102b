import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { eventually, startTestShop } from '#testkit/shop.ts';

/** Tests that the documented operations of the public API work unchanged on a shop with these options. */
export function testPublicApi(name: string, options: () => Parameters<typeof startTestShop>[0]): void {
  suite(`the public API, ${name}`, () => {
    test('createAccount, createProduct and createOrder work as documented, and totals are exact', async () => {
      await using shop = await startTestShop(options());
      const account = await shop.graphql(
        'mutation { createAccount(account: { name: "John Doe" }) { id name } }',
      );
      assert.equal(account.data.createAccount.name, 'John Doe');
      const product = await shop.graphql(
        'mutation { createProduct(product: { name: "iPhone 15 Pro" description: "Latest flagship" price: 1199.99 }) { id name price } }',
      );
      assert.equal(product.data.createProduct.price, 1199.99);
      const order = await shop.graphql(
        `mutation { createOrder(order: { accountId: "${account.data.createAccount.id}", products: [{ productId: "${product.data.createProduct.id}", quantity: 2 }] }) { id totalPrice createdAt } }`,
      );
      assert.equal(order.data.createOrder.totalPrice, 2399.98);

      const accounts = await shop.graphql(
        `query { accounts(pagination: { skip: 0, take: 10 }, id: "${account.data.createAccount.id}") { id name orders { id createdAt totalPrice products { id name description price quantity } } } }`,
      );
      const lineId = accounts.data.accounts[0].orders[0].products[0].id;
      assert.notEqual(lineId, product.data.createProduct.id, 'a line has its own id');
      assert.deepEqual(accounts.data.accounts, [
        {
          id: account.data.createAccount.id,
          name: 'John Doe',
          orders: [
            {
              ...order.data.createOrder,
              products: [
                {
                  id: lineId,
                  name: 'iPhone 15 Pro',
                  description: 'Latest flagship',
                  price: 1199.99,
                  quantity: 2,
                },
              ],
            },
          ],
        },
      ]);

      // Events update the search index.
      await eventually(async () => {
        const products = await shop.graphql(
          `query { products(pagination: { skip: 0, take: 10 }, query: "phone", id: "${product.data.createProduct.id}") { id name description price } }`,
        );
        assert.deepEqual(products.data.products, [
          {
            id: product.data.createProduct.id,
            name: 'iPhone 15 Pro',
            description: 'Latest flagship',
            price: 1199.99,
          },
        ]);
      });
    });
  });
}
