import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import { cursorList, encodeCursor, requirePosition } from '#graphql/graph/cursor.ts';
import { systemClock } from '#platform/clock.ts';
import { startTestShop, testCall } from '#testkit/shop.ts';

const shop = await startTestShop();
after(() => shop[Symbol.asyncDispose]());

/** A connection in a query. */
interface Connection {
  /** The field with `$arguments` as a placeholder for its paging arguments. */
  readonly field: string;
  /** The path of the connection in the data. */
  readonly path: readonly string[];
  readonly backward: boolean;
}

interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly nodes: readonly { readonly id: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

const PAGE =
  '{ edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }';
const BY_KEY = ['PRICE_ASC', 'PRICE_DESC', 'NAME_ASC'];

/** Every list with cursors, in every order and with different filters, queries and parents. */
const connections = new Map<string, Connection>();
function add(name: string, argumentsText: string, { of = '', backward = true } = {}): void {
  const field = `${name}($arguments ${argumentsText})`;
  const path = of === '' ? [name] : ['account', name];
  connections.set(`${name}(${argumentsText})${of}`, {
    field: of === '' ? field : `account(id: "${of}") { ${field} PAGE }`,
    path,
    backward,
  });
}

before(async () => {
  const ids = { accounts: [] as string[], products: [] as string[] };
  const { category } = await shop.clients.catalog.createCategory({ name: 'Phones' }, testCall());
  for (let index = 0; index < 9; index += 1) {
    const { account } = await shop.clients.accounts.createAccount({ name: `Account ${index}` }, testCall());
    ids.accounts.push(account?.id ?? '');
    const { product } = await shop.clients.catalog.createProduct(
      {
        name: `Phone ${index}`,
        priceMinor: BigInt(100 * (index % 3)),
        categoryId: category?.id ?? '',
        tags: index % 4 === 0 ? ['a'] : ['a', 'b'],
      },
      testCall(),
    );
    ids.products.push(product?.id ?? '');
  }
  const [ann = '', bob = ''] = ids.accounts;
  for (let index = 0; index < 14; index += 1) {
    const products = [{ productId: ids.products[index % 9] ?? '', quantity: 1 + (index % 5) }];
    await shop.clients.orders.createOrder({ accountId: index % 2 === 0 ? ann : bob, products }, testCall());
  }
  add('accountsConnection', '');
  add('ordersConnection', '', { of: ann });
  add('ordersConnection', '', { of: bob });
  for (const filter of [
    '',
    `filter: { accountIds: ["${ann}"] }`,
    `filter: { totalPriceMin: 1 }`,
    'filter: { totalPriceMin: 1, totalPriceMax: 8 }',
    'filter: { createdFrom: "2020-01-01T00:00:00Z" }',
    'filter: { createdTo: "2999-01-01T00:00:00Z" }',
  ])
    add('orders', filter);
  for (const filter of ['', 'filter: { tags: ["b"] }', 'filter: { priceMin: 1 }']) {
    add('productsConnection', filter);
    for (const sort of BY_KEY) add('productsConnection', `sort: ${sort} ${filter}`);
    for (const sort of ['RELEVANCE', 'NEWEST', ...BY_KEY])
      add('searchProducts', `query: "phone" sort: ${sort} ${filter}`, { backward: false });
    add('searchProducts', filter, { backward: false });
  }
  add('searchProducts', 'query: "pho"', { backward: false });
});

async function ask({ field, path }: Connection, paging: string, cursor?: string) {
  const selection = field.includes('PAGE') ? field.replace('PAGE', PAGE) : `${field} ${PAGE}`;
  const used = cursor === undefined ? '' : 'query($c: Cursor)';
  const query = `${used} { ${selection.replace('$arguments', paging)} }`;
  const { data, errors } = await shop.graphql(query, cursor === undefined ? undefined : { c: cursor });
  const page = path.reduce<unknown>((value, key) => Reflect.get(Object(value), key), data);
  return { page: page as Page, errors };
}

async function pageOf(connection: Connection, paging: string, cursor?: string): Promise<Page> {
  const { page, errors } = await ask(connection, paging, cursor);
  assert.deepEqual(errors, undefined, connection.field);
  return page;
}

/** Reads the ids of a list page by page from either end. `next` returns the cursor from which to continue. */
async function walk(
  connection: Connection,
  sizes: readonly number[],
  backward: boolean,
  next: (page: Page) => string | null,
): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | undefined;
  for (let index = 0, more = true; more; index += 1) {
    assert.ok(index < 40, 'the list does not end');
    const size = sizes[index % sizes.length] ?? 1;
    const edge = cursor === undefined ? '' : `${backward ? 'before' : 'after'}: $c`;
    const page = await pageOf(connection, `${backward ? 'last' : 'first'}: ${size} ${edge}`, cursor);
    const ids = page.nodes.map(({ id }) => id);
    assert.deepEqual(
      page.edges.map(({ node }) => node.id),
      ids,
    );
    assert.equal(page.pageInfo.startCursor, page.edges.at(0)?.cursor ?? null);
    assert.equal(page.pageInfo.endCursor, page.edges.at(-1)?.cursor ?? null);
    if (backward) seen.unshift(...ids);
    else seen.push(...ids);
    more = backward ? page.pageInfo.hasPreviousPage : page.pageInfo.hasNextPage;
    cursor = next(page) ?? cursor;
  }
  return seen;
}

const atEnd = ({ pageInfo }: Page) => pageInfo.endCursor;
const atStart = ({ pageInfo }: Page) => pageInfo.startCursor;
const idsOf = async (connection: Connection): Promise<string[]> =>
  (await pageOf(connection, 'first: 100')).nodes.map(({ id }) => id);
const anySizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 });

suite('connections', () => {
  test('the pages of each connection, in each direction, make up the whole list', async () => {
    for (const connection of connections.values()) {
      const all = await idsOf(connection);
      assert.ok(all.length > 2 && new Set(all).size === all.length, connection.field);
      await fc.assert(
        fc.asyncProperty(anySizes, async (sizes) => {
          assert.deepEqual(await walk(connection, sizes, false, atEnd), all);
          if (connection.backward) assert.deepEqual(await walk(connection, sizes, true, atStart), all);
        }),
        { numRuns: 1 },
      );
    }
  });

  test('known-bad twin: a walk that continues one item too early is caught', async () => {
    const early = ({ edges }: Page) => (edges.at(-2) ?? edges.at(-1))?.cursor ?? null;
    for (const connection of connections.values())
      assert.notDeepEqual(await walk(connection, [5], false, early).catch(() => []), await idsOf(connection));
  });

  test('a page between two cursors contains neither of their items', async () => {
    for (const connection of connections.values()) {
      if (!connection.backward) continue;
      const { edges } = await pageOf(connection, 'first: 100');
      const [first, last] = [edges.at(0)?.cursor ?? '', edges.at(-1)?.cursor ?? ''];
      for (const side of ['first', 'last']) {
        const page = await pageOf(connection, `${side}: 100, after: "${first}", before: "${last}"`);
        assert.deepEqual(
          page.nodes,
          edges.slice(1, -1).map(({ node }) => node),
          connection.field,
        );
      }
    }
  });
});

const UNKNOWN_ID = systemClock.newId();
/** A position of a search index in the order NEWEST. */
const UNKNOWN_POSITION = `na0::${UNKNOWN_ID}`;

/** Returns the error of a connection for a cursor in a literal or in a variable. */
async function refusal(connection: Connection, argument: string, cursor: string, isLiteral: boolean) {
  const { errors } = isLiteral
    ? await ask(connection, `${argument}: ${JSON.stringify(cursor)}`)
    : await ask(connection, `${argument}: $c`, cursor);
  const { code, field } = errors?.[0]?.extensions ?? {};
  return { code, field };
}

suite('INVALID_CURSOR', () => {
  test('each connection rejects the cursors of all others, also of the same field with other arguments', async () => {
    for (const [name, { field, path }] of connections) {
      const { pageInfo } = await pageOf({ field, path, backward: false }, 'first: 2');
      for (const [other, connection] of connections) {
        if (other === name) continue;
        // A literal is a new document, which takes long to prepare: only one per connection.
        const isLiteral = other === [...connections.keys()].find((each) => each !== name);
        const refused = await refusal(connection, 'after', pageInfo.endCursor ?? '', isLiteral);
        assert.deepEqual(refused, { code: 'INVALID_CURSOR', field: 'after' }, `${name} to ${other}`);
      }
    }
  });

  test('a cursor with any damage is rejected', async () => {
    const damaged = (cursor: string): string[] => [
      '',
      'x',
      cursor.slice(0, -1),
      `${cursor}A`,
      `${cursor}=`,
      ` ${cursor}`,
      cursor.toUpperCase(),
      'A'.repeat(201),
      ...Array.from(
        cursor,
        (letter, at) => `${cursor.slice(0, at)}${letter === 'g' ? 'h' : 'g'}${cursor.slice(at + 1)}`,
      ),
    ];
    for (const [name, connection] of [...connections].filter(([, each]) => each.backward).slice(0, 3)) {
      const { pageInfo } = await pageOf(connection, 'first: 1');
      const cursor = pageInfo.endCursor ?? '';
      for (const bad of damaged(cursor)) {
        const argument = bad.length % 2 === 0 ? 'after' : 'before';
        const refused = await refusal(connection, argument, bad, bad === '');
        assert.deepEqual(refused, { code: 'INVALID_CURSOR', field: argument }, `${name}: ${bad}`);
      }
    }
  });

  test('a cursor of the right list with an impossible position is rejected', async () => {
    const lists = [
      ['accountsConnection', cursorList('accountsConnection')],
      ['orders', cursorList('orders')],
      ['productsConnection', cursorList('productsConnection', { order: 'NEWEST' })],
      ['searchProducts', cursorList('searchProducts', { query: '', order: 'NEWEST' })],
    ] as const;
    for (const [name, list] of lists) {
      const connection = connections.get(`${name}()`) ?? assert.fail(name);
      for (const argument of connection.backward ? ['after', 'before'] : ['after']) {
        const refused = await refusal(connection, argument, encodeCursor({ list, position: 'x' }), false);
        assert.deepEqual(refused, { code: 'INVALID_CURSOR', field: argument }, name);
        const unknown = encodeCursor({
          list,
          position: name === 'searchProducts' ? UNKNOWN_POSITION : UNKNOWN_ID,
        });
        assert.equal((await ask(connection, `${argument}: $c`, unknown)).errors, undefined, name);
      }
    }
  });

  test('known-bad twin: without a checksum of the list, the cursor of another list is accepted', () => {
    const position = systemClock.newId();
    const [ann, bob] = ['ann', 'bob'].map((accountId) => cursorList('ordersConnection', { accountId }));
    assert.ok(ann && bob);
    const cursor = encodeCursor({ list: ann, position });
    assert.throws(() => requirePosition('after', cursor, bob), { reason: 'INVALID_CURSOR' });
    const knownBad = { ...bob, checksum: ann.checksum };
    assert.equal(requirePosition('after', cursor, knownBad), position);
  });

  test('cursors have at most 200 characters and depend only on the list and the position', () => {
    const list = cursorList('productsConnection', {
      filter: { tags: ['a'], priceMin: null },
      order: 'NEWEST',
    });
    const position = `rn10100:1234567890123.12345678901234567890:${systemClock.newId()}`;
    const cursor = encodeCursor({ list, position });
    assert.ok(cursor.length <= 200);
    const same = cursorList('productsConnection', { order: 'NEWEST', filter: { tags: ['a'] } });
    assert.equal(requirePosition('after', cursor, same), position);
    // Encoded by another process: the format must not change, because clients store cursors.
    assert.equal(
      encodeCursor({
        list: cursorList('accountsConnection'),
        position: '01900000-0000-7000-8000-000000000001',
      }),
      'MzphY2NvdW50c0Nvbm5lY3Rpb246YmQzMTEyOTc6MDE5MDAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAx',
    );
  });
});
