import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { execute, Kind, parse, type DocumentNode, type SelectionSetNode } from 'graphql';
import { Context } from '#graphql/graph/context.ts';
import { brokenLimit, createSizeOf } from '#graphql/document-limits.ts';
import { createSchemas } from '#graphql/graph/schema.ts';
import { eventually, startTestShop, testCall } from '#testkit/shop.ts';
import { Random } from '#testkit/random.ts';
import { fillShop } from './fill-shop.ts';
import { randomDocument, type KnownEntities, type RandomDocument } from './random-document.ts';

/** FUZZ_SEED=<n> node --test e2e/random-document.test.ts repeats a run; every failure message has the seed. */
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const VALID_DOCUMENTS = 200;

const shop = await startTestShop();
after(() => shop[Symbol.asyncDispose]());
const { schema } = createSchemas(2, { name: 'Fritzy', currency: { code: 'USD', decimals: 2 } });
const sizeOf = createSizeOf(schema);
let known: KnownEntities;
// In a hook, because a failure at the top level would leave the shop running.
before(async () => {
  known = await fillShop(shop);
});

/** The documented error codes of a valid mutation whose entity another mutation has changed, or whose caller is unknown. */
const DOCUMENTED_CODES = new Set([
  'VERSION_CONFLICT',
  'PRODUCT_ARCHIVED',
  'IDEMPOTENCY_KEY_REUSED',
  'IDEMPOTENCY_IN_PROGRESS',
  'PRICE_CHANGED',
  'UNAUTHENTICATED',
  'INVALID_CREDENTIALS',
  'INVALID_TOKEN',
  'TOO_MANY_ATTEMPTS',
  'CATEGORY_LIMIT_EXCEEDED',
  'CATEGORY_NAME_TAKEN',
]);

/** The guarantee: the answer has exactly the selected fields at every level. */
function assertMatches(document: DocumentNode, variables: Record<string, unknown>, data: unknown): void {
  const fragments = new Map<string, SelectionSetNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node.selectionSet);

  /** `type` is undefined if the selection has no `__typename`. Its fragments are then on its only possible type. */
  function fieldsOf(set: SelectionSetNode, type: unknown): [string, SelectionSetNode | undefined][] {
    return set.selections.flatMap((one): [string, SelectionSetNode | undefined][] => {
      if (one.kind === Kind.INLINE_FRAGMENT) {
        const isOther = type !== undefined && one.typeCondition?.name.value !== type;
        return isOther ? [] : fieldsOf(one.selectionSet, type);
      }
      if (one.kind === Kind.FRAGMENT_SPREAD) return fieldsOf(fragments.get(one.name.value) ?? set, type);
      for (const { name, arguments: [condition] = [] } of one.directives ?? []) {
        const { value } = condition ?? {};
        const holds = value?.kind === Kind.VARIABLE && variables[value.name.value] === true;
        if (holds === (name.value === 'skip')) return [];
      }
      return [[one.alias?.value ?? one.name.value, one.selectionSet]];
    });
  }

  function check(set: SelectionSetNode, value: unknown, path: string): void {
    if (value === null) return;
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) check(set, item, `${path}[${index}]`);
      return;
    }
    assert.ok(typeof value === 'object', path);
    const fields = new Map(fieldsOf(set, Reflect.get(value, '__typename')));
    assert.deepEqual(Object.keys(value).sort(), [...fields.keys()].sort(), path);
    for (const [name, one] of Object.entries(value)) {
      const selection = fields.get(name);
      if (selection) check(selection, one, `${path}.${name}`);
      else
        for (const leaf of [one].flat())
          assert.ok(typeof leaf !== 'object' || leaf === null, `${path}.${name} is a leaf`);
    }
  }

  const [operation] = document.definitions;
  assert.ok(operation?.kind === Kind.OPERATION_DEFINITION);
  check(operation.selectionSet, data, 'data');
}

/** The answer of graphql-js, the reference implementation. */
async function reference(document: DocumentNode, variableValues: Record<string, unknown>): Promise<unknown> {
  const contextValue = new Context(shop.clients, testCall(), { access: 'open' });
  return JSON.parse(JSON.stringify(await execute({ schema, document, contextValue, variableValues })));
}

async function checkValid({ kind, query, variables }: RandomDocument): Promise<'data' | 'error'> {
  const { status, ...body } = await shop.graphql(query, variables);
  assert.equal(status, 200);
  for (const { message, extensions } of body.errors ?? [])
    assert.ok(kind === 'mutation' && DOCUMENTED_CODES.has(extensions.code), message);
  // Mutation payloads must not have these codes either.
  assert.doesNotMatch(JSON.stringify(body.data), /"(INVALID_ARGUMENT|(\w+_)?NOT_FOUND)"/);
  const document = parse(query);
  assertMatches(document, variables, body.data);
  if (kind === 'query') {
    const assertSameAsReference = async (answer: object): Promise<void> =>
      assert.deepEqual(answer, await reference(document, variables));
    // Events update the sales counts asynchronously, so that the two answers may differ until all events are counted.
    if (!query.includes('bestSellers')) await assertSameAsReference(body);
    else
      await eventually(async () => {
        const { status: _, ...again } = await shop.graphql(query, variables);
        await assertSameAsReference(again);
      });
  }
  return body.errors ? 'error' : 'data';
}

/** Generates documents until one is within the document limits. */
function withinLimits(random: Random): RandomDocument {
  for (let attempt = 0; attempt < 100; attempt++) {
    const document = randomDocument(schema, known, random);
    if (sizeOf(parse(document.query)).every((size) => brokenLimit(size) === undefined)) return document;
  }
  throw new Error('a hundred consecutive random documents exceed the limits');
}

suite('200 random valid documents', () => {
  test('each is answered with 200, exactly the selected fields, and the same data as by graphql-js', async () => {
    const random = new Random(SEED);
    const outcomes = { data: 0, error: 0 };
    for (let index = 0; index < VALID_DOCUMENTS; index++) {
      const document = withinLimits(random);
      try {
        outcomes[await checkValid(document)] += 1;
      } catch (cause) {
        throw new Error(`FUZZ_SEED=${SEED}, document ${index}: ${JSON.stringify(document)}`, { cause });
      }
    }
    assert.ok(outcomes.data > VALID_DOCUMENTS / 2, `FUZZ_SEED=${SEED}: ${JSON.stringify(outcomes)}`);
  });

  test('known-bad twin: an additional, a missing and a misnamed field are caught', () => {
    const document = parse(
      'query($v: Boolean!) { a: account(id: "x") { id ...f @skip(if: false) } } fragment f on Account { name @skip(if: $v) }',
    );
    const check = (data: unknown, v = false): void => assertMatches(document, { v }, data);
    check({ a: { id: '1', name: 'x' } });
    check({ a: { id: '1' } }, true);
    check({ a: null });
    for (const bad of [
      { account: null },
      { a: { id: '1' } },
      { a: { id: '1', name: 'x', more: 1 } },
      { a: { id: {}, name: 'x' } },
      {},
    ])
      assert.throws(() => check(bad), assert.AssertionError, JSON.stringify(bad));
  });
});
