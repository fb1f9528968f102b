import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { startTestShop, type GraphQLResult, type TestShop } from '#testkit/shop.ts';

/** Returns the field and the code of every violation in the top-level errors, in order. */
const violationsOf = ({ errors = [] }: GraphQLResult): string[] =>
  errors.flatMap(({ extensions: { violations = [] } }) =>
    violations.map(({ code, field }) => `${field} ${code}`),
  );

suite('errors of arguments', () => {
  let shop: TestShop;
  before(async () => {
    shop = await startTestShop();
  });
  after(() => shop[Symbol.asyncDispose]());

  const create = (price: string, declared = ''): string =>
    `mutation${declared} { createProduct(product: { name: "x", price: ${price} }) { id } }`;

  test('an invalid amount has the same code and path as a literal, in a variable and in a variable input', async () => {
    const whole = 'mutation($p: ProductInput!) { createProduct(product: $p) { id } }';
    for (const result of [
      await shop.graphql(create('1.999')),
      await shop.graphql(create('"cheap"')),
      await shop.graphql(create('null')),
      await shop.graphql(create('$n', '($n: Money!)'), { n: 1.999 }),
      await shop.graphql(create('$n', '($n: Money!)'), { n: null }),
      await shop.graphql(create('$n', '($n: Money!)'), {}),
      await shop.graphql(whole, { p: { name: 'x', price: 'cheap' } }),
      await shop.graphql(whole, { p: { name: 'x' } }),
      await shop.graphql(create('-1')),
    ]) {
      assert.deepEqual(violationsOf(result), ['product.price INVALID_ARGUMENT'], JSON.stringify(result));
      assert.equal(result.errors?.[0]?.extensions.field, 'product.price');
    }
  });

  test('a missing, mistyped, null or unknown value has the same error as a literal and in a variable', async () => {
    for (const [literal, value, field] of [
      ['{ take: "many" }', { take: 'many' }, 'pagination.take'],
      ['{ take: 2147483648 }', { take: 2_147_483_648 }, 'pagination.take'],
      ['{ skip: null }', { skip: null }, 'pagination.skip'],
      ['[]', [], 'pagination'],
      ['{ size: 1 }', { size: 1 }, 'pagination'],
    ] as const) {
      const asLiteral = await shop.graphql(`{ products(pagination: ${literal}) { id } }`);
      const asVariable = await shop.graphql(
        'query($p: PaginationInput) { products(pagination: $p) { id } }',
        { p: value },
      );
      assert.deepEqual(violationsOf(asLiteral), [`${field} INVALID_ARGUMENT`], literal);
      assert.equal(asLiteral.errors?.[0]?.message, asVariable.errors?.[0]?.message);
      assert.deepEqual(violationsOf(asVariable), violationsOf(asLiteral));
    }
    assert.deepEqual(violationsOf(await shop.graphql('{ account { id } }')), ['id INVALID_ARGUMENT']);
    const order = (quantity: string): string =>
      `createOrder(order: { accountId: "x", products: { productId: "x", quantity: ${quantity} } }) { id }`;
    const single = ['order.products[0].quantity INVALID_ARGUMENT'];
    assert.deepEqual(violationsOf(await shop.graphql(`mutation { ${order('"x"')} }`)), single);
    const query = `mutation($q: Int!) { ${order('$q')} }`;
    assert.deepEqual(violationsOf(await shop.graphql(query, { q: 'x' })), single);
  });

  test('an invalid variable is an error of each field that uses it', async () => {
    const { errors } = await shop.graphql(
      'query($n: Int!) { a: bestSellers(first: $n) { id } b: products(pagination: { take: $n }) { id } }',
      { n: 'x' },
    );
    assert.deepEqual(
      errors?.map(({ extensions }) => extensions.field),
      ['first', 'pagination.take'],
    );
  });

  test('a document that does not match the schema is GRAPHQL_VALIDATION_FAILED', async () => {
    for (const query of [
      '{ products { colour } }',
      '{ products(size: 1) { id } }',
      '{ products @skip { id } }',
      'query($n: Nothing) { products { id } }',
    ])
      assert.equal(
        (await shop.graphql(query)).errors?.[0]?.extensions.code,
        'GRAPHQL_VALIDATION_FAILED',
        query,
      );
  });

  test('known-bad twin: a literal that is rejected as an invalid document is caught', async () => {
    const { errors, ...result } = await shop.graphql(create('1.999'));
    const asDocument = errors?.map(({ message }) => {
      return { message, extensions: { code: 'GRAPHQL_VALIDATION_FAILED', requestId: '' } } as const;
    });
    assert.notDeepEqual(violationsOf({ ...result, ...(asDocument && { errors: asDocument }) }), [
      'product.price INVALID_ARGUMENT',
    ]);
  });
});
