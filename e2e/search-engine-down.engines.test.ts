import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingEngine, startElasticsearch } from '#testkit/engines.ts';
import { eventually, startTestShop } from '#testkit/shop.ts';

/** Kills Elasticsearch while clients search, read and order through the public API. */
const skip = missingEngine('elasticsearch', { own: true });
const ORDERS_MIN = 100;

test(
  'Elasticsearch killed under load: no order, read or search fails',
  { skip, timeout: 240_000 },
  async () => {
    await using engine = await startElasticsearch();
    await using shop = await startTestShop({ link: 'grpc', searchUrl: engine.url });
    const data = async (query: string): Promise<Record<string, never>> => {
      const { status, errors, data } = await shop.graphql(query);
      assert.deepEqual([status, errors], [200, undefined], query);
      return data;
    };
    const newProduct = 'createProduct(product: { name: "iPhone 15 Pro", price: 1199.99 }) { id }';
    const newAccount = 'createAccount(account: { name: "John Doe" }) { id }';
    const { product, account } = (await data(
      `mutation { product: ${newProduct} account: ${newAccount} }`,
    )) as unknown as Record<'product' | 'account', { id: string }>;
    const isUp = async (): Promise<number | undefined> => {
      const metrics = await (await fetch(`${shop.url}/metrics`)).text();
      return Number(/^fritzy_search_engine_up (\d)/m.exec(metrics)?.[1]);
    };
    // Wait until the engine has indexed the product.
    await eventually(async () => {
      const found = await fetch(`${engine.url}/fritzy-products/_count`);
      assert.equal(((await found.json()) as { count?: number }).count, 1);
    }, 60_000);

    const done = new AbortController();
    let orders = 0;
    const shopper = async (): Promise<void> => {
      while (!done.signal.aborted) {
        const items = `[{ productId: "${product?.id}", quantity: 1 }]`;
        await data(
          `mutation { createOrder(order: { accountId: "${account?.id}", products: ${items} }) { id } }`,
        );
        const read = await data(
          `{ product(id: "${product?.id}") { name } found: products(query: "phone") { name } searchProducts(query: "iphnoe") { totalCount } suggestProducts(prefix: "iph") { text } }`,
        );
        assert.deepEqual(read, {
          product: { name: 'iPhone 15 Pro' },
          found: [{ name: 'iPhone 15 Pro' }],
          searchProducts: { totalCount: 1 },
          suggestProducts: [{ text: 'iPhone 15 Pro' }],
        });
        orders += 1;
      }
    };
    const shoppers = Promise.all(Array.from({ length: 8 }, shopper));
    const killAndRestart = async (): Promise<void> => {
      await eventually(() => assert.ok(orders > 10), 60_000);
      await engine.kill();
      const before = orders;
      await eventually(async () => assert.equal(await isUp(), 0), 60_000);
      await eventually(() => assert.ok(orders > before + ORDERS_MIN, `${orders} orders`), 60_000);
      await engine.start();
      await eventually(async () => assert.equal(await isUp(), 1), 60_000);
      done.abort();
    };
    await Promise.race([killAndRestart(), shoppers]);
    done.abort();
    await shoppers;
    assert.ok(orders > ORDERS_MIN);
  },
);
