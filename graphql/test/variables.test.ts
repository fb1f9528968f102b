import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { parse } from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import { createSchemas } from '#graphql/graph/schema.ts';
import { startTestShop, type GraphQLResult } from '#testkit/shop.ts';

const shop = await startTestShop();
after(() => shop[Symbol.asyncDispose]());

const LIST = 'query($part: PaginationInput) { products(pagination: $part) { name } }';
const CREATE =
  'mutation($product: ProductInput!) { createProduct(product: $product) { name description price } }';

suite('variables', () => {
  test('a field of an input object that has a default may be left out', async () => {
    const created = await shop.graphql(CREATE, { product: { name: 'Phone', price: 1 } });
    assert.deepEqual(created.data, { createProduct: { name: 'Phone', description: '', price: 1 } });
    for (const part of [undefined, null, {}, { take: 5 }, { skip: 0 }]) {
      const { data, errors } = await shop.graphql(LIST, { part });
      assert.equal(errors, undefined);
      assert.deepEqual(data, { products: [{ name: 'Phone' }] });
    }
  });

  test('known-bad twin: graphql-jit alone refuses to leave it out', async () => {
    const compiled = compileQuery(createSchemas(2).schema, parse(LIST));
    assert.ok(isCompiledQuery(compiled));
    const { errors } = await compiled.query(undefined, {}, { part: {} });
    assert.match(errors?.[0]?.message ?? '', /was not provided/);
  });

  test('defaults of variables hold where nothing is given, and null is not nothing', async () => {
    const withDefault = LIST.replace('PaginationInput', 'PaginationInput = { take: 0 }');
    assert.equal((await shop.graphql(withDefault)).errors?.[0]?.extensions['code'], 'INVALID_ARGUMENT');
    assert.equal((await shop.graphql(withDefault, { part: null })).errors, undefined);
    const money =
      'mutation($price: Money! = "7.50") { createProduct(product: { name: "x", price: $price }) { price } }';
    assert.equal((await shop.graphql(money)).data.createProduct.price, 7.5);
    assert.equal((await shop.graphql(money, { price: 8 })).data.createProduct.price, 8);
  });

  for (const [problem, variables, message] of [
    [
      'a required variable that is missing',
      {},
      /"\$product" of required type "ProductInput!" was not provided/,
    ],
    ['null for a required variable', { product: null }, /must not be null/],
    [
      'a required field that is missing',
      { product: { name: 'x' } },
      /"price" of required type "Money!" was not provided/,
    ],
    [
      'null for a field with a default',
      { product: { name: 'x', price: 1, description: null } },
      /not to be null/,
    ],
    [
      'a field that is not known',
      { product: { name: 'x', price: 1, colour: 'red' } },
      /"colour" is not defined/,
    ],
    [
      'a value of another type',
      { product: { name: 7, price: 1 } },
      /"product\.name"; String cannot represent/,
    ],
    [
      'an amount that is none',
      { product: { name: 'x', price: 'cheap' } },
      /"product\.price".*money must be a decimal number/,
    ],
    ['a long value of another type', { product: { name: ['x'.repeat(19_000)], price: 1 } }, /^.{501}$/],
    [
      'a text of 20,001 characters',
      { product: { name: 'x'.repeat(20_001), price: 1 } },
      /^variables\.product\.name must have at most 20000 characters\.$/,
    ],
    [
      'a number that JSON.parse reads as Infinity',
      { product: { name: 'x', price: Infinity } },
      /^variables\.product\.price is too large a number\.$/,
    ],
    [
      'a list of 1,001 items',
      { product: { name: 'x', price: 1, tags: Array.from({ length: 1_001 }, () => 'a') } },
      /^variables\.product\.tags must have at most 1000 items\.$/,
    ],
    [
      'an object of more than 10,000 values',
      { product: Object.fromEntries(Array.from({ length: 10_000 }, (_, nr) => [`a${nr}`, 1])) },
      /^variables\.product has too many values: at most 10000 are allowed in all\.$/,
    ],
  ] as const)
    test(`${problem} is the caller's mistake, and is told where`, async () => {
      // JSON has no Infinity; 1e999 is read as it.
      const body = JSON.stringify({ query: CREATE, variables }, (_, value: unknown) =>
        value === Infinity ? 'INFINITY' : value,
      ).replace('"INFINITY"', '1e999');
      const { status, data, errors } = await postText(shop.url, body);
      assert.equal(status, 200);
      assert.equal(data, undefined);
      assert.equal(errors?.[0]?.extensions['code'], 'BAD_USER_INPUT');
      assert.ok(errors[0].extensions['requestId']);
      assert.match(errors[0].message, message);
    });

  test('at most 10 mistakes are told, however many there are', async () => {
    const products = Array.from({ length: 1_000 }, () => ({ productId: 7.5, quantity: 'x' }));
    const { errors } = await shop.graphql(
      'mutation($order: OrderInput!) { createOrder(order: $order) { id } }',
      {
        order: { accountId: 'x', products },
      },
    );
    assert.equal(errors?.length, 11);
    assert.match(errors.at(-1)?.message ?? '', /Too many errors/);
  });
});

async function postText(url: string, body: string): Promise<GraphQLResult> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
  return { status: response.status, ...((await response.json()) as Omit<GraphQLResult, 'status'>) };
}
