import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { AccountService } from '#account/pb/account_pb.js';
import { CatalogService } from '#catalog/pb/catalog_pb.js';
import { AGE_MS_MAX } from '#platform/cache/entity-cache.ts';
import { eventually, fakeClock, startTestShop, testCall, type TestGateway } from '#testkit/shop.ts';

/** Two gateways with caches of their own before the same services, on a clock that stands still unless told. */
suite('caches of the gateways', async () => {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());
  const clock = fakeClock();
  const shop = stack.use(await startTestShop({ clock }));
  const informed = await shop.addGateway({});
  const deaf = await shop.addGateway({ events: false });

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

  test('an entity that was read or written a moment ago costs no call of a service', async () => {
    const ids = await create();
    shop.clearTrail();
    assert.deepEqual(await namesSeen(shop, ids), ['Old', 'Old']);
    assert.deepEqual(shop.trail.rpcs, [], 'its own write');
    assert.deepEqual(await namesSeen(deaf, ids), ['Old', 'Old']);
    assert.deepEqual(new Set(shop.trail.rpcs), new Set(['batchGetAccounts', 'batchGetProducts']));
    await namesSeen(deaf, ids);
    assert.equal(shop.trail.rpcs.length, 2, 'its own read');
    clock.advance(AGE_MS_MAX + 1);
    await namesSeen(deaf, ids);
    assert.equal(shop.trail.rpcs.length, 4, 'too old');
  });

  test('a change is seen at once through the gateway that made it, and by the others as soon as its event comes', async () => {
    const ids = await create();
    for (const gateway of [shop, informed]) assert.deepEqual(await namesSeen(gateway, ids), ['Old', 'Old']);
    await rename(shop, ids, 'New');
    assert.deepEqual(await namesSeen(shop, ids), ['New', 'New']);
    // The clock stands still: nothing but the events can tell.
    await eventually(async () => assert.deepEqual(await namesSeen(informed, ids), ['New', 'New']), 30_000);
  });

  test('with no event at all, a change elsewhere is seen 2 s later', async () => {
    const ids = await create();
    assert.deepEqual(await namesSeen(deaf, ids), ['Old', 'Old']);
    await rename(shop, ids, 'New');
    assert.deepEqual(
      await namesSeen(deaf, ids),
      ['Old', 'Old'],
      'known-bad twin: no bound would show this for ever',
    );
    clock.advance(AGE_MS_MAX + 1);
    assert.deepEqual(await namesSeen(deaf, ids), ['New', 'New']);
  });

  test('after VERSION_CONFLICT the version that won is read at once', async () => {
    const { product } = await create();
    const versionSeen = async (): Promise<number> =>
      (await deaf.graphql(`{ product(id: "${product}") { version } }`)).data.product.version;
    assert.equal(await versionSeen(), 1);
    const change = { id: product, expectedVersion: 1n, name: 'Faster' };
    await shop.clients.catalog.updateProduct(change, testCall());
    assert.equal(await versionSeen(), 1);
    const { data } = await deaf.graphql(
      `mutation { updateProduct(input: { id: "${product.toUpperCase()}", expectedVersion: 1, name: "Slower" }) { userErrors { code } } }`,
    );
    assert.deepEqual(data.updateProduct.userErrors, [{ code: 'VERSION_CONFLICT' }]);
    assert.equal(await versionSeen(), 2);
  });

  test('an order is placed at the price that is, whatever a cache holds', async () => {
    const ids = await create();
    const priceSeen = async (): Promise<number> =>
      (await deaf.graphql(`{ product(id: "${ids.product}") { price } }`)).data.product.price;
    assert.equal(await priceSeen(), 1);
    await rename(shop, ids, 'Dearer');
    assert.equal(await priceSeen(), 1, 'the cache is behind, so that the test can tell');
    const placed = await deaf.graphql(
      `mutation { createOrder(order: { accountId: "${ids.account}", products: [{ productId: "${ids.product}", quantity: 1 }] }) { totalPrice } }`,
    );
    assert.equal(placed.data.createOrder.totalPrice, 2);
  });

  test('what is archived is no longer sold, at once through the same gateway', async () => {
    const { product } = await create();
    const sold = async (): Promise<number> =>
      (await deaf.graphql(`{ products(id: "${product}") { id } }`)).data.products.length;
    assert.equal(await sold(), 1);
    await deaf.graphql(`mutation { archiveProduct(input: { id: "${product}" }) { product { id } } }`);
    assert.equal(await sold(), 0);
  });

  test('every method that answers one account or product is known to the caches: a new one is entered here', () => {
    assert.deepEqual(answering(AccountService.methods, 'account'), [
      'createAccount',
      'getAccount',
      'renameAccount',
    ]);
    assert.deepEqual(answering(CatalogService.methods, 'product'), [
      'archiveProduct',
      'createProduct',
      'getProduct',
      'updateProduct',
    ]);
  });
});

function answering(
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
