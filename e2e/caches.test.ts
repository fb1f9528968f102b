import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { AccountService } from '#account/pb/account_pb.js';
import { CatalogService } from '#catalog/pb/catalog_pb.js';
import { AGE_MS_MAX } from '#platform/cache/entity-cache.ts';
import { eventually, fakeClock, startTestShop, testCall, type TestGateway } from '#testkit/shop.ts';

/** Gateways with separate caches in front of the same services, on a clock that only the test advances. */
suite('caches of the gateways', async () => {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());
  const clock = fakeClock();
  const shop = stack.use(await startTestShop({ clock }));
  const withEvents = await shop.addGateway({});
  const withoutEvents = await shop.addGateway({ events: false });

  const create = async (): Promise<{ account: string; product: string }> => {
    const { data } = await shop.graphql(
      'mutation { account: createAccount(account: { name: "Old" }) { id } product: createProduct(product: { name: "Old", price: 1 }) { id } }',
    );
    return { account: data.account.id, product: data.product.id };
  };
  type Ids = Awaited<ReturnType<typeof create>>;

  async function namesSeen(gateway: TestGateway, { account, product }: Ids): Promise<string[]> {
    const { data } = await gateway.graphql(
      'query($account: ID!, $product: ID!) { account(id: $account) { name } product(id: $product) { name } }',
      { account, product },
    );
    return [data.account.name, data.product.name];
  }

  async function rename(
    gateway: TestGateway,
    { account, product }: Ids,
    name: string,
    version = 1,
  ): Promise<void> {
    const { data } = await gateway.graphql(
      `mutation { renameAccount(input: { id: "${account}", name: "${name}" }) { userErrors { message } } updateProduct(input: { id: "${product}", expectedVersion: ${version}, name: "${name}", price: 2 }) { userErrors { message } } }`,
    );
    assert.deepEqual(data, { renameAccount: { userErrors: [] }, updateProduct: { userErrors: [] } });
  }

  test('a cached entity that the gateway read or wrote less than 2 s ago causes no call to a service', async () => {
    const ids = await create();
    shop.clearTrail();
    assert.deepEqual(await namesSeen(shop, ids), ['Old', 'Old']);
    assert.deepEqual(shop.trail.rpcs, [], 'after its own write');
    assert.deepEqual(await namesSeen(withoutEvents, ids), ['Old', 'Old']);
    assert.deepEqual(new Set(shop.trail.rpcs), new Set(['batchGetAccounts', 'batchGetProducts']));
    await namesSeen(withoutEvents, ids);
    assert.equal(shop.trail.rpcs.length, 2, 'after its own read');
    clock.advance(AGE_MS_MAX + 1);
    await namesSeen(withoutEvents, ids);
    assert.equal(shop.trail.rpcs.length, 4, 'after expiry');
  });

  test('the gateway that makes a change serves it immediately; the others serve it when its event arrives', async () => {
    const ids = await create();
    for (const gateway of [shop, withEvents]) assert.deepEqual(await namesSeen(gateway, ids), ['Old', 'Old']);
    await rename(shop, ids, 'New');
    assert.deepEqual(await namesSeen(shop, ids), ['New', 'New']);
    // The clock does not advance, so that only the event can invalidate the entry.
    await eventually(async () => assert.deepEqual(await namesSeen(withEvents, ids), ['New', 'New']), 30_000);
  });

  test('a gateway without events serves a change made elsewhere after 2 s', async () => {
    const ids = await create();
    assert.deepEqual(await namesSeen(withoutEvents, ids), ['Old', 'Old']);
    await rename(shop, ids, 'New');
    assert.deepEqual(
      await namesSeen(withoutEvents, ids),
      ['Old', 'Old'],
      'known-bad twin: a cache without a maximum age would serve this for ever',
    );
    clock.advance(AGE_MS_MAX + 1);
    assert.deepEqual(await namesSeen(withoutEvents, ids), ['New', 'New']);
  });

  test('after VERSION_CONFLICT the gateway reads the current version immediately', async () => {
    const { product } = await create();
    const versionSeen = async (): Promise<number> =>
      (await withoutEvents.graphql(`{ product(id: "${product}") { version } }`)).data.product.version;
    assert.equal(await versionSeen(), 1);
    const change = { id: product, expectedVersion: 1n, name: 'Faster' };
    await shop.clients.catalog.updateProduct(change, testCall());
    assert.equal(await versionSeen(), 1);
    const { data } = await withoutEvents.graphql(
      `mutation { updateProduct(input: { id: "${product.toUpperCase()}", expectedVersion: 1, name: "Slower" }) { userErrors { code } } }`,
    );
    assert.deepEqual(data.updateProduct.userErrors, [{ code: 'VERSION_CONFLICT' }]);
    assert.equal(await versionSeen(), 2);
  });

  test('an order is placed at the current price, even if the cached price is stale', async () => {
    const ids = await create();
    const priceSeen = async (): Promise<number> =>
      (await withoutEvents.graphql(`{ product(id: "${ids.product}") { price } }`)).data.product.price;
    assert.equal(await priceSeen(), 1);
    await rename(shop, ids, 'Dearer');
    assert.equal(await priceSeen(), 1, 'the cached price is stale');
    const placed = await withoutEvents.graphql(
      `mutation { createOrder(order: { accountId: "${ids.account}", products: [{ productId: "${ids.product}", quantity: 1 }] }) { totalPrice } }`,
    );
    assert.equal(placed.data.createOrder.totalPrice, 2);
  });

  test('the gateway that archives a product stops listing it immediately', async () => {
    const { product } = await create();
    const countListed = async (): Promise<number> =>
      (await withoutEvents.graphql(`{ products(id: "${product}") { id } }`)).data.products.length;
    assert.equal(await countListed(), 1);
    await withoutEvents.graphql(
      `mutation { archiveProduct(input: { id: "${product}" }) { product { id } } }`,
    );
    assert.equal(await countListed(), 0);
  });

  test('the caches handle every method that returns an account or a product; add a new method to this list', () => {
    assert.deepEqual(methodsReturning(AccountService.methods, 'account'), [
      'createAccount',
      'getAccount',
      'renameAccount',
    ]);
    assert.deepEqual(methodsReturning(CatalogService.methods, 'product'), [
      'archiveProduct',
      'createProduct',
      'getProduct',
      'updateProduct',
    ]);
  });
});

function methodsReturning(
  methods: readonly {
    readonly localName: string;
    readonly output: { readonly fields: readonly { localName: string }[] };
  }[],
  field: string,
): string[] {
  return methods
    .filter(({ output }) => output.fields.some(({ localName }) => localName === field))
    .map(({ localName }) => localName)
    .toSorted();
}
