import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { after, before, suite, test } from 'node:test';
import { compileQuery } from 'graphql-jit';
import {
  getOperationAST,
  isObjectType,
  parse,
  validate,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  type OperationDefinitionNode,
} from 'graphql';
import { compile, interpret, type Execute } from '#graphql/compile.ts';
import { createSchemas, makeSchemas, readTypeDefs, type Schemas } from '#graphql/graph/schema.ts';
import { Random } from '#testkit/random.ts';
import { rounds } from '#testkit/rounds.ts';
import { randomResolvers } from './random-resolvers.ts';
import { randomSelection } from './random-selection.ts';

/** The number of valid documents to compare. FUZZ_DOCUMENTS sets another number, FUZZ_SEED repeats a run. */
const DOCUMENTS = Number(process.env['FUZZ_DOCUMENTS'] ?? rounds(20_000, 3));
/** The number of tests among which the documents are divided. Each has its own timeout. */
const PARTS = 4;
const SEED = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Interfaces and unions in addition to those of the shop. */
const ABSTRACT_TYPES = `
  interface Named { name: String! id: ID! }
  union Thing = Product | Account | Order | PriceBucket
  extend type Product implements Named
  extend type Account implements Named
  extend type Category implements Named
  extend type Query {
    withArgumentPaths(first: Int! = 3, sort: ProductSort = NEWEST): Named
    everyNamed(filter: ProductFilterInput): [Named!]!
    things: [Thing]
    grid: [[Named!]]!
  }
`;

type Make = (schemas: Schemas, document: DocumentNode, operation: OperationDefinitionNode) => Execute;

const compiled: Make = (...operation) => compile(...operation).execute;

/** graphql-jit without the preparation of documents in graphql/compile.ts. */
const compileUnprepared: Make = ({ ofCoerced, schema }, document, operation) => {
  const compiled = compileQuery(ofCoerced, document, operation.name?.value);
  if (!('query' in compiled)) return interpret({ schema, ofCoerced }, document, operation);
  return (context, variables) => compiled.query(undefined, context, variables);
};

suite(`the compiled executor and graphql-js on random documents (FUZZ_SEED=${SEED})`, () => {
  const typeDefs = [...readTypeDefs(), ABSTRACT_TYPES];
  const ofShop = createSchemas(2).schema;
  const hasResolver = (type: string, field: string): boolean => {
    const known = ofShop.getType(type);
    return type === 'Query' || (isObjectType(known) && known.getFields()[field]?.resolve !== undefined);
  };
  const schemas = makeSchemas(typeDefs, 2, [
    randomResolvers(makeSchemas(typeDefs, 2, []).schema, hasResolver),
  ]);

  // graphql-js drops the promises of a list if an item fails synchronously. If they reject, Node reports them.
  const listeners = process.listeners('unhandledRejection');
  before(() => process.removeAllListeners('unhandledRejection').on('unhandledRejection', () => {}));
  after(async () => {
    await turn();
    process.removeAllListeners('unhandledRejection');
    for (const listener of listeners) process.on('unhandledRejection', listener);
  });

  /** Returns the first of `count` valid documents for which an executor differs from graphql-js. */
  async function firstDifference(make: Make, count: number, part = 1): Promise<string | undefined> {
    const random = new Random(SEED + part);
    for (let compared = 0; compared < count;) {
      // Unhandled rejections are reported between turns of the event loop.
      if (compared % 50 === 0) await turn();
      const { source, variables } = randomSelection(schemas.schema, random);
      const document = parse(source);
      if (validate(schemas.schema, document).length > 0) continue;
      const difference = await differenceOf(schemas, make, document, variables, random.whole(0, 2 ** 31));
      if (difference) return `${difference}\n${source}\n${JSON.stringify(variables)}`;
      compared += 1;
    }
    return undefined;
  }

  for (let part = 1; part <= PARTS; part++)
    test(`${DOCUMENTS} documents have the same data and error paths: part ${part} of ${PARTS}`, async () => {
      assert.equal(await firstDifference(compiled, Math.ceil(DOCUMENTS / PARTS), part), undefined);
    });

  test('known-bad twin: graphql-jit without preparation of documents is caught', async () => {
    assert.notEqual(await firstDifference(compileUnprepared, Math.ceil(DOCUMENTS / PARTS)), undefined);
  });

  test('a fragment that is spread twice under different conditions keeps its fields', async () => {
    const source = `
      query ($y: Boolean!, $n: Boolean!) { products { ...F @skip(if: $y) ...F @include(if: $n) } }
      fragment F on Product { id name }`;
    for (const [y, n] of [
      [true, true],
      [true, false],
      [false, true],
      [false, false],
    ]) {
      assert.equal(await differenceOf(schemas, compiled, parse(source), { y, n }, 7), undefined);
    }
    assert.notEqual(
      await differenceOf(schemas, compileUnprepared, parse(source), { y: true, n: true }, 7),
      undefined,
    );
  });

  test('omitted variables named like members of Object.prototype are undefined', async () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      const document = parse(`query ($${name}: String) { searchProducts(query: $${name}) { totalCount } }`);
      assert.equal(await differenceOf(schemas, compiled, document, {}, 7), undefined, name);
    }
    const document = parse(
      'query ($constructor: String) { searchProducts(query: $constructor) { totalCount } }',
    );
    assert.notEqual(await differenceOf(schemas, compileUnprepared, document, {}, 7), undefined);
  });

  test('a null condition is the same error', async () => {
    const document = parse('query ($v: Boolean = true) { products @skip(if: $v) { id } }');
    assert.equal(await differenceOf(schemas, compiled, document, { v: null }, 7), undefined);
  });

  test('combinations of conditions beyond the maximum number of variants are executed', async () => {
    const document = parse(`
      query ($a: Boolean!, $b: Boolean!, $c: Boolean!, $d: Boolean!) {
        categories { a: name @skip(if: $a) b: name @skip(if: $b) c: id @skip(if: $c) d: id @skip(if: $d) }
      }`);
    const operation = getOperationAST(document);
    assert.ok(operation);
    const { execute } = compile(schemas, document, operation);
    for (let index = 0; index < 16; index++) {
      const [a, b, c, d] = [1, 2, 4, 8].map((bit) => (index & bit) > 0);
      assert.equal(await differenceOf(schemas, () => execute, document, { a, b, c, d }, 7), undefined);
    }
  });

  test('an alias named __proto__ is in the result', async () => {
    const document = parse('{ __proto__: __typename }');
    assert.equal(await differenceOf(schemas, compiled, document, {}, 7), undefined);
    assert.notEqual(await differenceOf(schemas, compileUnprepared, document, {}, 7), undefined);
  });
});

async function differenceOf(
  schemas: Schemas,
  make: Make,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
  seed: number,
): Promise<string | undefined> {
  const operation = getOperationAST(document);
  if (!operation) return 'no operation';
  const expected = await interpret(schemas, document, operation)({ seed, depth: 0 }, { ...variables });
  const actual = await make(schemas, document, operation)({ seed, depth: 0 }, { ...variables });
  const [interpreted, jit] = [outcomeOf(expected), outcomeOf(actual)];
  return interpreted === jit ? undefined : `graphql-js: ${interpreted}\ncompiled:   ${jit}`;
}

/**
 * Returns the exact data and the paths of nulls caused by errors. Which of several errors below such a null are reported,
 * and in which order, depends on timing; the specification allows both (section 6.4.4).
 */
function outcomeOf({ data, errors = [] }: ExecutionResult): string {
  const nulls = errors.map((error) => {
    const path = nullAbove(data, error);
    const isOwn = error.path?.length === path.length;
    return `${path.join('.')}${isOwn ? `: ${error.message}` : ''}`;
  });
  return JSON.stringify({ data, errors: [...new Set(nulls)].sort() });
}

/** Returns the path of an error up to the first null in the data. */
function nullAbove(data: unknown, { path = [] }: GraphQLError): readonly (string | number)[] {
  let value = data;
  for (const [depth, key] of path.entries()) {
    if (value === null || value === undefined) return path.slice(0, depth);
    value = Reflect.get(Object(value), key);
  }
  return path;
}
