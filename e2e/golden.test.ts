import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { execute, Kind, parse, type ExecutionResult, type GraphQLSchema } from 'graphql';
import type { EventLog } from '#platform/events/event.ts';
import { Context } from '#graphql/graph/context.ts';
import { resolvers } from '#graphql/graph/resolvers.ts';
import { createScalars } from '#graphql/graph/scalars.ts';
import { createSchemas, readTypeDefs } from '#graphql/graph/schema.ts';
import { messageIn } from '#platform/test/event-log-contract.ts';
import {
  eventually,
  fakeClock,
  LINKS,
  startTestShop,
  testCall,
  type LinkKind,
  type TestShop,
} from '#testkit/shop.ts';
import type { Answers } from './golden/operation.ts';
import { OPERATIONS } from './golden/operations.ts';
import { createNormaliser, FOLDER, readRecords, record, emptyTopics } from './golden/record.ts';

/**
 * Golden records: each operation with its RPCs, SQL statements and answer.
 * UPDATE_GOLDEN=1 node --test e2e/golden.test.ts rewrites them; review the diff before committing it.
 */
const UPDATE = process.env['UPDATE_GOLDEN'] === '1';

function assertSameRecords(actual: ReadonlyMap<string, string>, golden: ReadonlyMap<string, string>): void {
  assert.deepEqual([...actual.keys()].sort(), [...golden.keys()].sort(), 'operations and records');
  for (const [file, text] of actual)
    assert.equal(text, golden.get(file), `${file} differs; set UPDATE_GOLDEN=1 to rewrite it`);
}

suite('golden records', () => {
  for (const link of LINKS) {
    test(`every operation causes the recorded RPCs, SQL and answer, services linked ${link}`, async () => {
      const actual = await record({ link });
      if (UPDATE && link === 'in-process')
        for (const [file, text] of actual) await writeFile(new URL(file, FOLDER), text);
      assertSameRecords(actual, await readRecords());
    });
  }

  test('every query and mutation of the schema has a record', () => {
    const schema = createSchemas(2).schema;
    const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
      Object.keys(type?.getFields() ?? {}),
    );
    const recorded = new Set(OPERATIONS.flatMap(({ query }) => rootFields(query(ANY_ANSWERS))));
    assert.deepEqual(
      fields.filter((field) => !recorded.has(field)),
      [],
    );
  });

  test('known-bad twin: an additional statement, a difference of one cent and a missing record are caught', async () => {
    const golden = await readRecords();
    const changed = (file: string, from: string, to: string): Map<string, string> => {
      assert.ok(golden.get(file)?.includes(from));
      return new Map(golden).set(file, golden.get(file)?.replace(from, to) ?? '');
    };
    for (const bad of [
      changed('accounts.md', '`lines_of_orders`', '`lines_of_orders`, `lines_of_orders`'),
      changed('create-order.md', '2399.98', '2399.99'),
      new Map([...golden].slice(1)),
    ])
      assert.throws(() => assertSameRecords(bad, golden), assert.AssertionError);
  });

  test('known-bad twin: a topic without events is reported', async () => {
    const log: Pick<EventLog, 'read'> = {
      async *read(topic) {
        if (topic === 'category.events') return;
        yield { ...messageIn(topic, 'a', 1), partition: 0, offset: 0n, appendedAt: new Date(0) };
      },
    };
    assert.deepEqual(await emptyTopics(log), ['category.events']);
  });
});

/** Returns a value for every property of earlier answers that an operation reads. */
const ANY_ANSWERS: Answers = new Proxy(
  Object.assign(() => '', {}),
  {
    get: (_, key): unknown => (key === Symbol.toPrimitive ? () => 'x' : ANY_ANSWERS),
  },
);

function rootFields(query: string): string[] {
  const [operation] = parse(query).definitions;
  assert.ok(operation?.kind === Kind.OPERATION_DEFINITION);
  return operation.selectionSet.selections.flatMap((field) =>
    field.kind === Kind.FIELD ? [field.name.value] : [],
  );
}

/** Lists whose number of RPCs and statements must not depend on the number of rows. */
const LISTS = {
  'accounts with orders, their products and accounts':
    '{ accounts(pagination: { take: 30 }) { name orders { totalPrice products { id name } account { name } } } }',
  'accounts by id with orders':
    'query($account: ID!) { accounts(id: $account) { orders { totalPrice account { name } } } }',
  'accountsConnection with ordersConnection and node.orders':
    '{ accountsConnection(first: 100) { edges { node { orders { totalPrice } } } nodes { ordersConnection { nodes { products { name } } pageInfo { hasNextPage } } } } }',
  'accountsConnection from the end':
    '{ accountsConnection(last: 100) { nodes { ordersConnection(last: 2) { edges { node { account { name } } } } } } }',
  products: '{ products(pagination: { take: 100 }) { name price } }',
  'products that match a search': '{ products(query: "phone", pagination: { take: 100 }) { name } }',
  productsConnection:
    '{ productsConnection(first: 100) { nodes { name } edges { node { price } } pageInfo { hasNextPage } } }',
  'productsConnection from the end': '{ productsConnection(last: 100) { nodes { name } } }',
  'an order, its account and all orders of the account':
    'query($order: ID!) { order(id: $order) { account { orders { totalPrice account { orders { totalPrice } } } } } }',
  'an account with 100 orders and their accounts':
    'query($account: ID!) { account(id: $account) { ordersConnection(first: 100) { nodes { products { name } account { name } } } } }',
  'an account with the products of its orders':
    'query($account: ID!) { account(id: $account) { ordersConnection(first: 50) { nodes { products { quantity product { name } } } } } }',
  'aliases of one account and one product':
    'query($account: ID!, $product: ID!) { a: account(id: $account) { orders { totalPrice } } b: accounts(id: $account) { orders { totalPrice } } c: product(id: $product) { name } d: products(id: $product) { name } }',
  'products with their categories':
    '{ productsConnection(first: 100) { nodes { name tags category { name parent { name } ancestors { name } } } } }',
  'categories with their children':
    '{ categories(first: 100) { name parent { name } children(first: 100) { name parent { name } } } }',
  'aliases of lists':
    '{ a: accounts(pagination: { take: 100 }) { name } b: accountsConnection(first: 99) { nodes { name } } c: products(pagination: { take: 100 }) { name } d: products(query: "phone") { name } }',
} as const;

type Execute = (
  query: string,
  variables: Record<string, unknown>,
) => Promise<Pick<ExecutionResult, 'data'> & { readonly errors?: readonly object[] }>;

/** The RPCs, statements and answer of a list. */
interface Observed {
  readonly rpcs: string[];
  readonly statements: string[];
  readonly answer: string;
}

async function executeAll(
  shop: TestShop,
  executeQuery: Execute,
  variables: Record<string, unknown>,
): Promise<Map<string, Observed>> {
  const observed = new Map<string, Observed>();
  for (const [name, query] of Object.entries(LISTS)) {
    shop.clearTrail();
    const { data, errors } = await executeQuery(query, variables);
    assert.deepEqual(errors ?? [], [], name);
    const { rpcs, statements } = shop.trail;
    const answer = createNormaliser()(JSON.stringify(data, null, 1));
    observed.set(name, { rpcs: rpcs.toSorted(), statements: statements.toSorted(), answer });
  }
  return observed;
}

function assertSameWork(few: ReadonlyMap<string, Observed>, many: ReadonlyMap<string, Observed>): void {
  for (const [name, { rpcs, statements }] of few) {
    assert.ok(rpcs.length > 0 && statements.length > 0, name);
    assert.deepEqual(
      { rpcs: many.get(name)?.rpcs, statements: many.get(name)?.statements },
      { rpcs, statements },
      name,
    );
  }
}

/** Known-bad twin: loads the orders of one account at a time. */
function oneByOneSchema(): GraphQLSchema {
  const orders = async (
    account: { id: string },
    _: unknown,
    { clients, call }: Context,
  ): Promise<unknown> => {
    const page = { size: 100, skip: 0, afterId: '', beforeId: '', fromEnd: false };
    const found = await clients.orders.listOrdersByAccounts({ accountIds: [account.id], page }, call);
    return found.accounts[0]?.orders ?? [];
  };
  return makeExecutableSchema({
    typeDefs: readTypeDefs(),
    resolvers: [createScalars(2), ...resolvers, { Account: { orders } }],
  });
}

const executorFor =
  (shop: TestShop, schema: GraphQLSchema): Execute =>
  async (query, variableValues) => {
    const contextValue = new Context(shop.clients, testCall(), { access: 'open' });
    return execute({ schema, document: parse(query), contextValue, variableValues });
  };

/** Creates an account, a product in a child category and an order. */
async function addRow(
  shop: TestShop,
  index: number,
): Promise<{ account: string; product: string; order: string }> {
  const { account } = await shop.clients.accounts.createAccount({ name: `Account ${index}` }, testCall());
  const { category } = await shop.clients.catalog.createCategory({ name: `Category ${index}` }, testCall());
  const childInput = { name: `Child ${index}`, parentId: category?.id ?? '' };
  const { category: child } = await shop.clients.catalog.createCategory(childInput, testCall());
  const input = { name: `Phone ${index}`, priceMinor: BigInt(100 + index), categoryId: child?.id ?? '' };
  const { product } = await shop.clients.catalog.createProduct(input, testCall());
  assert.ok(account && product);
  return { account: account.id, product: product.id, order: await addOrder(shop, account.id, product.id) };
}

async function addOrder(shop: TestShop, accountId: string, productId: string): Promise<string> {
  const products = [{ productId, quantity: 1 }];
  const { order } = await shop.clients.orders.createOrder({ accountId, products }, testCall());
  assert.ok(order);
  return order.id;
}

/** Waits until the sales, which rank search results, include `count` products. */
async function salesCounted(shop: TestShop, count: number): Promise<void> {
  await eventually(async () => {
    const { products } = await shop.clients.catalog.listBestSellers({ size: 100 }, testCall());
    assert.equal(products.length, count);
  });
}

async function observeFewAndMany(
  link: LinkKind,
): Promise<Record<'few' | 'many' | 'badFew' | 'badMany', Map<string, Observed>>> {
  const clock = fakeClock();
  await using shop = await startTestShop({ link, clock });
  const api: Execute = (query, variables) => {
    // Expires the gateway's caches, so that the maximum cost of each query is compared.
    clock.advance(60_000);
    return shop.graphql(query, variables);
  };
  const oneByOne = executorFor(shop, oneByOneSchema());
  const first = await addRow(shop, 1);
  await salesCounted(shop, 1);
  const few = await executeAll(shop, api, first);
  const badFew = await executeAll(shop, oneByOne, first);
  for (let index = 2; index <= 100; index++) {
    const { product } = await addRow(shop, index);
    await addOrder(shop, first.account, product);
  }
  await salesCounted(shop, 100);
  return {
    few,
    badFew,
    many: await executeAll(shop, api, first),
    badMany: await executeAll(shop, oneByOne, first),
  };
}

suite('lists cost the same number of RPCs and SQL statements for 1 row and for 100', () => {
  const ofLink = new Map<LinkKind, Awaited<ReturnType<typeof observeFewAndMany>>>();

  for (const link of LINKS) {
    test(`services linked ${link}`, async () => {
      const all = await observeFewAndMany(link);
      ofLink.set(link, all);
      assertSameWork(all.few, all.many);
      const answer = all.many.get('accounts with orders, their products and accounts')?.answer ?? '';
      assert.equal(answer.match(/"name": "Account \d+",\n *"orders"/g)?.length, 30, 'all rows are returned');
    });

    test(`known-bad twin: orders loaded account by account are caught, services linked ${link}`, () => {
      const all = ofLink.get(link);
      assert.ok(all);
      assert.deepEqual(
        [...all.badMany].map(([name, { answer }]) => [name, answer]),
        [...all.many].map(([name, { answer }]) => [name, answer]),
        'the answers are the same, so that only the comparison of work can detect it',
      );
      assert.throws(() => assertSameWork(all.badFew, all.badMany), assert.AssertionError);
    });
  }

  test('in-process and gRPC links do the same work and give the same answers', () => {
    assert.deepEqual(ofLink.get('grpc')?.many, ofLink.get('in-process')?.many);
    assert.deepEqual(ofLink.get('grpc')?.few, ofLink.get('in-process')?.few);
  });
});
