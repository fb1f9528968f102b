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
  test('a field with a default can be omitted from an input object', async () => {
    const created = await shop.graphql(CREATE, { product: { name: 'Phone', price: 1 } });
    assert.deepEqual(created.data, { createProduct: { name: 'Phone', description: '', price: 1 } });
    for (const part of [undefined, null, {}, { take: 5 }, { skip: 0 }]) {
      const { data, errors } = await shop.graphql(LIST, { part });
      assert.equal(errors, undefined);
      assert.deepEqual(data, { products: [{ name: 'Phone' }] });
    }
  });

  test('known-bad twin: graphql-jit alone rejects an omitted field with a default', async () => {
    const compiled = compileQuery(createSchemas(2).schema, parse(LIST));
    assert.ok(isCompiledQuery(compiled));
    const { errors } = await compiled.query(undefined, {}, { part: {} });
    assert.match(errors?.[0]?.message ?? '', /was not provided/);
  });

  test('defaults of variables apply to omitted variables but not to null', async () => {
    const withDefault = LIST.replace('PaginationInput', 'PaginationInput = { take: 0 }');
    assert.equal((await shop.graphql(withDefault)).errors?.[0]?.extensions.code, 'INVALID_ARGUMENT');
    assert.equal((await shop.graphql(withDefault, { part: null })).errors, undefined);
    const money =
      'mutation($price: Money! = "7.50") { createProduct(product: { name: "x", price: $price }) { price } }';
    assert.equal((await shop.graphql(money)).data.createProduct.price, 7.5);
    assert.equal((await shop.graphql(money, { price: 8 })).data.createProduct.price, 8);
  });

  for (const [problem, variables, field, message] of [
    ['a missing required variable', {}, 'product', 'is required'],
    ['null for a required variable', { product: null }, 'product', 'must not be null'],
    ['a value that is not an object', { product: 'x' }, 'product', 'must be an object'],
    ['a missing required field', { product: { name: 'x' } }, 'product.price', 'is required'],
    [
      'null for a field with a default',
      { product: { name: 'x', price: 1, description: null } },
      'product.description',
      'must not be null',
    ],
    [
      'an unknown field',
      { product: { name: 'x', price: 1, colour: 'red' } },
      'product',
      'must not have a field "colour"',
    ],
    ['a value of another type', { product: { name: 7, price: 1 } }, 'product.name', 'must be a string'],
    [
      'a text that is not an amount',
      { product: { name: 'x', price: 'cheap' } },
      'product.price',
      'must be a decimal number such as 1199.99',
    ],
    [
      'a long value of another type',
      { product: { name: ['x'.repeat(19_000)], price: 1 } },
      'product.name',
      'must be a string',
    ],
    [
      'a text of 20,001 characters',
      { product: { name: 'x'.repeat(20_001), price: 1 } },
      'product.name',
      'must have at most 20000 characters',
    ],
    [
      'a number that JSON.parse reads as Infinity',
      { product: { name: 'x', price: Infinity } },
      'product.price',
      'must be a smaller number',
    ],
    [
      'a list of 1,001 items',
      { product: { name: 'x', price: 1, tags: Array.from({ length: 1_001 }, () => 'a') } },
      'product.tags',
      'must have at most 1000 items',
    ],
    [
      'a long text in an unknown field',
      { product: { colour: 'x'.repeat(20_001) } },
      'product',
      'must have at most 20000 characters',
    ],
    [
      'an object of more than 10,000 values',
      { product: Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`a${index}`, 1])) },
      'product',
      'must have fewer values: all variables together can have at most 10000',
    ],
  ] as const)
    test(`${problem} is INVALID_ARGUMENT on ${field}`, async () => {
      // JSON has no Infinity, but JSON.parse reads 1e999 as Infinity.
      const body = JSON.stringify({ query: CREATE, variables }, (_, value: unknown) =>
        value === Infinity ? 'INFINITY' : value,
      ).replace('"INFINITY"', '1e999');
      const { status, data, errors } = await postText(shop.url, body);
      assert.equal(status, 200);
      assert.equal(data, undefined);
      assert.equal(errors?.length, 1);
      assert.equal(errors[0]?.extensions.code, 'INVALID_ARGUMENT');
      assert.equal(errors[0].extensions.field, field);
      assert.ok(errors[0].extensions.requestId);
      assert.equal(errors[0].message, `${field} ${message}`);
    });

  test('the error of a variable that only a directive uses names the variable', async () => {
    const { errors } = await shop.graphql('query($if: Boolean!) { products @skip(if: $if) { id } }', {
      if: 'x',
    });
    assert.equal(errors?.[0]?.message, '$if must be true or false');
    assert.equal(errors[0].extensions.code, 'INVALID_ARGUMENT');
    assert.equal(errors[0].extensions.field, undefined);
  });

  test('a null variable is INVALID_ARGUMENT where null is not allowed, also with a default', async () => {
    for (const [query, variables, field] of [
      ['query($n: Int = 5) { bestSellers(first: $n) { id } }', { n: null }, 'first'],
      ['query($n: Int) { bestSellers(first: $n) { id } }', { n: null }, 'first'],
      ['query($n: Int) { products(pagination: { take: $n }) { id } }', { n: null }, 'pagination.take'],
    ] as const) {
      const { errors } = await shop.graphql(query, variables);
      assert.equal(errors?.[0]?.extensions.code, 'INVALID_ARGUMENT', query);
      assert.equal(errors[0].extensions.field, field);
    }
    assert.equal((await shop.graphql('query($n: Int) { bestSellers(first: $n) { id } }')).errors, undefined);
  });

  test('an error has at most 200 violations', async () => {
    const products = Array.from({ length: 1_000 }, () => ({ productId: 7.5, quantity: 'x' }));
    const { errors } = await shop.graphql(
      'mutation($order: OrderInput!) { createOrder(order: $order) { id } }',
      {
        order: { accountId: 'x', products },
      },
    );
    assert.equal(errors?.length, 1);
    assert.equal(errors[0]?.extensions.field, 'order.products[0].productId');
    assert.equal(errors[0]?.extensions.violations?.length, 200);
  });
});

async function postText(url: string, body: string): Promise<GraphQLResult> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
  return { status: response.status, ...((await response.json()) as Omit<GraphQLResult, 'status'>) };
}
