import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { RESPONSE_BYTES_MAX, limitResponses, isJsonWithin } from '#graphql/response-memory.ts';
import { createDocuments } from '#graphql/documents.ts';
import type { Clients } from '#graphql/graph/clients.ts';
import { Context } from '#graphql/graph/context.ts';
import type { Reason } from '#platform/errors.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { startTestShop, testCall, type TestShop } from '#testkit/shop.ts';

const PRODUCTS = 100;
const DESCRIPTION = 'd'.repeat(10_000);
const PAGE = { page: { size: PRODUCTS, skip: 0 } };

suite('the bytes of responses', () => {
  let shop: TestShop;
  before(async () => {
    shop = await startTestShop();
    const create =
      'mutation($d: String!) { createProduct(product: { name: "Large", description: $d, price: 1 }) { id } }';
    for (let index = 0; index < PRODUCTS; index++) await shop.graphql(create, { d: DESCRIPTION });
  });
  after(() => shop[Symbol.asyncDispose]());

  const aliases = (count: number): string => {
    const fields = Array.from({ length: count }, (_, index) => `a${index}: description`);
    return `{ products(pagination: { take: ${PRODUCTS} }) { ${fields.join(' ')} } }`;
  };

  test('a response below the limit is sent; a larger one is RESPONSE_TOO_LARGE with the limit', async () => {
    const small = await shop.graphql(aliases(3));
    assert.equal(small.errors, undefined);
    assert.equal(small.data.products.length, PRODUCTS);
    const large = await shop.graphql(aliases(200));
    assert.equal(large.data, null);
    assert.deepEqual(
      large.errors?.map(({ extensions: { code, bytesMax } }) => ({ code, bytesMax })),
      [{ code: 'RESPONSE_TOO_LARGE', bytesMax: RESPONSE_BYTES_MAX }],
    );
  });

  test('the items of lists that are longer than assumed are limited', async () => {
    const parent = await shop.graphql(
      'mutation { createCategory(input: { name: "Wide" }) { category { id } } }',
    );
    const { id } = parent.data.createCategory.category;
    const create =
      'mutation($n: String!, $p: ID!) { createCategory(input: { name: $n, parentId: $p }) { category { id } } }';
    for (let index = 0; index < 60; index++) await shop.graphql(create, { n: `Below ${index}`, p: id });
    const { prepare } = createDocuments(2, createTelemetry());
    const operation = prepare(`{ category(id: "${id}") { children(first: 100) { id } } }`, undefined);
    assert.ok(!('errors' in operation));
    /** Returns the first error of the operation if all its lists may have `itemsMax` items. */
    const errorWith = async (itemsMax?: number): Promise<string | undefined> => {
      const context = new Context(shop.clients, testCall(), { access: 'open', itemsMax });
      return (await operation.execute(context, {})).errors?.[0]?.message;
    };
    assert.equal(await errorWith(60), undefined);
    assert.match((await errorWith(59)) ?? '', /too many items/);
    // Known-bad twin: without a limit no list is rejected.
    assert.equal(await errorWith(), undefined);
  });

  test('text is counted in UTF-8 bytes', () => {
    const texts = (text: string): object => ({
      data: { list: Array.from({ length: 10 }, () => ({ text })) },
    });
    for (const text of ['plain', 'é', '汉字', '🎈']) {
      const bytes = Buffer.byteLength(JSON.stringify(texts(text)));
      assert.ok(isJsonWithin(2 * bytes, texts(text)), text);
      assert.ok(!isJsonWithin(Math.floor(bytes / 2), texts(text)), text);
    }
  });

  /** Returns the reason for which one of several concurrent operations is rejected; undefined if none is. */
  async function refusal(
    bounded: ReturnType<typeof limitResponses>,
    operations: number,
  ): Promise<Reason | undefined> {
    await using held = new AsyncDisposableStack();
    for (let index = 0; index < operations; index++) {
      const call = testCall();
      held.use(bounded.open(call));
      try {
        await bounded.clients.catalog.listProducts(PAGE, call);
      } catch (error) {
        return (error as { reason?: Reason }).reason;
      }
    }
    return undefined;
  }

  /** Known-bad: counts nothing. */
  const knownBad = (clients: Clients): ReturnType<typeof limitResponses> => ({
    clients,
    open: () => ({ [Symbol.dispose]: () => {} }),
  });

  test('the bytes of one and of all operations are limited; twin: clients that count nothing are caught', async () => {
    const bounds = { operationBytesMax: 4_000_000, totalBytesMax: 10_000_000 };
    assert.equal(await refusal(limitResponses(shop.clients, bounds), 3), undefined);
    assert.equal(await refusal(limitResponses(shop.clients, bounds), 10), 'RESOURCE_EXHAUSTED');
    assert.equal(
      await refusal(limitResponses(shop.clients, { ...bounds, operationBytesMax: 1_000_000 }), 1),
      'RESPONSE_TOO_LARGE',
    );
    assert.equal(await refusal(knownBad(shop.clients), 10), undefined);
  });

  test('the bytes of an operation no longer count after its response', async () => {
    const bounded = limitResponses(shop.clients, { operationBytesMax: 4_000_000, totalBytesMax: 4_000_000 });
    for (let index = 0; index < 10; index++) assert.equal(await refusal(bounded, 1), undefined);
  });
});
