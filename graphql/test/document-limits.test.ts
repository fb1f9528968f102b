import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { getIntrospectionQuery, parse } from 'graphql';
import {
  COST_MAX,
  DEPTH_MAX,
  DOCUMENT_LENGTH_MAX,
  FIELDS_MAX,
  LISTS_MAX,
  NESTING_MAX,
  REPEATED_FIELDS_MAX,
  ROOT_FIELDS_MAX,
  TOKENS_MAX,
} from '#graphql/document-limits.ts';
import { assertLimited, prepare, refusal, repeat } from './refused-documents.ts';

/** A selection of `levels` levels without lists, so that only its depth counts. */
const ofType = (levels: number): string => `${'ofType { '.repeat(levels - 1)}name${' }'.repeat(levels - 1)}`;
const nested = (levels: number): string => `{ __schema { queryType { ${ofType(levels - 2)} } } }`;

suite('document limits', () => {
  test(`${DEPTH_MAX} levels are allowed, one more is not`, () => {
    assert.equal(refusal(nested(DEPTH_MAX)), undefined);
    assertLimited(nested(DEPTH_MAX + 1), /17 levels deep; at most 16/);
  });

  test('levels within fragments and inline fragments count, the fragments themselves do not', () => {
    const inFragments = (levels: number): string =>
      `{ __schema { queryType { ...a } } } fragment a on __Type { ... { ${ofType(levels - 2)} } }`;
    assert.equal(refusal(inFragments(DEPTH_MAX)), undefined);
    assertLimited(inFragments(DEPTH_MAX + 1), /17 levels deep/);
    assert.equal(refusal(`{ accounts { ${'... { '.repeat(100)} id ${'}'.repeat(100)} } }`), undefined);
  });

  test(`${NESTING_MAX} levels of nested brackets of any kind are allowed, one more is not`, () => {
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
    // The first 2,000 brackets are not a valid document, but they are already nested too deep.
    for (const bracket of ['{', '[', '(']) assertLimited(bracket.repeat(30_000), /more than 200 levels/);
    assert.equal(
      refusal(`{ accounts(id: "${'['.repeat(1_000)}") { id } } # ${'('.repeat(1_000)}`),
      undefined,
    );
  });

  test('known-bad twin: graphql-js alone exhausts the stack on nested lists', () => {
    assert.throws(() => parse(`{ a(b: ${'['.repeat(15_000)}) }`), RangeError);
  });

  test(`${FIELDS_MAX} fields after the expansion of fragments are allowed, one more is not`, () => {
    const spreads = (extra: string): string =>
      `{ accounts { ${repeat(9, () => '...f')} ${extra} } } fragment f on Account { ${repeat(111, (index) => `a${index}: id`)} }`;
    assert.equal(refusal(spreads('')), undefined);
    assertLimited(spreads('id'), /selects 1001 fields; at most 1000/);
  });

  test(`${ROOT_FIELDS_MAX} root fields are allowed, one more is not, also through fragments`, () => {
    const fields = (count: number): string => repeat(count, (index) => `a${index}: __typename`);
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
      repeat(count, (index) => `a${index}: ordersConnection(first: ${index + 1}) { nodes { id } }`);
    const account = (selection: string): string => `{ account(id: "x") { ${selection} } }`;
    assert.equal(refusal(account(lists(LISTS_MAX))), undefined);
    assertLimited(account(lists(LISTS_MAX + 1)), /selects 21 lists; at most 20/);
    const spread = `...f ...f ...f } } fragment f on Account { ${lists(7)}`;
    assertLimited(`{ account(id: "x") { ${spread} }`, /selects 21 lists/);
  });

  test('a corrected query counts as four lists, facets as three: a document cannot select them 20 times', () => {
    const searches = (count: number, fields: string): string =>
      `{ ${repeat(count, (index) => `s${index}: searchProducts(query: "a${index}", first: 1) { ${fields} }`)} }`;
    assert.equal(refusal(searches(4, 'totalCount didYouMean')), undefined);
    assertLimited(searches(5, 'totalCount didYouMean'), /selects 25 lists; at most 20/);
    const facets = 'facets { priceBuckets { count } categories { count } }';
    assert.equal(refusal(searches(2, `nodes { id } ${facets} didYouMean`)), undefined);
    assertLimited(searches(5, facets), /selects 30 lists; at most 20/);
  });

  test(`nested lists multiply: a cost of more than ${COST_MAX} is rejected at any depth`, () => {
    const orders = (levels: number): string =>
      levels === 0 ? 'id' : `orders { account { ${orders(levels - 1)} } }`;
    assert.equal(refusal(`{ account(id: "x") { ${orders(2)} } }`), undefined);
    assertLimited(`{ account(id: "x") { ${orders(3)} } }`, /costs up to 11181817; at most 240000/);
    const inFragment = `{ account(id: "x") { ...f } } fragment f on Account { ${orders(3)} }`;
    assertLimited(inFragment, /costs up to 11181817/);
  });

  test('a literal page size counts as given; a variable counts as the maximum page size', () => {
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

  test('each alias of a long text counts', () => {
    const texts = (count: number): string =>
      `{ products(pagination: { take: 100 }) { ${repeat(count, (index) => `a${index}: description`)} } }`;
    assert.equal(refusal(texts(240)), undefined);
    assertLimited(texts(480), /costs up to 280008; at most 240000/);
  });

  test('the cost of a category tree depends on its arguments', () => {
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

  test('introspection lists multiply too', () => {
    const deep = repeat(200, (index) => `a${index}: name`);
    assertLimited(`{ __schema { types { fields { type { fields { ${deep} } } } } } }`, /costs up to \d{6}/);
  });

  test('the limits apply to every operation of a document, not only to the executed one', () => {
    const operation = prepare(`query A { __typename } query B ${nested(DEPTH_MAX + 1)}`, 'A');
    assert.ok('errors' in operation);
  });

  test(`${TOKENS_MAX} tokens are allowed, one more is not`, () => {
    const ofTokens = (extra: string): string =>
      `{ ${repeat(666, (index) => `a${index}: __typename`)} ${extra} }`;
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

  test('the full introspection query of tools is allowed', async () => {
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

suite('repeated fields', () => {
  test(`${REPEATED_FIELDS_MAX} fields of one name in a selection set are allowed at any depth, one more is not`, () => {
    const names = (count: number): string => repeat(count, () => 'name');
    assert.equal(refusal(`{ accounts { ${names(REPEATED_FIELDS_MAX)} } }`), undefined);
    for (const source of [
      `{ accounts { ${names(REPEATED_FIELDS_MAX + 1)} } }`,
      `{ accounts { orders { account { ${names(REPEATED_FIELDS_MAX + 1)} } } } }`,
      `{ accounts { ...f } } fragment f on Account { ${names(REPEATED_FIELDS_MAX + 1)} }`,
    ])
      assertLimited(source, /repeats name more than 20 times in one selection set/);
  });
});
