import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import fc from 'fast-check';
import { openTestPostgres } from '#testkit/postgres.ts';
import { startTestShop, type GraphQLResult, type TestShop } from '#testkit/shop.ts';
import { addTexts, anyLines, decimalText, multiplyText, shortText } from './text-arithmetic.ts';

const postgres = await openTestPostgres();
const shops: Partial<Record<string, TestShop>> = {};
after(async () => {
  for (const shop of Object.values(shops)) await shop?.[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});
const shopIn = async (currency: string): Promise<TestShop> =>
  (shops[currency] ??= await startTestShop({ postgres, currency }));

const MUTATION =
  'mutation($price: Money!) { createProduct(product: { name: "x", price: $price }) { id price } }';

/** Sends `json` unchanged as the variable: JSON has numbers that JSON.stringify cannot write. */
async function asVariable(shop: TestShop, json: string): Promise<GraphQLResult> {
  const response = await fetch(`${shop.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"query":${JSON.stringify(MUTATION)},"variables":{"price":${json}}}`,
  });
  return { status: response.status, ...((await response.json()) as Omit<GraphQLResult, 'status'>) };
}

const asLiteral = (shop: TestShop, literal: string): Promise<GraphQLResult> =>
  shop.graphql(MUTATION.replace('($price: Money!)', '').replace('$price', literal));

/** Sends an amount as a number and as a string, in a variable and in a literal. */
const allForms = (shop: TestShop, text: string): Promise<GraphQLResult[]> =>
  Promise.all([
    asVariable(shop, text),
    asVariable(shop, JSON.stringify(text)),
    asLiteral(shop, text),
    asLiteral(shop, JSON.stringify(text)),
  ]);

suite('money through the API', () => {
  for (const [currency, amounts, tooFine] of [
    ['USD', ['1199.99', '0', '0.01', '0.1', '1', '-0', '9999999999.99'], '1199.999'],
    ['JPY', ['1200', '0', '1', '1000000000000'], '1199.9'],
    ['KWD', ['1199.999', '0.001', '999999999.999'], '0.0001'],
  ] as const) {
    test(`${currency}: an amount is returned unchanged, from a number or a string, a literal or a variable`, async () => {
      const shop = await shopIn(currency);
      for (const amount of amounts)
        for (const { data, errors } of await allForms(shop, amount)) {
          assert.equal(errors, undefined);
          assert.equal(String(data.createProduct.price), shortText(amount).replace('-0', '0'));
        }
    });

    test(`${currency}: ${tooFine} has too many decimal places and is rejected in every form`, async () => {
      for (const result of await allForms(await shopIn(currency), tooFine))
        assertUserError(result, /decimal places/);
    });
  }

  test('a negative or too high price is rejected with the field and the bound', async () => {
    const shop = await shopIn('USD');
    for (const amount of ['-0.01', '-1199.99', '10000000000.01'])
      for (const result of await allForms(shop, amount)) {
        assert.deepEqual(result.data, { createProduct: null });
        assert.equal(result.errors?.[0]?.extensions['code'], 'INVALID_ARGUMENT');
        assert.equal(result.errors?.[0]?.extensions.field, 'product.price');
        assert.match(result.errors?.[0]?.message ?? '', /from 0 to 1000000000000 minor units/);
      }
  });

  test('numbers far out of bounds and values that are not amounts are rejected', async () => {
    const shop = await shopIn('USD');
    for (const json of [
      '1e400',
      '-1e400',
      '1e21',
      '1e-7',
      'true',
      '{}',
      '[1]',
      '"abc"',
      '""',
      '"1e3"',
      '1199.9900000000002',
    ])
      assertUserError(
        await asVariable(shop, json),
        /^product\.price must be a (decimal |smaller )?number|^product\.price must have at most/,
      );
    for (const literal of ['1e400', '-1e400', '1e21', 'true', '{}', '[1]', 'ABC', '""'])
      assertUserError(
        await asLiteral(shop, literal),
        /^product\.price must be a (decimal |smaller )?number|^product\.price must have at most/,
      );
    assert.equal((await asVariable(shop, '1.2e3')).data.createProduct.price, 1200);
    assert.equal((await asVariable(shop, '-0')).data.createProduct.price, 0);
  });

  test('the total of an order equals the total of decimal arithmetic on text', async () => {
    const shop = await shopIn('USD');
    const account = await shop.graphql('mutation { createAccount(account: { name: "Ada" }) { id } }');
    await fc.assert(
      fc.asyncProperty(anyLines, async (amounts) => {
        const lines = amounts.map(({ price, quantity }) => ({ price: decimalText(price, 2), quantity }));
        const products = await Promise.all(lines.map(({ price }) => asVariable(shop, price)));
        const { data } = await shop.graphql(
          'mutation($order: OrderInput!) { createOrder(order: $order) { totalPrice } }',
          {
            order: {
              accountId: account.data.createAccount.id,
              products: products.map((product, index) => ({
                productId: product.data.createProduct.id,
                quantity: lines[index]?.quantity,
              })),
            },
          },
        );
        const onPaper = lines.reduce(
          (sum, { price, quantity }) => addTexts(sum, multiplyText(price, quantity)),
          '0',
        );
        assert.equal(String(data.createOrder.totalPrice), shortText(onPaper));
      }),
      { numRuns: 30 },
    );
  });
});

/** Asserts that the request is rejected with INVALID_ARGUMENT before execution. */
function assertUserError(result: GraphQLResult, problem: RegExp): void {
  assert.equal(result.status, 200);
  assert.ok(!('data' in result));
  const [error] = result.errors ?? [];
  assert.match(error?.message ?? '', problem);
  assert.equal(error?.extensions.code, 'INVALID_ARGUMENT');
  assert.equal(error.extensions.field, 'product.price');
  assert.ok(error.extensions.requestId);
}
