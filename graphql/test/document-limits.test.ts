import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { getIntrospectionQuery, Kind, parse, type DocumentNode, type SelectionSetNode } from 'graphql';
import {
  brokenLimit,
  COST_MAX,
  createSizeOf,
  DEPTH_MAX,
  DOCUMENT_LENGTH_MAX,
  FIELDS_MAX,
  FRAGMENTS_MAX,
  LISTS_MAX,
  NESTING_MAX,
  REPEATED_FIELDS_MAX,
  ROOT_FIELDS_MAX,
  TOKENS_MAX,
} from '#graphql/document-limits.ts';
import { createDocuments, type Operation, type Refusal } from '#graphql/documents.ts';
import { createSchemas } from '#graphql/graph/schema.ts';
import { createTelemetry } from '#platform/telemetry.ts';

const telemetry = createTelemetry();
const documents = createDocuments(2, telemetry);

function prepare(source: string, operationName: string | undefined): Operation | Refusal {
  const operation = documents.prepare(source, operationName);
  if (!('errors' in operation)) documents.done(operation);
  return operation;
}
const { schema } = createSchemas(2);
const sizeOf = createSizeOf(schema);

/** The code and the text of the first error, or undefined if the document would be executed. */
function refusal(source: string): { code: unknown; message: string } | undefined {
  const operation = prepare(source, undefined);
  if (!('errors' in operation)) return undefined;
  const [error] = operation.errors;
  return { code: error?.extensions['code'], message: error?.message ?? '' };
}

function assertLimited(source: string, message: RegExp): void {
  const refused = refusal(source);
  assert.equal(refused?.code, 'GRAPHQL_LIMIT_EXCEEDED');
  assert.match(refused.message, message);
}

/** A selection of `levels` levels on a type of the schema; no lists, so that only its depth counts. */
const ofType = (levels: number): string => `${'ofType { '.repeat(levels - 1)}name${' }'.repeat(levels - 1)}`;
const nested = (levels: number): string => `{ __schema { queryType { ${ofType(levels - 2)} } } }`;

const repeat = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

/** Fragments that each spread the next one twice: 2^count fields out of count lines. */
const bomb = (count: number, root = 'accounts', type = 'Account', leaf = 'id'): string =>
  `{ ${root} { ...f0 } } ${repeat(count, (nr) => `fragment f${nr} on ${type} { ...f${nr + 1} ...f${nr + 1} }`)} ` +
  `fragment f${count} on ${type} { ${leaf} }`;

suite('document limits', () => {
  test(`${DEPTH_MAX} levels are allowed, one more is not`, () => {
    assert.equal(refusal(nested(DEPTH_MAX)), undefined);
    assertLimited(nested(DEPTH_MAX + 1), /17 levels deep; at most 16/);
  });

  test('levels inside fragments and inline fragments count, the fragments themselves do not', () => {
    const inFragments = (levels: number): string =>
      `{ __schema { queryType { ...a } } } fragment a on __Type { ... { ${ofType(levels - 2)} } }`;
    assert.equal(refusal(inFragments(DEPTH_MAX)), undefined);
    assertLimited(inFragments(DEPTH_MAX + 1), /17 levels deep/);
    assert.equal(refusal(`{ accounts { ${'... { '.repeat(100)} id ${'}'.repeat(100)} } }`), undefined);
  });

  test(`${NESTING_MAX} brackets within brackets are allowed, one more is not, whatever kind they are`, () => {
    const inAll = (count: number): string[] => {
      const [open, close] = ['[', ']'].map((bracket) => bracket.repeat(count - 2));
      return [
        `{ accounts(id: ${open}${close}) { id } }`,
        `query($v: ${open}[ID]${close}) { accounts { id } }`,
        `{ accounts(pagination: ${'{ take: '.repeat(count - 2)}1${' }'.repeat(count - 2)}) { id } }`,
        `{ ${'... { '.repeat(count - 1)}__typename${' }'.repeat(count - 1)} }`,
      ];
    };
    for (const source of inAll(NESTING_MAX)) assert.notEqual(refusal(source)?.code, 'GRAPHQL_LIMIT_EXCEEDED');
    for (const source of [...inAll(NESTING_MAX + 1), ...inAll(900)])
      assertLimited(source, /more than 200 levels of nested brackets/);
    // The first 2,000 brackets are no valid text of a document, and too deep all the same.
    for (const bracket of ['{', '[', '(']) assertLimited(bracket.repeat(30_000), /more than 200 levels/);
    assert.equal(
      refusal(`{ accounts(id: "${'['.repeat(1_000)}") { id } } # ${'('.repeat(1_000)}`),
      undefined,
    );
  });

  test('known-bad twin: graphql-js alone exhausts the stack on nested lists', () => {
    assert.throws(() => parse(`{ a(b: ${'['.repeat(15_000)}) }`), RangeError);
  });

  test(`${FIELDS_MAX} fields after spreading fragments are allowed, one more is not`, () => {
    const spreads = (extra: string): string =>
      `{ accounts { ${repeat(9, () => '...f')} ${extra} } } fragment f on Account { ${repeat(111, (nr) => `a${nr}: id`)} }`;
    assert.equal(refusal(spreads('')), undefined);
    assertLimited(spreads('id'), /selects 1001 fields; at most 1000/);
  });

  test(`${ROOT_FIELDS_MAX} root fields are allowed, one more is not, also through fragments`, () => {
    const fields = (count: number): string => repeat(count, (nr) => `a${nr}: __typename`);
    assert.equal(refusal(`{ ${fields(ROOT_FIELDS_MAX)} }`), undefined);
    for (const source of [
      `{ ${fields(ROOT_FIELDS_MAX + 1)} }`,
      `{ ... { ${fields(ROOT_FIELDS_MAX)} } ... on Query { b: __typename } }`,
      `{ ...f ...g } fragment f on Query { ${fields(ROOT_FIELDS_MAX)} } fragment g on Query { __typename }`,
    ])
      assertLimited(source, /at most 20 root fields/);
  });

  test(`${LISTS_MAX} lists are allowed, one more is not, also through fragments`, () => {
    const lists = (count: number): string =>
      repeat(count, (nr) => `a${nr}: ordersConnection(first: ${nr + 1}) { nodes { id } }`);
    const account = (selection: string): string => `{ account(id: "x") { ${selection} } }`;
    assert.equal(refusal(account(lists(LISTS_MAX))), undefined);
    assertLimited(account(lists(LISTS_MAX + 1)), /selects 21 lists; at most 20/);
    const spread = `...f ...f ...f } } fragment f on Account { ${lists(7)}`;
    assertLimited(`{ account(id: "x") { ${spread} }`, /selects 21 lists/);
  });

  test('corrections count as four lists, facets as two: a document cannot ask for them twenty times', () => {
    const searches = (count: number, fields: string): string =>
      `{ ${repeat(count, (nr) => `s${nr}: searchProducts(query: "a${nr}", first: 1) { ${fields} }`)} }`;
    assert.equal(refusal(searches(4, 'totalCount didYouMean')), undefined);
    assertLimited(searches(5, 'totalCount didYouMean'), /selects 25 lists; at most 20/);
    const facets = 'facets { priceBuckets { count } categories { count } }';
    assert.equal(refusal(searches(2, `nodes { id } ${facets} didYouMean`)), undefined);
    assertLimited(searches(5, facets), /selects 25 lists; at most 20/);
  });

  test(`lists within lists multiply: more than a cost of ${COST_MAX} is refused, whatever the depth`, () => {
    const orders = (levels: number): string =>
      levels === 0 ? 'id' : `orders { account { ${orders(levels - 1)} } }`;
    assert.equal(refusal(`{ account(id: "x") { ${orders(2)} } }`), undefined);
    assertLimited(`{ account(id: "x") { ${orders(3)} } }`, /costs up to 11181817; at most 210000/);
    const inFragment = `{ account(id: "x") { ...f } } fragment f on Account { ${orders(3)} }`;
    assertLimited(inFragment, /costs up to 11181817/);
  });

  test('the size of a page counts as it is written; a variable counts as the largest page', () => {
    const accounts = (page: string): string =>
      `accounts(pagination: ${page}) { orders { products { price } } }`;
    assert.equal(refusal(`{ ${accounts('{ skip: 0, take: 60 }')} }`), undefined);
    assertLimited(`query($take: Int!) { ${accounts('{ take: $take }')} }`, /costs up to 340908/);
    assertLimited(`query($page: PaginationInput) { ${accounts('$page')} }`, /costs up to 340908/);
    const byId = `accounts(id: "x") { orders { account { orders { id } } } }`;
    assert.equal(refusal(`{ ${byId} }`), undefined);
    assertLimited(`{ ${byId.replace('(id: "x")', '')} }`, /costs up to 436188/);
    const nested =
      'ordersConnection(first: 20) { nodes { account { ordersConnection(first: SIZE) { nodes { id } } } } }';
    const connection = (size: string): string =>
      `{ accountsConnection(last: 20) { nodes { ${nested.replace('SIZE', size)} } } }`;
    assert.equal(refusal(connection('100')), undefined);
    assertLimited(connection('100').replace('last: 20', 'last: 50'), /costs up to \d{6};/);
  });

  test('an alias of a long text counts as often as it is there', () => {
    const texts = (count: number): string =>
      `{ products(pagination: { take: 100 }) { ${repeat(count, (nr) => `a${nr}: description`)} } }`;
    assert.equal(refusal(texts(240)), undefined);
    assertLimited(texts(480), /costs up to 280008; at most 210000/);
  });

  test('a tree of categories costs what its arguments say', () => {
    const tree = (levels: number, size = ''): string =>
      levels === 0 ? 'name' : `children${size} { ${tree(levels - 1, size)} }`;
    assert.equal(refusal(`{ categories { ${tree(3)} } }`), undefined);
    assert.equal(refusal(`{ categories(first: 100) { ${tree(1, '(first: 100)')} } }`), undefined);
    assertLimited(`{ categories { ${tree(4)} } }`, /costs up to \d{6};/);
    assertLimited(`{ categories(first: 100) { ${tree(2, '(first: 100)')} } }`, /costs up to 2\d{6};/);
    assertLimited(
      `query($n: Int!) { categories(first: $n) { ${tree(2, '(first: $n)')} } }`,
      /costs up to 2\d{6};/,
    );
    assert.equal(refusal('{ productsConnection { nodes { category { ancestors { name } } } } }'), undefined);
  });

  test('lists of the schema about itself multiply too', () => {
    const deep = repeat(200, (nr) => `a${nr}: name`);
    assertLimited(`{ __schema { types { fields { type { fields { ${deep} } } } } } }`, /costs up to \d{6}/);
  });

  test('every operation of a document is held to the limits, not only the one that is executed', () => {
    const operation = prepare(`query A { __typename } query B ${nested(DEPTH_MAX + 1)}`, 'A');
    assert.ok('errors' in operation);
  });

  test(`${TOKENS_MAX} tokens are allowed, one more is not`, () => {
    const ofTokens = (extra: string): string => `{ ${repeat(666, (nr) => `a${nr}: __typename`)} ${extra} }`;
    assertLimited(ofTokens(''), /root fields/);
    const refused = refusal(ofTokens('b'));
    assert.equal(refused?.code, 'GRAPHQL_PARSE_FAILED');
    assert.match(refused.message, /2000 tokens/);
  });

  test(`${DOCUMENT_LENGTH_MAX} characters are allowed, one more is not`, () => {
    const padded = (length: number): string => '{ __typename } #'.padEnd(length, 'x');
    assert.equal(refusal(padded(DOCUMENT_LENGTH_MAX)), undefined);
    assertLimited(padded(DOCUMENT_LENGTH_MAX + 1), /longer than 32768 characters/);
  });

  test('the full introspection query of tools passes', async () => {
    const operation = prepare(
      getIntrospectionQuery({
        descriptions: true,
        specifiedByUrl: true,
        directiveIsRepeatable: true,
        schemaDescription: true,
        inputValueDeprecation: true,
        oneOf: true,
      }),
      undefined,
    );
    assert.ok(!('errors' in operation));
    const { data, errors } = await operation.execute({}, {});
    assert.equal(errors, undefined);
    assert.ok(JSON.stringify(data).includes('productsConnection'));
  });
});

suite('fields of one name', () => {
  test(`${REPEATED_FIELDS_MAX} in one selection are allowed, one more is not, however deep`, () => {
    const names = (count: number): string => repeat(count, () => 'name');
    assert.equal(refusal(`{ accounts { ${names(REPEATED_FIELDS_MAX)} } }`), undefined);
    for (const source of [
      `{ accounts { ${names(REPEATED_FIELDS_MAX + 1)} } }`,
      `{ accounts { orders { account { ${names(REPEATED_FIELDS_MAX + 1)} } } } }`,
      `{ accounts { ...f } } fragment f on Account { ${names(REPEATED_FIELDS_MAX + 1)} }`,
    ])
      assertLimited(source, /repeats name more than 20 times in one selection/);
  });
});

suite('fragment bombs', () => {
  test(`${FRAGMENTS_MAX} fragments are allowed, one more is not`, () => {
    const chain = (count: number): string =>
      `{ product(id: "x") { ...f1 } } ${repeat(count - 1, (nr) => `fragment f${nr + 1} on Product { ...f${nr + 2} }`)} ` +
      `fragment f${count} on Product { id }`;
    assert.equal(refusal(chain(FRAGMENTS_MAX)), undefined);
    assertLimited(chain(FRAGMENTS_MAX + 1), /has 65 fragments; at most 64/);
  });

  test('2^60 fields out of 60 fragments are counted without being visited', () => {
    assertLimited(bomb(60), /selects \d.* fields/);
    assertLimited(bomb(60, 'accountsConnection { nodes', 'Account', 'id').replace('} }', '} } }'), /fields/);
    const onRoot = `{ ...f0 } ${repeat(60, (nr) => `fragment f${nr} on Query { ...f${nr + 1} ...f${nr + 1} }`)} fragment f60 on Query { __typename }`;
    assertLimited(onRoot, /fields|root fields/);
  });

  test('fragments that mention themselves are refused, however long the way round', () => {
    for (const source of [
      '{ accounts { ...a } } fragment a on Account { ...a }',
      '{ accounts { ...a } } fragment a on Account { orders { account { ...a } } }',
      `{ accounts { ...f0 } } ${repeat(60, (nr) => `fragment f${nr} on Account { id ...f${(nr + 1) % 60} }`)}`,
      '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a ...b }',
    ])
      assert.equal(refusal(source)?.code, 'GRAPHQL_VALIDATION_FAILED', source);
  });

  test('known-bad twin: a count that visits every spread does 2^n work, ours visits each fragment once', () => {
    const isLinear = (count: (document: DocumentNode) => unknown): boolean =>
      visits(bomb(16), count) <= 2 * visits(bomb(8), count) + 8;
    assert.ok(isLinear((document) => sizeOf(document).map(brokenLimit)));
    assert.ok(!isLinear(countEverySpread));
  });
});

/** How often `count` looks into a fragment of the document. */
function visits(source: string, count: (document: DocumentNode) => unknown): number {
  let looks = 0;
  const document = parse(source);
  for (const node of document.definitions) {
    if (node.kind !== Kind.FRAGMENT_DEFINITION) continue;
    const { selections } = node.selectionSet;
    Object.defineProperty(node.selectionSet, 'selections', {
      get: () => {
        looks += 1;
        return selections;
      },
    });
  }
  count(document);
  return looks;
}

/** Deliberately wrong: spreads a fragment again each time it is mentioned. */
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
