import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { Clients } from '#graphql/graph/clients.ts';
import { createDocuments, type Operation } from '#graphql/documents.ts';
import { Context } from '#graphql/graph/context.ts';
import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { startTestShop, testCall } from '#testkit/shop.ts';

const shop = await startTestShop();
after(() => shop[Symbol.asyncDispose]());

const { account } = await shop.clients.accounts.createAccount({ name: 'Ann' }, testCall());
const { category } = await shop.clients.catalog.createCategory({ name: 'Lamps' }, testCall());
const { product } = await shop.clients.catalog.createProduct({ name: 'Lamp', priceMinor: 900n }, testCall());
const { order } = await shop.clients.orders.createOrder(
  { accountId: account?.id ?? '', products: [{ productId: product?.id ?? '', quantity: 2 }] },
  testCall(),
);
const FIELDS =
  '__typename id ... on Account { name } ... on Category { name } ... on Product { name price } ... on Order { totalPrice account { name } } ... on OrderedProduct { name quantity }';
const ENTITIES = [
  { __typename: 'Account', id: account?.id ?? '', name: 'Ann' },
  { __typename: 'Category', id: category?.id ?? '', name: 'Lamps' },
  { __typename: 'Product', id: product?.id ?? '', name: 'Lamp', price: 9 },
  { __typename: 'Order', id: order?.id ?? '', totalPrice: 18, account: { name: 'Ann' } },
  { __typename: 'OrderedProduct', id: order?.lines[0]?.id ?? '', name: 'Lamp', quantity: 2 },
];
const IDS = ENTITIES.map(({ id }) => id);
const NODE = `query($id: ID!) { node(id: $id) { ${FIELDS} } }`;
const NODES = `query($ids: [ID!]!) { nodes(ids: $ids) { ${FIELDS} } }`;

/** Ids of all types but one in mixed order, with an unknown id and two repeated ids. */
const MIXED = [IDS[3], systemClock.newId(), IDS[1], IDS[0], IDS[3], IDS[2], IDS[0]];

function assertInOrder(nodes: unknown): void {
  const [first, second, third, fourth] = ENTITIES;
  assert.deepEqual(nodes, [fourth, null, second, first, fourth, third, first]);
}

const rankOf = (node: unknown): number => IDS.indexOf(String(Reflect.get(Object(node), 'id')));

suite('node and nodes', () => {
  test('node returns an object of every type by its id, also in upper case', async () => {
    for (const entity of ENTITIES) {
      for (const id of [entity.id, entity.id.toUpperCase()]) {
        const { data, errors } = await shop.graphql(NODE, { id });
        assert.equal(errors, undefined);
        assert.deepEqual(data.node, entity);
      }
    }
  });

  test('the tested types are all types that implement Node', async () => {
    const { data } = await shop.graphql('{ __type(name: "Node") { possibleTypes { name } } }');
    const types = data.__type.possibleTypes.map(({ name }: { name: string }) => name).sort();
    assert.deepEqual(types, ENTITIES.map((entity) => entity.__typename).sort());
  });

  test('node is null for an unknown id and INVALID_ARGUMENT on id for a text that is not a UUID', async () => {
    const missing = await shop.graphql(NODE, { id: systemClock.newId() });
    assert.deepEqual([missing.data, missing.errors], [{ node: null }, undefined]);
    for (const id of ['', 'x', `${IDS[0]} `, btoa(`Account:${IDS[0]}`)]) {
      const { data, errors } = await shop.graphql(NODE, { id });
      assert.deepEqual(data, { node: null });
      const { code, field } = errors?.[0]?.extensions ?? {};
      assert.deepEqual([code, field], ['INVALID_ARGUMENT', 'id']);
    }
  });

  test('nodes keeps the order of the ids, repetitions and nulls, and sends one call per type', async () => {
    shop.clearTrail();
    const { data, errors } = await shop.graphql(NODES, { ids: MIXED });
    assert.equal(errors, undefined);
    assertInOrder(data.nodes);
    const batches = shop.trail.rpcs.toSorted();
    assert.equal(new Set(batches).size, batches.length, batches.join());
  });

  test('known-bad twin: nodes without nulls, without repetitions or in the order of the services is caught', async () => {
    const { data } = await shop.graphql(NODES, { ids: MIXED });
    const found: { id: string }[] = data.nodes.filter((node: unknown) => node !== null);
    const once = new Map(data.nodes.map((node: { id: string } | null) => [node?.id, node]));
    const sorted = data.nodes.toSorted((one: unknown, other: unknown) => rankOf(one) - rankOf(other));
    for (const knownBad of [found, [...once.values()], sorted])
      assert.throws(() => assertInOrder(knownBad), assert.AssertionError);
  });

  test('an id that is not a UUID is an error of its item only', async () => {
    const { data, errors } = await shop.graphql(NODES, { ids: [IDS[0], 'x', IDS[2]] });
    assert.deepEqual(data.nodes, [ENTITIES[0], null, ENTITIES[2]]);
    assert.deepEqual(
      errors?.map(({ path, extensions: { code, field } }) => ({ path, code, field })),
      [{ path: ['nodes', 1], code: 'INVALID_ARGUMENT', field: 'ids[1]' }],
    );
  });

  test('nodes accepts 0 to 100 ids; 101 are INVALID_ARGUMENT on ids', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => IDS[index % IDS.length]);
    assert.deepEqual((await shop.graphql(NODES, { ids: [] })).data.nodes, []);
    const full = await shop.graphql(NODES, { ids: many(100) });
    assert.deepEqual([full.data.nodes.length, full.errors], [100, undefined]);
    const { data, errors } = await shop.graphql(NODES, { ids: many(101) });
    assert.deepEqual(data, { nodes: null });
    assert.deepEqual(
      [errors?.[0]?.extensions['code'], errors?.[0]?.extensions['field']],
      ['INVALID_ARGUMENT', 'ids'],
    );
  });
});

type Answer = Awaited<ReturnType<Operation['execute']>>;

/** Executes the compiled operation with the shop's services, of which `clients` replaces some. */
async function ask(clients: Partial<Clients>, ids: readonly string[]): Promise<Answer> {
  const operation = createDocuments(2, createTelemetry()).prepare(NODES, undefined);
  assert.ok(!('errors' in operation));
  return operation.execute(new Context({ ...shop.clients, ...clients }, testCall(), { access: 'open' }), {
    ids,
  });
}

const down = async (): Promise<never> => {
  throw new AppError('UNAVAILABLE', 'the order service cannot be reached');
};

/** Asserts that ids of the failing service and unknown ids are errors, and that objects of other services are returned. */
async function assertErrorsReported(orders: Clients['orders']): Promise<void> {
  const { data, errors = [] } = await ask({ orders }, [...IDS.slice(0, 4), systemClock.newId()]);
  const nodes = data?.['nodes'] as ({ __typename: string } | null)[] | undefined;
  const types = nodes?.map((node) => node?.__typename);
  assert.deepEqual(types, ['Account', 'Category', 'Product', undefined, undefined]);
  assert.deepEqual(
    errors.map(({ path, originalError }) => [
      path,
      originalError instanceof AppError && originalError.reason,
    ]),
    [
      [['nodes', 3], 'UNAVAILABLE'],
      [['nodes', 4], 'UNAVAILABLE'],
    ],
  );
}

suite('while one service is unreachable', () => {
  test('an id that no other service has is an error, not null', async () => {
    await assertErrorsReported({ ...shop.clients.orders, batchGetOrders: down });
  });

  test('known-bad twin: an empty response instead of an error is caught', async () => {
    const empty = async () => ({
      ...(await shop.clients.orders.batchGetOrders({}, testCall())),
      orders: [],
    });
    await assert.rejects(
      assertErrorsReported({ ...shop.clients.orders, batchGetOrders: empty }),
      assert.AssertionError,
    );
  });

  test('objects of other services are returned even if the service does not respond', async () => {
    const never = new Promise<never>(() => {});
    const { data, errors } = await ask(
      { orders: { ...shop.clients.orders, batchGetOrders: () => never } },
      IDS.slice(0, 3),
    );
    assert.deepEqual(
      [JSON.parse(JSON.stringify(data?.['nodes'])), errors],
      [ENTITIES.slice(0, 3), undefined],
    );
  });
});
