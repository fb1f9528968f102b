import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { AppError } from '#platform/errors.ts';
import { LINKS, startTestShop, testCall, type GraphQLResult, type TestShop } from '#testkit/shop.ts';
import { assertArgumentPaths, pathsOf, walkArguments } from './argument-walk.ts';
import { UNKNOWN_ID } from './fuzz-input.ts';

/** Input errors: all violations are reported together, each under its path in the GraphQL input. */

interface Violation {
  readonly code: string;
  readonly field: string;
  readonly message?: string;
}

const VIOLATIONS = 'userErrors { code field message }';

/** The field and code of every violation in an answer, in order. */
function violationsOf({ data, errors }: GraphQLResult): string[] {
  const payloads = Object.values<{ userErrors?: Violation[] } | null>(data ?? {});
  const all: readonly Violation[] = [
    ...(errors ?? []).flatMap(({ extensions }) => extensions.violations ?? []),
    ...payloads.flatMap((payload) => payload?.userErrors ?? []),
  ];
  return all.map(({ code, field }) => `${field} ${code}`);
}

/** An input with at least five violations, and their expected paths. */
interface Form {
  readonly query: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly fields: readonly string[];
}

const tags = ['fine', '', 'x'.repeat(41)];
const FORMS: Readonly<Record<string, Form>> = {
  createProduct: {
    query: 'mutation($input: ProductInput!) { createProduct(product: $input) { id } }',
    input: { name: '', description: 'x'.repeat(10_001), price: -1, categoryId: 'x', tags },
    fields: ['name', 'description', 'price', 'categoryId', 'tags[1]', 'tags[2]'].map(
      (field) => `product.${field}`,
    ),
  },
  updateProduct: {
    query: `mutation($input: UpdateProductInput!) { updateProduct(input: $input) { product { id } ${VIOLATIONS} } }`,
    input: { id: 'x', expectedVersion: 0, name: ' ', price: -0.01, tags },
    fields: ['id', 'expectedVersion', 'name', 'price', 'tags[1]', 'tags[2]'].map((field) => `input.${field}`),
  },
  createOrder: {
    query: 'mutation($input: OrderInput!) { createOrder(order: $input) { id } }',
    input: {
      accountId: 'x',
      products: [
        { productId: 'x', quantity: 0 },
        { productId: UNKNOWN_ID, quantity: 1 },
        { productId: 'y', quantity: 10_001 },
      ],
      expectedTotal: -1,
    },
    fields: [
      'order.accountId',
      'order.products[0].productId',
      'order.products[0].quantity',
      'order.products[2].productId',
      'order.products[2].quantity',
      'order.expectedTotal',
    ],
  },
  searchProducts: {
    query:
      'query($input: ProductFilterInput!) { searchProducts(query: "\\u0000", first: 0, filter: $input) { totalCount } }',
    input: { priceMin: 2, priceMax: 1, categoryId: 'x', tags },
    fields: ['query', 'filter.priceMax', 'filter.categoryId', 'filter.tags[1]', 'filter.tags[2]', 'first'],
  },
  productsConnection: {
    query:
      'query($input: ProductFilterInput!) { productsConnection(last: 0, filter: $input) { nodes { id } } }',
    input: { priceMin: 2, priceMax: 1, categoryIds: [UNKNOWN_ID, 'x'], tags },
    fields: ['filter.priceMax', 'filter.categoryIds[1]', 'filter.tags[1]', 'filter.tags[2]', 'last'],
  },
  orders: {
    query: 'query($input: OrderFilterInput!) { orders(first: 0, filter: $input) { nodes { id } } }',
    input: {
      accountIds: ['x', UNKNOWN_ID, 'y'],
      createdFrom: '2026-01-02T00:00:00Z',
      createdTo: '2026-01-01T00:00:00Z',
      totalPriceMin: 2,
      totalPriceMax: 1,
    },
    fields: [
      'first',
      'filter.accountIds[0]',
      'filter.accountIds[2]',
      'filter.createdTo',
      'filter.totalPriceMax',
    ],
  },
};

/** The guarantee: one answer reports all violations, each under its path in the arguments. */
function assertReportsAll({ fields }: Form, result: GraphQLResult): void {
  assert.deepEqual(
    violationsOf(result),
    fields.map((field) => `${field} INVALID_ARGUMENT`),
  );
}

/** Known-bad twin: the answer of a shop that stops at the first violation. */
function firstOnly({ status, data, errors = [] }: GraphQLResult): GraphQLResult {
  const userErrors = data?.updateProduct?.userErrors.slice(0, 1);
  return {
    status,
    ...(userErrors && { data: { updateProduct: { userErrors } } }),
    errors: errors.map(({ message, extensions: { code, requestId, violations = [] } }) => {
      return { message, extensions: { code, requestId, violations: violations.slice(0, 1) } };
    }),
  };
}

for (const link of LINKS) {
  suite(`input errors, services linked ${link}`, () => {
    let shop: TestShop;
    before(async () => {
      shop = await startTestShop({ link });
    });
    after(() => shop[Symbol.asyncDispose]());

    for (const [name, form] of Object.entries(FORMS)) {
      test(`${name}: five violations are reported together, each with its path`, async () => {
        assertReportsAll(form, await shop.graphql(form.query, { input: form.input }));
      });

      test(`${name}: known-bad twin: an answer with only the first violation is caught`, async () => {
        const result = await shop.graphql(form.query, { input: form.input });
        assert.throws(() => assertReportsAll(form, firstOnly(result)), assert.AssertionError);
      });
    }

    test('createOrder reports an unknown account and every unknown or archived product', async () => {
      const created = await shop.graphql(
        'mutation { createProduct(product: { name: "x", price: 1 }) { id } }',
      );
      const archived = created.data.createProduct.id;
      await shop.clients.catalog.archiveProduct({ id: archived }, testCall());
      const products = [UNKNOWN_ID, archived, UNKNOWN_ID].map((productId) => ({ productId, quantity: 1 }));
      const { query } = FORMS['createOrder'] ?? assert.fail();
      assert.deepEqual(
        violationsOf(await shop.graphql(query, { input: { accountId: UNKNOWN_ID, products } })),
        [
          'order.accountId ACCOUNT_NOT_FOUND',
          'order.products[0].productId PRODUCT_NOT_FOUND',
          'order.products[1].productId PRODUCT_ARCHIVED',
          'order.products[2].productId PRODUCT_NOT_FOUND',
        ],
      );
    });

    test('each list ordered by id rejects a search cursor with INVALID_CURSOR', async () => {
      const created = await shop.graphql(
        'mutation { createAccount(account: { name: "x" }) { id } createProduct(product: { name: "phone", price: 1 }) { id } }',
      );
      const { data } = await shop.graphql('{ searchProducts(query: "phone") { edges { cursor } } }');
      const cursor = data.searchProducts.edges[0].cursor;
      for (const field of ['after', 'before'])
        for (const list of ['accountsConnection', 'orders', 'ordersConnection', 'productsConnection']) {
          const page = `${list}(${field}: "${cursor}") { nodes { id } }`;
          const isOfAccount = list === 'ordersConnection';
          const query = isOfAccount ? `account(id: "${created.data.createAccount.id}") { ${page} }` : page;
          assert.deepEqual(
            violationsOf(await shop.graphql(`{ ${query} }`)),
            [`${field} INVALID_CURSOR`],
            query,
          );
        }
    });

    test('every path in an error is a path in the arguments of its operation', async () => {
      const answers = await walkArguments(shop);
      assert.ok(answers.length > 500, `${answers.length} requests`);
      let paths = 0;
      for (const { field, result, request } of answers) {
        for (const { message, extensions } of result.errors ?? [])
          assert.notEqual(extensions.code, 'INTERNAL', `${message}: ${request}`);
        assertArgumentPaths(field, result, request);
        paths += pathsOf(result).length;
      }
      assert.ok(paths > 300, `${paths} paths`);
      assert.deepEqual(
        shop.logLines.filter(({ level }) => Number(level) >= 50),
        [],
      );
    });

    test('known-bad twin: the field names of services are caught', async () => {
      const serviceErrors = [
        ['accounts', shop.clients.accounts.listAccounts({ page: { size: 0, skip: -1 } }, testCall())],
        ['createAccount', shop.clients.accounts.createAccount({ name: '' }, testCall())],
        ['bestSellers', shop.clients.catalog.listBestSellers({ size: 0 }, testCall())],
        ['createOrder', shop.clients.orders.createOrder({ accountId: 'x' }, testCall())],
        ['orders', shop.clients.orders.listOrders({ page: { size: 0 } }, testCall())],
      ] as const;
      for (const [field, answer] of serviceErrors) {
        const error = await answer.then(
          () => assert.fail('not rejected'),
          (thrown: unknown) => thrown,
        );
        assert.ok(error instanceof AppError);
        const extensions = { code: error.reason, requestId: '', violations: error.violations };
        const result = { status: 200, errors: [{ message: '', extensions }] };
        assert.throws(() => assertArgumentPaths(field, result, ''), assert.AssertionError, field);
      }
    });
  });
}

suite('partial failures, null and operationName', () => {
  let shop: TestShop;
  before(async () => {
    shop = await startTestShop();
  });
  after(() => shop[Symbol.asyncDispose]());

  test('a mutation takes effect and returns data when another mutation of the document fails', async () => {
    const { data } = await shop.graphql(
      'mutation { a: createAccount(account: { name: "Kept" }) { name } b: createAccount(account: { name: "" }) { name } }',
    );
    assert.deepEqual(data, { a: { name: 'Kept' }, b: null });
  });

  test('failed root fields are null with an error at their path; the other fields return data', async () => {
    const { data, errors } = await shop.graphql(
      '{ products { id } accounts(pagination: { take: 0 }) { id } bestSellers(first: 0) { id } categories { id } account(id: "x") { id } }',
    );
    assert.deepEqual(data, {
      products: [],
      accounts: null,
      bestSellers: null,
      categories: [],
      account: null,
    });
    const paths = errors?.map(({ path }) => path?.join('.')).toSorted();
    assert.deepEqual(paths, ['account', 'accounts', 'bestSellers']);
  });

  test('an empty list of categories is refused, not treated as no condition; so are both category conditions', async () => {
    const categoryId = UNKNOWN_ID;
    for (const filter of [{ categoryIds: [] }, { categoryId, categoryIds: [categoryId] }])
      for (const field of ['searchProducts', 'productsConnection']) {
        const query = `query($f: ProductFilterInput) { ${field}(filter: $f) { nodes { id } } }`;
        assert.deepEqual(violationsOf(await shop.graphql(query, { f: filter })), [
          'filter.categoryIds INVALID_ARGUMENT',
        ]);
      }
  });

  test('updateProduct rejects null for required values; null for categoryId or tags removes them', async () => {
    const category = await shop.graphql(
      'mutation { createCategory(input: { name: "C" }) { category { id } } }',
    );
    const categoryId = category.data.createCategory.category.id;
    const product = await shop.graphql(
      'mutation($c: ID) { createProduct(product: { name: "x", price: 1, categoryId: $c, tags: ["a"] }) { id } }',
      { c: categoryId },
    );
    const { id } = product.data.createProduct;
    const { query } = FORMS['updateProduct'] ?? assert.fail();
    const nulls = { name: null, description: null, price: null };
    const rejected = await shop.graphql(query, { input: { id, expectedVersion: 1, ...nulls } });
    assert.deepEqual(
      violationsOf(rejected),
      ['name', 'description', 'price'].map((field) => `input.${field} INVALID_ARGUMENT`),
    );
    const input = { id, expectedVersion: 1, categoryId: null, tags: null };
    assert.deepEqual(violationsOf(await shop.graphql(query, { input })), []);
    const after = await shop.graphql(`{ product(id: "${id}") { name category { id } tags version } }`);
    assert.deepEqual(after.data.product, { name: 'x', category: null, tags: [], version: 2 });
  });

  test('an unknown operationName is reported with the names of the operations', async () => {
    const two = 'query A { __typename } query B { __typename }';
    const many = Array.from({ length: 50 }, (_, index) => `query Q${index} { __typename }`).join(' ');
    for (const [query, operationName, message] of [
      [two, 'C', 'The document has no operation named "C". Its operations: A, B.'],
      [two, undefined, 'The document has several operations: A, B. Set operationName to one of them.'],
      ['{ __typename }', 'A', 'The document has no operation named "A". Its operations: (unnamed).'],
      [many, 'C', /^The document has no operation named "C"\. Its operations: Q0, (Q\d, ){9}…\.$/],
    ] as const) {
      const response = await fetch(`${shop.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, operationName }),
      });
      const { errors } = (await response.json()) as GraphQLResult;
      assert.equal(errors?.[0]?.extensions.code, 'OPERATION_NOT_FOUND');
      if (typeof message === 'string') assert.equal(errors[0].message, message);
      else assert.match(errors[0].message, message);
    }
  });
});
