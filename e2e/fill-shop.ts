import assert from 'node:assert/strict';
import { testCall, type TestShop } from '#testkit/shop.ts';
import type { Known } from './random-document.ts';

/** A few accounts, products and orders, and what names them. */
export async function fillShop(shop: TestShop): Promise<Known> {
  const ids = {
    account: [] as string[],
    product: [] as string[],
    order: [] as string[],
    category: [] as string[],
  };
  for (let nr = 0; nr < 10; nr++) {
    const { account } = await shop.clients.accounts.createAccount({ name: `Account ${nr}` }, testCall());
    const { product } = await shop.clients.catalog.createProduct(
      { name: `Phone ${nr}`, description: '', priceMinor: 119_999n },
      testCall(),
    );
    assert.ok(account && product);
    const parentId = ids.category.at(-1) ?? '';
    const { category } = await shop.clients.catalog.createCategory(
      { name: `Category ${nr}`, parentId: nr % 4 === 0 ? '' : parentId },
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
