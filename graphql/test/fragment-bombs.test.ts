import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Kind, parse, type DocumentNode, type SelectionSetNode } from 'graphql';
import { brokenLimit, createSizeOf, FRAGMENTS_MAX } from '#graphql/document-limits.ts';
import { createSchemas } from '#graphql/graph/schema.ts';
import { assertLimited, refusal, repeat } from './refused-documents.ts';

const sizeOf = createSizeOf(createSchemas(2).schema);

/** Fragments that each spread the next one twice: 2^count fields from count lines. */
const bomb = (count: number, root = 'accounts', type = 'Account', leaf = 'id'): string =>
  `{ ${root} { ...f0 } } ${repeat(count, (index) => `fragment f${index} on ${type} { ...f${index + 1} ...f${index + 1} }`)} ` +
  `fragment f${count} on ${type} { ${leaf} }`;

suite('fragment bombs', () => {
  test(`${FRAGMENTS_MAX} fragments are allowed, one more is not`, () => {
    const chain = (count: number): string =>
      `{ product(id: "x") { ...f1 } } ${repeat(count - 1, (index) => `fragment f${index + 1} on Product { ...f${index + 2} }`)} ` +
      `fragment f${count} on Product { id }`;
    assert.equal(refusal(chain(FRAGMENTS_MAX)), undefined);
    assertLimited(chain(FRAGMENTS_MAX + 1), /has 65 fragments; at most 64/);
  });

  test('2^60 fields from 60 fragments are counted without visiting them', () => {
    assertLimited(bomb(60), /selects \d.* fields/);
    assertLimited(bomb(60, 'accountsConnection { nodes', 'Account', 'id').replace('} }', '} } }'), /fields/);
    const onRoot = `{ ...f0 } ${repeat(60, (index) => `fragment f${index} on Query { ...f${index + 1} ...f${index + 1} }`)} fragment f60 on Query { __typename }`;
    assertLimited(onRoot, /fields|root fields/);
  });

  test('fragment cycles of any length are rejected', () => {
    for (const source of [
      '{ accounts { ...a } } fragment a on Account { ...a }',
      '{ accounts { ...a } } fragment a on Account { orders { account { ...a } } }',
      `{ accounts { ...f0 } } ${repeat(60, (index) => `fragment f${index} on Account { id ...f${(index + 1) % 60} }`)}`,
      '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a ...b }',
    ])
      assert.equal(refusal(source)?.code, 'GRAPHQL_VALIDATION_FAILED', source);
  });

  test('each fragment is visited once; known-bad twin: a count that visits every spread does 2^n work', () => {
    const isLinear = (count: (document: DocumentNode) => unknown): boolean =>
      visits(bomb(16), count) <= 2 * visits(bomb(8), count) + 8;
    assert.ok(isLinear((document) => sizeOf(document).map(brokenLimit)));
    assert.ok(!isLinear(countEverySpread));
  });
});

/** Counts how often `count` visits a fragment of the document. */
function visits(source: string, count: (document: DocumentNode) => unknown): number {
  let visited = 0;
  const document = parse(source);
  for (const node of document.definitions) {
    if (node.kind !== Kind.FRAGMENT_DEFINITION) continue;
    const { selections } = node.selectionSet;
    Object.defineProperty(node.selectionSet, 'selections', {
      get: () => {
        visited += 1;
        return selections;
      },
    });
  }
  count(document);
  return visited;
}

/** Known-bad: expands a fragment at each of its spreads. */
function countEverySpread(document: DocumentNode): number {
  const fragments = new Map<string, SelectionSetNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node.selectionSet);
  const count = (set: SelectionSetNode | undefined): number => {
    let fields = 0;
    for (const one of set?.selections ?? [])
      fields +=
        one.kind === Kind.FRAGMENT_SPREAD
          ? count(fragments.get(one.name.value))
          : 1 + count(one.selectionSet);
    return fields;
  };
  const [operation] = document.definitions;
  return operation?.kind === Kind.OPERATION_DEFINITION ? count(operation.selectionSet) : 0;
}
