import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { ApolloClient, gql, HttpLink, InMemoryCache, type TypedDocumentNode } from '@apollo/client/core';
import {
  fetchWithProductIds,
  placeTwoOrders,
  comparedFields,
  type ShownOrder,
  type TwoOrders,
} from './two-orders.ts';
import { startTestShop, type TestShop } from '#testkit/shop.ts';

const ORDER_FIELDS = 'id totalPrice products { id productId name price quantity }';
const ACCOUNT: TypedDocumentNode<{ account: { orders: ShownOrder[] } }, { id: string }> = gql`
  query ($id: ID!) { account(id: $id) { id orders { ${ORDER_FIELDS} } } }
`;
const ORDER: TypedDocumentNode<{ order: ShownOrder }, { id: string }> = gql`
  query ($id: ID!) { order(id: $id) { ${ORDER_FIELDS} } }
`;

suite('Apollo Client with its default cache', () => {
  let shop: TestShop;
  let placed: TwoOrders;
  before(async () => {
    shop = await startTestShop();
    placed = await placeTwoOrders(shop);
  });
  after(() => shop[Symbol.asyncDispose]());

  const newClient = (fetch = globalThis.fetch): ApolloClient =>
    new ApolloClient({
      link: new HttpLink({ uri: `${shop.url}/graphql`, fetch }),
      cache: new InMemoryCache(),
    });

  /** Both orders, loaded by one query. */
  async function loadTogether(client: ApolloClient): Promise<ShownOrder[]> {
    const { data } = await client.query({ query: ACCOUNT, variables: { id: placed.accountId } });
    return comparedFields(data?.account.orders ?? []);
  }

  /** Both orders as read from the cache after one query for each. */
  async function loadSeparately(client: ApolloClient): Promise<ShownOrder[]> {
    const queries = placed.orderIds.map((id) => ({ query: ORDER, variables: { id } }));
    for (const query of queries) await client.query(query);
    const cached = queries.map((query) => client.readQuery(query)?.order);
    return comparedFields(cached.filter((order) => order !== undefined));
  }

  test('shows two orders of a product that was renamed and repriced between the orders', async () => {
    assert.deepEqual(await loadTogether(newClient()), placed.orders);
  });

  test('shows the first order unchanged after loading the second', async () => {
    assert.deepEqual(await loadSeparately(newClient()), placed.orders);
  });

  test('known-bad twin: if a line has the id of its product, both orders show the same quantity and price', async () => {
    for (const load of [loadTogether, loadSeparately]) {
      const [second, first] = await load(newClient(fetchWithProductIds));
      assert.deepEqual(first?.products, second?.products);
      assert.throws(() => assert.deepEqual([second, first], placed.orders));
    }
  });
});
