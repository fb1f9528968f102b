import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { getIntrospectionQuery } from 'graphql';
import { createDocuments } from '#graphql/documents.ts';
import { createTelemetry } from '#platform/telemetry.ts';

const HIDDEN = [
  getIntrospectionQuery(),
  '{ __schema { types { name } } }',
  '{ a: __type(name: "Product") { name } }',
  'query { ...F } fragment F on Query { __schema { queryType { name } } }',
  '{ ... on Query { __schema { types { name } } } }',
  'mutation { __schema { types { name } } }',
  '{ products { __type(name: "x") { name } } }',
];
/** Mistakes for which graphql-js suggests a name. */
const MISSPELT = [
  '{ product(id: "x") { nam } }',
  '{ prodcts { id } }',
  '{ product(idd: "x") { id } }',
  '{ shop { ...F } } fragment F on Shp { name }',
  '{ shop @skp(if: true) { name } }',
  '{ searchProducts(sort: PRICE_AS) { totalCount } }',
  'mutation { createOrder(order: { accountI: "x", products: [] }) { id } }',
  'query($input: LoginInpt!) { shop { name } }',
];

function messagesOf(introspection: boolean, query: string): string[] {
  const prepared = createDocuments(2, createTelemetry(), { introspection }).prepare(query, undefined);
  return 'errors' in prepared ? prepared.errors.map(({ message }) => message) : [];
}

suite('introspection', () => {
  test('is refused in any form if it is off; __typename is not', () => {
    for (const query of HIDDEN) {
      const messages = messagesOf(false, query);
      assert.ok(messages.length > 0, query);
      assert.ok(!/Product\b.*fields/.test(messages.join(' ')));
    }
    assert.deepEqual(messagesOf(false, '{ __typename shop { __typename name } }'), []);
    assert.deepEqual(messagesOf(true, '{ __schema { types { name } } }'), [], 'known-bad twin: it is on');
  });

  test('errors suggest no names of the schema if it is off', () => {
    for (const query of MISSPELT) {
      const messages = messagesOf(false, query);
      assert.ok(messages.length > 0, query);
      assert.doesNotMatch(messages.join(' '), /Did you mean/, query);
    }
    const suggesting = MISSPELT.filter((query) => /Did you mean/.test(messagesOf(true, query).join(' ')));
    assert.ok(suggesting.length >= 5, `known-bad twin: ${suggesting.length} have suggestions if it is on`);
  });
});
