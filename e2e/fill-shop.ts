import assert from 'node:assert/strict';
import { testCall, type TestShop } from '#testkit/shop.ts';
import type { KnownEntities } from './random-document.ts';

/** Creates ten accounts, products, categories and orders. Returns their ids and the cursors of the accounts. */
export async function fillShop(shop: TestShop): Promise<KnownEntities> {
  const ids = {
    account: [] as string[],
    product: [] as string[],
    order: [] as string[],
    category: [] as string[],
  };
  for (let index = 0; index < 10; index++) {
    const { account } = await shop.clients.accounts.createAccount({ name: `Account ${index}` }, testCall());
    const { product } = await shop.clients.catalog.createProduct(
      { name: `Phone ${index}`, description: '', priceMinor: 119_999n },
      testCall(),
    );
    assert.ok(account && product);
    const parentId = ids.category.at(-1) ?? '';
    const { category } = await shop.clients.catalog.createCategory(
      { name: `Category ${index}`, parentId: index % 4 === 0 ? '' : parentId },
      testCall(),
    );
    ids.category.push(category?.id ?? '');
    ids.account.push(account.id);
    ids.product.push(product.id);
    const products = ids.product.map((productId) => ({ productId, quantity: 1 }));
    const { order } = await shop.clients.orders.createOrder({ accountId: account.id, products }, testCall());
    ids.order.push(order?.id ?? '');
  }
  const { data } = await shop.graphql('{ accountsConnection { edges { cursor } } }');
  return { ids, cursors: data.accountsConnection.edges.map((edge: { cursor: string }) => edge.cursor) };
}
