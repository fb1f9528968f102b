import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import pg from 'pg';
import { Principal } from '#platform/principal.ts';
import { LINKS, startTestShop, testCall } from '#testkit/shop.ts';

/** The API of idempotency keys. e2e/idempotency-crash.test.ts has concurrent requests and crashes. */

const RESPONSE_JSON = 'application/graphql-response+json';
const CREATE_PRODUCT = `mutation($name: String!, $key: String) {
  createProduct(product: { name: $name, price: 1 }, idempotencyKey: $key) { id name version createdAt } }`;

let keys = 0;
const newKey = (): string => `key-${(keys += 1)}`;

for (const link of LINKS) {
  suite(`idempotency keys, services linked ${link}`, async () => {
    const shop = await startTestShop({ link });
    after(() => shop[Symbol.asyncDispose]());
    const { data: fixtures } = await shop.graphql(
      'mutation { account: createAccount(account: { name: "Ada" }) { id } product: createProduct(product: { name: "Lamp", price: 5 }) { id } }',
    );
    const accountId: string = fixtures.account.id;
    const productId: string = fixtures.product.id;
    const ORDER_FIELDS = 'id createdAt totalPrice status version products { id name price quantity }';
    const order = (quantity: number, key: string | null, headers: Record<string, string> = {}) =>
      shop.graphql(
        `mutation($order: OrderInput!, $key: String) { createOrder(order: $order, idempotencyKey: $key) { ${ORDER_FIELDS} } }`,
        { order: { accountId, products: [{ productId, quantity }] }, key },
        headers,
      );
    const count = async (table: string, database: 'account' | 'catalog' | 'order'): Promise<number> => {
      const client = new pg.Client({ connectionString: shop.databaseUrls[database] });
      await client.connect();
      try {
        return Number((await client.query(`SELECT count(*) FROM ${table}`)).rows[0].count);
      } finally {
        await client.end();
      }
    };

    test('a repeated order gets the first answer and has no effect, even if the product has changed since', async () => {
      const key = newKey();
      const before = await count('orders', 'order');
      const first = await order(2, key);
      assert.equal(first.errors, undefined);
      const { data } = await shop.graphql(
        'mutation { createProduct(product: { name: "Old", price: 3 }) { id } }',
      );
      const old = { accountId, products: [{ productId: data.createProduct.id, quantity: 1 }] };
      const ORDER = `mutation($order: OrderInput!) { createOrder(order: $order, idempotencyKey: "${newKey()}") { id totalPrice } }`;
      const ordered = await shop.graphql(ORDER, { order: old });
      await shop.graphql(
        `mutation { archiveProduct(input: { id: "${data.createProduct.id}" }) { userErrors { code } } }`,
      );
      assert.deepEqual(await order(2, key), first);
      assert.deepEqual(await shop.graphql(ORDER, { order: old }), ordered);
      assert.equal(await count('orders', 'order'), before + 2);
    });

    test('each mutation that creates an entity accepts a key; the answer is the first one, not the current state', async () => {
      const create = {
        account: `createAccount(account: { name: "Once" }, idempotencyKey: "${newKey()}") { id name }`,
        product: `createProduct(product: { name: "Once", price: 1 }, idempotencyKey: "${newKey()}") { id name version }`,
        category: `createCategory(input: { name: "Once" }, idempotencyKey: "${newKey()}") { category { id name } userErrors { code } }`,
      };
      const document = `mutation { ${Object.entries(create)
        .map(([name, field]) => `${name}: ${field}`)
        .join('\n')} }`;
      const counts = async (): Promise<number[]> =>
        Promise.all([count('account', 'account'), count('product', 'catalog'), count('category', 'catalog')]);
      const before = await counts();
      const first = await shop.graphql(document);
      assert.equal(first.errors, undefined);
      const { account, product } = first.data;
      await shop.graphql(
        `mutation { renameAccount(input: { id: "${account.id}", name: "Other" }) { userErrors { code } }
          updateProduct(input: { id: "${product.id}", expectedVersion: 1, name: "Other" }) { userErrors { code } } }`,
      );
      assert.deepEqual(await shop.graphql(document), first);
      assert.deepEqual(
        await counts(),
        before.map((rows) => rows + 1),
      );
      const { data } = await shop.graphql(
        `{ account(id: "${account.id}") { name } product(id: "${product.id}") { name } }`,
      );
      assert.deepEqual(data, { account: { name: 'Other' }, product: { name: 'Other' } }, 'the current state');
    });

    test('another input with the same key is IDEMPOTENCY_KEY_REUSED and has no effect; other methods have other keys', async () => {
      const key = newKey();
      await order(1, key);
      const before = await count('orders', 'order');
      const { data, errors = [] } = await order(2, key);
      assert.deepEqual(
        [data, errors.map(({ extensions }) => extensions.code)],
        [undefined, ['IDEMPOTENCY_KEY_REUSED']],
      );
      assert.equal(await count('orders', 'order'), before);
      const { errors: others } = await shop.graphql(CREATE_PRODUCT, { name: 'Other', key });
      assert.equal(others, undefined);
    });

    test('an error is not stored: a corrected request with the same key is executed', async () => {
      const key = newKey();
      const { errors = [] } = await order(0, key);
      assert.equal(errors[0]?.extensions.code, 'INVALID_ARGUMENT');
      assert.equal((await order(1, key)).errors, undefined);
    });

    test('the header is equal to the argument, quoted or not', async () => {
      const key = newKey();
      const first = await order(3, key);
      for (const header of [key, `"${key}"`])
        assert.deepEqual(await order(3, null, { 'idempotency-key': header }), first);
      const quotes = 'a "quoted\\" key';
      const second = await order(3, quotes);
      assert.deepEqual(await order(3, null, { 'idempotency-key': String.raw`"a \"quoted\\\" key"` }), second);
    });

    test('several mutations of one document have different keys, derived from the header', async () => {
      const document =
        'mutation { a: createAccount(account: { name: "Twin" }) { id } b: createAccount(account: { name: "Twin" }) { id } }';
      const headers = { 'idempotency-key': newKey() };
      const first = await shop.graphql(document, {}, headers);
      assert.notEqual(first.data.a.id, first.data.b.id);
      assert.deepEqual(await shop.graphql(document, {}, headers), first);
    });

    test('a key is INVALID_ARGUMENT as an argument and 400 as a header if it is empty, too long or not printable ASCII', async () => {
      for (const key of ['', 'x'.repeat(201), 'ключ', 'a\nb', 'a\u007f']) {
        const { errors = [] } = await order(1, key);
        const { code, field } = errors[0]?.extensions ?? {};
        assert.deepEqual([code, field], ['INVALID_ARGUMENT', 'idempotencyKey'], JSON.stringify(key));
      }
      for (const header of ['', 'x'.repeat(201), '"open', '"a" b', '""']) {
        const { errors = [] } = await order(1, null, { 'idempotency-key': header });
        assert.equal(errors[0]?.extensions.code, 'BAD_REQUEST', header);
      }
      assert.equal((await order(1, 'x'.repeat(200))).errors, undefined);
    });

    test('the status is 422 for a reused key, with the media type of GraphQL over HTTP', async () => {
      const key = newKey();
      const send = (name: string, accept: string): Promise<Response> =>
        fetch(`${shop.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept, 'idempotency-key': key },
          body: JSON.stringify({ query: CREATE_PRODUCT, variables: { name } }),
        });
      const first = await send('First', RESPONSE_JSON);
      const again = await send('First', RESPONSE_JSON);
      assert.deepEqual([first.status, again.status], [200, 200]);
      assert.equal(await again.text(), await first.text(), 'the same bytes');
      const reused = await send('Second', RESPONSE_JSON);
      assert.equal(reused.status, 422);
      assert.deepEqual(Object.keys((await reused.json()) as object), ['errors']);
      assert.equal((await send('Second', 'application/json')).status, 200);
    });

    if (link === 'in-process')
      test('callers have their own keys', async () => {
        const create = async (subject: string): Promise<string | undefined> => {
          const principal = Principal.of({ subject, roles: [], scopes: [], tenantRegion: undefined });
          const request = { name: 'Same', idempotencyKey: 'shared' };
          return (await shop.clients.accounts.createAccount(request, testCall({ principal }))).account?.id;
        };
        const first = await create('a');
        assert.notEqual(await create('b'), first);
        assert.equal(await create('a'), first);
      });
  });
}
