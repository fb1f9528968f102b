import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { ApolloClient, gql, HttpLink, InMemoryCache, type TypedDocumentNode } from '@apollo/client/core';
import { fetchWithProductIds, placeTwoOrders, shown, type ShownOrder, type TwoOrders } from './two-orders.ts';
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

  /** Both orders as one query returns them. */
  async function ofAccount(client: ApolloClient): Promise<ShownOrder[]> {
    const { data } = await client.query({ query: ACCOUNT, variables: { id: placed.accountId } });
    return shown(data?.account.orders ?? []);
  }

  /** Both orders as the cache has them once each was loaded. */
  async function oneByOne(client: ApolloClient): Promise<ShownOrder[]> {
    const queries = placed.orderIds.map((id) => ({ query: ORDER, variables: { id } }));
    for (const query of queries) await client.query(query);
    const cached = queries.map((query) => client.readQuery(query)?.order);
    return shown(cached.filter((order) => order !== undefined));
  }

  test('shows two orders of one product that was renamed and repriced in between', async () => {
    assert.deepEqual(await ofAccount(newClient()), placed.orders);
  });

  test('shows the first order unchanged after it has loaded the second', async () => {
    assert.deepEqual(await oneByOne(newClient()), placed.orders);
  });

  test('known-bad twin: lines with the id of their product show one quantity and price for both orders', async () => {
    for (const read of [ofAccount, oneByOne]) {
      const [second, first] = await read(newClient(fetchWithProductIds));
      assert.deepEqual(first?.products, second?.products);
      assert.throws(() => assert.deepEqual([second, first], placed.orders));
    }
  });
});
