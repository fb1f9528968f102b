import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { openTestPostgres } from '#testkit/postgres.ts';
import { eventually, postGraphQL, type GraphQLResult } from '#testkit/shop.ts';
import { startShopProcesses } from './service-processes.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const postgres = stack.use(await openTestPostgres());
const { catalog, url } = await startShopProcesses(stack, postgres);

async function idOf(query: string): Promise<string> {
  const { data, errors } = await postGraphQL(url, { query });
  assert.equal(errors, undefined);
  return (Object.values(data)[0] as { id: string }).id;
}

const readOrder = (id: string): Promise<GraphQLResult> =>
  postGraphQL(url, {
    query: `{ order(id: "${id}") { status products { productId name price quantity product { name price } } } }`,
  });

/** The guarantee: the order is returned as placed, with an error for each product that cannot be read. */
function assertWithoutProducts(result: GraphQLResult, line: object): void {
  assert.deepEqual(result.data.order, { status: 'PLACED', products: [{ ...line, product: null }] });
  assert.deepEqual(
    result.errors?.map(({ path, extensions }) => [path, extensions['code']]),
    [[['order', 'products', 0, 'product'], 'UNAVAILABLE']],
  );
}

suite('the product of an order line', () => {
  test('is the current product; while the catalog is down it is null with an error, and the rest of the order is returned', async () => {
    const accountId = await idOf('mutation { createAccount(account: { name: "Ann" }) { id } }');
    const productId = await idOf('mutation { createProduct(product: { name: "Lamp", price: 1.5 }) { id } }');
    const placed = await idOf(
      `mutation { createOrder(order: { accountId: "${accountId}", products: [{ productId: "${productId}", quantity: 2 }] }) { id } }`,
    );
    const update = `mutation { updateProduct(input: { id: "${productId}", name: "Torch", price: 2, expectedVersion: 1 }) { userErrors { code } } }`;
    const updated = await postGraphQL(url, { query: update });
    assert.deepEqual(updated.data.updateProduct.userErrors, []);
    const line = { productId, name: 'Lamp', price: 1.5, quantity: 2 };
    const { data, errors } = await readOrder(placed);
    assert.equal(errors, undefined);
    assert.deepEqual(data.order.products, [{ ...line, product: { name: 'Torch', price: 2 } }]);
    assert.throws(
      () => assertWithoutProducts({ status: 200, data }, line),
      'known-bad twin: an answer without an error',
    );

    catalog.program.signal('SIGKILL');
    await catalog.program.ended;
    // The gateway caches the product for up to 2 s.
    await eventually(async () => assertWithoutProducts(await readOrder(placed), line), 20_000);
  });
});
