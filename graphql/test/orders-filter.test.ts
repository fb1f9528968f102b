import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { createDocuments } from '#graphql/documents.ts';
import type { Clients } from '#graphql/graph/clients.ts';
import { Context } from '#graphql/graph/context.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { startTestShop, testCall } from '#testkit/shop.ts';

const shop = await startTestShop();
after(() => shop[Symbol.asyncDispose]());

const { product } = await shop.clients.catalog.createProduct({ name: 'Lamp', priceMinor: 900n }, testCall());

/** Newest first: orders of three accounts, with totals of 9, 18, 27 … */
const ORDERS: { id: string; accountId: string; createdAt: string; totalPrice: number }[] = [];
for (const name of ['Ann', 'Bob', 'Cid']) {
  const { account } = await shop.clients.accounts.createAccount({ name }, testCall());
  const accountId = account?.id ?? '';
  for (let count = 0; count < 3; count += 1) {
    const quantity = ORDERS.length + 1;
    const products = [{ productId: product?.id ?? '', quantity }];
    const { order } = await shop.clients.orders.createOrder({ accountId, products }, testCall());
    assert.ok(order?.createdAt);
    const createdAt = timestampDate(order.createdAt).toISOString();
    ORDERS.unshift({ id: order.id, accountId, createdAt, totalPrice: 9 * quantity });
  }
}

type Order = (typeof ORDERS)[number];
const [middle = assert.fail()] = ORDERS.slice(4);
const other = ORDERS.at(-1)?.accountId ?? '';

/** Each condition, the orders that meet it, and its field in the request to the order service. */
const CONDITIONS: readonly {
  readonly filter: Readonly<Record<string, unknown>>;
  readonly meets: (order: Order) => boolean;
  readonly sent: string;
}[] = [
  {
    filter: { accountIds: [middle.accountId, other] },
    meets: ({ accountId }) => accountId === middle.accountId || accountId === other,
    sent: 'accountIds',
  },
  {
    filter: { createdFrom: middle.createdAt },
    meets: ({ createdAt }) => createdAt >= middle.createdAt,
    sent: 'createdFrom',
  },
  {
    filter: { createdTo: middle.createdAt },
    meets: ({ createdAt }) => createdAt < middle.createdAt,
    sent: 'createdTo',
  },
  {
    filter: { totalPriceMin: middle.totalPrice },
    meets: ({ totalPrice }) => totalPrice >= middle.totalPrice,
    sent: 'totalPriceMinMinor',
  },
  {
    filter: { totalPriceMax: middle.totalPrice },
    meets: ({ totalPrice }) => totalPrice <= middle.totalPrice,
    sent: 'totalPriceMaxMinor',
  },
];

const operation = createDocuments(2, createTelemetry()).prepare(
  'query($filter: OrderFilterInput) { orders(filter: $filter) { nodes { id } } }',
  undefined,
);
assert.ok(!('errors' in operation));

/** The guarantee: the list has exactly the orders that meet the filter. */
async function assertFiltered(
  filter: Readonly<Record<string, unknown>>,
  meets: (order: Order) => boolean,
  orders: Clients['orders'] = shop.clients.orders,
): Promise<void> {
  assert.ok(!('errors' in operation));
  const answer = await operation.execute(
    new Context({ ...shop.clients, orders }, testCall(), { access: 'open' }),
    { filter },
  );
  const ids = ORDERS.filter(meets).map(({ id }) => ({ id }));
  assert.deepEqual(JSON.parse(JSON.stringify(answer)), { data: { orders: { nodes: ids } } });
}

suite('the filter of orders', () => {
  for (const { filter, meets, sent } of CONDITIONS) {
    test(`${Object.keys(filter).join()} returns exactly the orders that meet it`, async () => {
      assert.notEqual(ORDERS.filter(meets).length, ORDERS.length);
      await assertFiltered(filter, meets);
    });

    test(`known-bad twin: ${Object.keys(filter).join()} that does not reach the service is caught`, async () => {
      const listOrders: Clients['orders']['listOrders'] = async ({ page, filter: all }, call) => {
        const others = Object.entries(all ?? {}).filter(([name]) => name !== sent);
        return shop.clients.orders.listOrders(
          { ...(page && { page }), filter: Object.fromEntries(others) },
          call,
        );
      };
      await assert.rejects(
        assertFiltered(filter, meets, { ...shop.clients.orders, listOrders }),
        assert.AssertionError,
      );
    });
  }

  test('an order must meet all conditions', async () => {
    const filter = Object.assign({}, ...CONDITIONS.map((each) => each.filter));
    const totals = { totalPriceMin: 0, createdTo: null };
    await assertFiltered({ ...filter, ...totals }, (order) =>
      CONDITIONS.every(
        ({ meets, sent }) => ['createdTo', 'totalPriceMinMinor'].includes(sent) || meets(order),
      ),
    );
  });

  test('an empty list of accounts is INVALID_ARGUMENT, not the orders of all accounts', async () => {
    const { data, errors } = await shop.graphql('{ orders(filter: { accountIds: [] }) { nodes { id } } }');
    const { code, field } = errors?.[0]?.extensions ?? {};
    assert.deepEqual([data, code, field], [{ orders: null }, 'INVALID_ARGUMENT', 'filter.accountIds']);
  });
});
