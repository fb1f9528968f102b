import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { startTestShop, type GraphQLResult, type TestShop } from '#testkit/shop.ts';

/** The examples in docs/api.md: each operation returns the documented answer. */

const PAGE = new URL('../docs/api.md', import.meta.url);

interface Example {
  readonly query: string;
  readonly answer: unknown;
}

const EXAMPLE = /^```graphql\n([^]*?)^```\n```json\n([^]*?)^```$/gm;

/** The operations of a page, each with the answer that follows it. */
function examplesIn(text: string): Example[] {
  return [...text.matchAll(EXAMPLE)].map(([, query = '', json = '']) => ({
    query,
    answer: JSON.parse(json),
  }));
}

/** The answer in the form of the page: without `locations`, and with a placeholder for each id. */
function documentedForm({ data, errors }: GraphQLResult, names: ReadonlyMap<string, string>): unknown {
  const text = JSON.stringify({ data, errors }, (key, value: unknown) => {
    if (key === 'locations') return undefined;
    return key === 'requestId' ? 'REQUEST_ID' : value;
  });
  return JSON.parse([...names].reduce((all, [name, id]) => all.replaceAll(id, name), text));
}

suite('the examples of docs/api.md', async () => {
  const examples = examplesIn(await readFile(PAGE, 'utf8'));
  const names = new Map<string, string>();
  let shop: TestShop;
  before(async () => {
    shop = await startTestShop();
    const { data } = await shop.graphql(
      'mutation { account: createAccount(account: { name: "Reader" }) { id } product: createProduct(product: { name: "Lamp", price: 1 }) { id } }',
    );
    names.set('ACCOUNT_ID', data.account.id).set('PRODUCT_ID', data.product.id);
  });
  after(() => shop[Symbol.asyncDispose]());

  async function assertAnswers({ query, answer }: Example): Promise<void> {
    const actualQuery = [...names].reduce((text, [name, id]) => text.replaceAll(name, id), query);
    assert.deepEqual(documentedForm(await shop.graphql(actualQuery), names), answer);
  }

  test('the page has three examples', () => assert.equal(examples.length, 3));

  for (const [index, example] of examples.entries())
    test(`example ${index + 1} returns the documented answer`, () => assertAnswers(example));

  test('known-bad twin: a different answer is caught', async () => {
    for (const { query } of examples)
      await assert.rejects(assertAnswers({ query, answer: { data: {} } }), assert.AssertionError);
  });
});
