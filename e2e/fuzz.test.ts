import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { after, before, suite, test } from 'node:test';
import { execute, Kind, parse, type DocumentNode, type SelectionSetNode } from 'graphql';
import { Context } from '#graphql/graph/context.ts';
import { brokenLimit, createSizeOf } from '#graphql/document-limits.ts';
import { createSchemas } from '#graphql/graph/schema.ts';
import { eventually, startTestShop, testCall } from '#testkit/shop.ts';
import { Random } from '#testkit/random.ts';
import { randomDocument, type Known, type RandomDocument } from './random-document.ts';
import { hugeRequests, randomRequest, RAW_REQUESTS, type RandomRequest } from './random-request.ts';

/** FUZZ_SEED=<n> node --test e2e/fuzz.test.ts repeats a run; the seed is part of every failure's message. */
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const VALID_DOCUMENTS = 200;
const REQUESTS = 2_000;
const CONCURRENCY = 16;

const shop = await startTestShop();
const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
after(async () => {
  agent.destroy();
  await shop[Symbol.asyncDispose]();
});
const { schema } = createSchemas(2, { name: 'Fritzy', currency: { code: 'USD', decimals: 2 } });
const sizeOf = createSizeOf(schema);
let known: Known;
// In a hook: what fails before the tests start would leave the shop running.
before(async () => {
  known = await fill();
});

/** A few accounts, products and orders, and what names them. */
async function fill(): Promise<Known> {
  const ids = {
    account: [] as string[],
    product: [] as string[],
    order: [] as string[],
    category: [] as string[],
  };
  for (let nr = 0; nr < 10; nr++) {
    const { account } = await shop.clients.accounts.createAccount({ name: `Account ${nr}` }, testCall());
    const { product } = await shop.clients.catalog.createProduct(
      { name: `Phone ${nr}`, description: '', priceMinor: 119_999n },
      testCall(),
    );
    assert.ok(account && product);
    const parentId = ids.category.at(-1) ?? '';
    const { category } = await shop.clients.catalog.createCategory(
      { name: `Category ${nr}`, parentId: nr % 4 === 0 ? '' : parentId },
      testCall(),
    );
    ids.category.push(category?.id ?? '');
    ids.account.push(account.id);
    ids.product.push(product.id);
    const products = ids.product.map((productId) => ({ productId, quantity: 1 }));
    const { order } = await shop.clients.orders.createOrder({ accountId: account.id, products }, testCall());
    ids.order.push(order?.id ?? '');
  }
  const { data } = await shop.graphql('{ accountsConnection { edges { cursor } } }');
  return { ids, cursors: data.accountsConnection.edges.map((edge: { cursor: string }) => edge.cursor) };
}

/** What the schema documents for a valid mutation whose entity somebody else has changed. */
const DOCUMENTED = new Set([
  'VERSION_CONFLICT',
  'PRODUCT_ARCHIVED',
  'CATEGORY_LIMIT_EXCEEDED',
  'CATEGORY_NAME_TAKEN',
]);

interface Answered {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Record<string, unknown> }[];
}

/** The answer has exactly the fields that the document selects, at every level. */
function assertMatches(document: DocumentNode, variables: Record<string, unknown>, data: unknown): void {
  const fragments = new Map<string, SelectionSetNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node.selectionSet);

  /** `type` is undefined where the selection does not ask for it: its fragments are then on the only type there is. */
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

/** What the reference implementation, graphql-js, answers. */
async function reference(document: DocumentNode, variableValues: Record<string, unknown>): Promise<unknown> {
  const contextValue = new Context(shop.clients, testCall());
  return JSON.parse(JSON.stringify(await execute({ schema, document, contextValue, variableValues })));
}

async function checkValid({ kind, query, variables }: RandomDocument): Promise<'data' | 'error'> {
  const { status, ...body } = await shop.graphql(query, variables);
  assert.equal(status, 200);
  for (const { message, extensions } of body.errors ?? [])
    assert.ok(kind === 'mutation' && DOCUMENTED.has(extensions.code), message);
  // The same in the payloads of mutations.
  assert.doesNotMatch(JSON.stringify(body.data), /"(INVALID_ARGUMENT|(\w+_)?NOT_FOUND)"/);
  const document = parse(query);
  assertMatches(document, variables, body.data);
  if (kind === 'query') {
    const same = async (answer: object): Promise<void> =>
      assert.deepEqual(answer, await reference(document, variables));
    // What was sold is counted from events: between the two answers it may change, until all are counted.
    if (!query.includes('bestSellers')) await same(body);
    else
      await eventually(async () => {
        const { status: _, ...again } = await shop.graphql(query, variables);
        await same(again);
      });
  }
  return body.errors ? 'error' : 'data';
}

/** Valid also means small enough: what asks for too much is drawn again. */
function withinLimits(random: Random): RandomDocument {
  for (let attempt = 0; attempt < 100; attempt++) {
    const document = randomDocument(schema, known, random);
    if (sizeOf(parse(document.query)).every((size) => brokenLimit(size) === undefined)) return document;
  }
  throw new Error('a hundred random documents in a row ask for too much');
}

suite('200 random valid documents', () => {
  test('each is answered with 200, exactly the selected fields, and as graphql-js answers', async () => {
    const random = new Random(SEED);
    const outcomes = { data: 0, error: 0 };
    for (let nr = 0; nr < VALID_DOCUMENTS; nr++) {
      const document = withinLimits(random);
      try {
        outcomes[await checkValid(document)] += 1;
      } catch (cause) {
        throw new Error(`FUZZ_SEED=${SEED}, document ${nr}: ${JSON.stringify(document)}`, { cause });
      }
    }
    assert.ok(outcomes.data > VALID_DOCUMENTS / 2, `FUZZ_SEED=${SEED}: ${JSON.stringify(outcomes)}`);
  });

  test('known-bad twin: a field too many, too few or with another name is caught', () => {
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

interface RawAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly requestId: string;
  readonly body: string;
}

function send({ method, path, headers, body }: RandomRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(shop.url);
    const request = httpRequest(
      { agent, hostname, port, method, path, headers: { ...headers, 'content-length': body.length } },
      (response) => {
        const { statusCode: status = 0, headers: answered } = response;
        const requestId = String(answered['x-request-id'] ?? '');
        buffer(response).then(
          (bytes) =>
            resolve({
              status,
              contentType: answered['content-type'] ?? '',
              requestId,
              body: bytes.toString(),
            }),
          reject,
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Ours and Node's own words that a caller has no business with. */
const INNARDS = new RegExp(
  [
    String.raw`\bat \S+ \(|\bat (async |file:|node:)|node:internal|node_modules|\.[cm]?[jt]s:\d+`,
    String.raw`\b(SELECT|INSERT|UPDATE|DELETE) [\w."(]|\b(relation|column|syntax error at or near) \\?"|pg_|unnest`,
    String.raw`\b(TypeError|RangeError|ReferenceError|SyntaxError)\b|ECONN|ENOENT|at position \d`,
    RegExp.escape(import.meta.dirname.replace(/\/e2e$/, '')),
  ].join('|'),
);

function assertHarmless({ status, contentType, requestId, body }: RawAnswer): void {
  assert.ok(status >= 200 && status < 500, `status ${status}: ${body.slice(0, 500)}`);
  assert.doesNotMatch(body, INNARDS);
  assert.match(requestId, /^[\w.:-]{1,128}$/);
  if (!contentType.includes('json')) {
    assert.ok(status === 404 || status === 200 || status === 302, `status ${status} without JSON`);
    return;
  }
  const { data, errors } = JSON.parse(body) as Answered;
  if (errors === undefined) {
    assert.notEqual(data, undefined);
    return;
  }
  assert.ok(errors.length > 0);
  for (const { message, extensions } of errors) {
    assert.ok(message.length > 0 && message.length < 2_000, 'a message of readable length');
    assert.match(String(extensions?.['code']), /^[A-Z_]+$/);
    assert.notEqual(extensions?.['code'], 'INTERNAL');
    assert.equal(extensions?.['requestId'], requestId);
  }
}

suite('2,000 fuzzed documents and bodies', () => {
  test('none is answered with 5xx, a stack trace, SQL or a path; every error has a code and the request id', async () => {
    const random = new Random(SEED + 1);
    const requests = Array.from({ length: REQUESTS }, () =>
      randomRequest(randomDocument(schema, known, random), random),
    ).concat(hugeRequests());
    const statuses: Record<string, number> = {};
    const waiting = requests.entries();
    const workers = Array.from({ length: CONCURRENCY }, async () => {
      for (const [nr, request] of waiting) {
        try {
          const answer = await send(request);
          assertHarmless(answer);
          statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
        } catch (cause) {
          const { kind, method, path, headers, body } = request;
          const shown = JSON.stringify({ method, path, headers, body: body.toString().slice(0, 1_000) });
          throw new Error(`FUZZ_SEED=${SEED}, request ${nr}, ${kind}: ${shown}`, { cause });
        }
      }
    });
    await Promise.all(workers);
    for (const status of ['200', '400', '404', '405', '413', '415'])
      assert.ok(
        (statuses[status] ?? 0) > 0,
        `FUZZ_SEED=${SEED}: no ${status} in ${JSON.stringify(statuses)}`,
      );
  });

  test('bytes that are no HTTP are refused without a word about the inside, and inject no header', async () => {
    for (const raw of RAW_REQUESTS) {
      const { hostname, port } = new URL(shop.url);
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      await once(socket, 'connect');
      const closed = new Promise((resolve) => {
        socket.once('close', resolve);
      });
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
      socket.end(raw);
      await closed;
      const answer = Buffer.concat(chunks).toString();
      assert.match(answer, /^HTTP\/1\.1 [234]\d\d |^$/, JSON.stringify(raw.slice(0, 100)));
      assert.doesNotMatch(answer, INNARDS);
      assert.doesNotMatch(answer, /^x-evil/im);
    }
  });

  test('afterwards the shop answers, is ready, and has logged nothing at level error', async () => {
    const { data, errors } = await shop.graphql('{ accounts(pagination: { take: 100 }) { id } }');
    assert.equal(errors, undefined);
    assert.ok(data.accounts.length >= known.ids.account.length);
    await eventually(async () => assert.equal((await fetch(`${shop.url}/readyz`)).status, 200));
    assert.deepEqual(
      shop.logLines.filter(({ level }) => Number(level) >= 50),
      [],
      `FUZZ_SEED=${SEED}`,
    );
  });

  test('known-bad twin: an answer with 5xx, innards, no code or another request id is caught', () => {
    const answer = (error: object, status = 200): RawAnswer => ({
      status,
      contentType: 'application/json',
      requestId: 'r',
      body: JSON.stringify({ errors: [error] }),
    });
    const extensions = { code: 'INVALID_ARGUMENT', requestId: 'r' };
    assertHarmless(answer({ message: 'name must have 1 to 200 characters', extensions }));
    for (const bad of [
      answer({ message: 'x', extensions }, 500),
      answer({ message: 'x', extensions: { ...extensions, code: 'INTERNAL' } }),
      answer({ message: 'x', extensions: { ...extensions, requestId: 's' } }),
      answer({ message: 'x' }),
      answer({ message: 'x', extensions, stack: new Error('x').stack }),
      answer({ message: 'invalid byte sequence: SELECT id FROM account', extensions }),
      answer({ message: 'relation "account" does not exist', extensions }),
      answer({ message: `cannot open ${import.meta.dirname}`, extensions }),
      { ...answer({}), body: '{}' },
    ])
      assert.throws(() => assertHarmless(bad), assert.AssertionError, bad.body);
  });
});
