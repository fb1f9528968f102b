import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test, type TestContext } from 'node:test';
import { callersOf } from '#graphql/graph/access.ts';
import type { Caller } from '#graphql/graph/resolver-types.ts';
import { createSchemas } from '#graphql/graph/schema.ts';
import { tokenFromKeys } from '#platform/auth/development-token.ts';
import { ROLES, type Role } from '#platform/auth/roles.ts';
import { Random } from '#testkit/random.ts';
import { rounds } from '#testkit/rounds.ts';
import { startTestShop, type GraphQLResult, type TestGateway } from '#testkit/shop.ts';
import { signUpCustomer, type Customer } from '#testkit/sign-up.ts';
import { UNKNOWN_ID } from './fuzz-input.ts';

/** Who may use each field: every field of Query and Mutation, by every kind of caller. */

const PUBLIC = ['PUBLIC'] as const;
const CATALOG = ['CATALOG_MANAGER', 'ADMIN', 'SERVICE'] as const;
const STAFF = ['SUPPORT', 'ADMIN', 'SERVICE'] as const;
const OWN = ['OWNER', ...STAFF] as const;
const SIGNED_IN = ['OWNER', 'SUPPORT', 'CATALOG_MANAGER', 'ADMIN', 'SERVICE'] as const;

/** The decision, apart from the schema. A new field without a row here fails. */
const MATRIX: Readonly<Record<string, readonly Caller[]>> = {
  'Query.account': OWN,
  'Query.accounts': STAFF,
  'Query.accountsConnection': STAFF,
  'Query.bestSellers': PUBLIC,
  'Query.categories': PUBLIC,
  'Query.category': PUBLIC,
  'Query.me': PUBLIC,
  'Query.mySessions': SIGNED_IN,
  'Query.node': PUBLIC,
  'Query.nodes': PUBLIC,
  'Query.order': OWN,
  'Query.orders': STAFF,
  'Query.product': PUBLIC,
  'Query.products': PUBLIC,
  'Query.productsConnection': PUBLIC,
  'Query.searchProducts': PUBLIC,
  'Query.shop': PUBLIC,
  'Query.suggestProducts': PUBLIC,
  'Mutation.archiveProduct': CATALOG,
  'Mutation.changePassword': SIGNED_IN,
  'Mutation.confirmEmailChange': SIGNED_IN,
  'Mutation.createAccount': STAFF,
  'Mutation.createCategory': CATALOG,
  'Mutation.createOrder': OWN,
  'Mutation.createProduct': CATALOG,
  'Mutation.deleteMyAccount': SIGNED_IN,
  'Mutation.login': PUBLIC,
  'Mutation.logout': SIGNED_IN,
  'Mutation.refreshSession': PUBLIC,
  'Mutation.renameAccount': OWN,
  'Mutation.renameCategory': CATALOG,
  'Mutation.requestEmailChange': SIGNED_IN,
  'Mutation.requestPasswordReset': PUBLIC,
  'Mutation.resetPassword': PUBLIC,
  'Mutation.revokeSession': SIGNED_IN,
  'Mutation.signUp': PUBLIC,
  'Mutation.updateProduct': CATALOG,
  'Mutation.verifyEmail': PUBLIC,
};

/** A selection of each field with valid arguments; entities that do not exist. */
const FIELDS: Readonly<Record<string, string>> = {
  account: `account(id: "${UNKNOWN_ID}") { id }`,
  accounts: 'accounts { id }',
  accountsConnection: 'accountsConnection { nodes { id } }',
  bestSellers: 'bestSellers { id }',
  categories: 'categories { id }',
  category: `category(id: "${UNKNOWN_ID}") { id }`,
  me: 'me { id }',
  mySessions: 'mySessions { id }',
  node: `node(id: "${UNKNOWN_ID}") { id }`,
  nodes: `nodes(ids: ["${UNKNOWN_ID}"]) { id }`,
  order: `order(id: "${UNKNOWN_ID}") { id }`,
  orders: 'orders { nodes { id } }',
  product: `product(id: "${UNKNOWN_ID}") { id }`,
  products: 'products { id }',
  productsConnection: 'productsConnection { nodes { id } }',
  searchProducts: 'searchProducts { nodes { id } }',
  shop: 'shop { name }',
  suggestProducts: 'suggestProducts(prefix: "a") { name }',
  archiveProduct: `archiveProduct(input: { id: "${UNKNOWN_ID}" }) { userErrors { code } }`,
  changePassword:
    'changePassword(input: { currentPassword: "x", newPassword: "correct horse" }) { userErrors { code } }',
  createAccount: 'createAccount(account: { name: "x" }) { id }',
  createCategory: 'createCategory(input: { name: "x" }) { userErrors { code } }',
  createOrder: `createOrder(order: { accountId: "${UNKNOWN_ID}", products: [{ productId: "${UNKNOWN_ID}", quantity: 1 }] }) { id }`,
  createProduct: 'createProduct(product: { name: "x", price: 1 }) { id }',
  confirmEmailChange: 'confirmEmailChange(input: { token: "x" }) { userErrors { code } }',
  requestEmailChange:
    'requestEmailChange(input: { email: "c@shop.example", password: "x" }) { userErrors { code } }',
  deleteMyAccount: 'deleteMyAccount(input: { password: "x" }) { userErrors { code } }',
  login: 'login(input: { email: "a@shop.example", password: "x" }) { userErrors { code } }',
  logout: 'logout { userErrors { code } }',
  refreshSession: 'refreshSession(input: { refreshToken: "x" }) { userErrors { code } }',
  renameAccount: `renameAccount(input: { id: "${UNKNOWN_ID}", name: "x" }) { userErrors { code } }`,
  renameCategory: `renameCategory(input: { id: "${UNKNOWN_ID}", name: "x" }) { userErrors { code } }`,
  requestPasswordReset: 'requestPasswordReset(input: { email: "a@shop.example" }) { userErrors { code } }',
  resetPassword: 'resetPassword(input: { token: "x", newPassword: "correct horse" }) { userErrors { code } }',
  revokeSession: `revokeSession(input: { id: "${UNKNOWN_ID}" }) { userErrors { code } }`,
  signUp:
    'signUp(input: { email: "b@shop.example", name: "x", password: "correct horse" }) { userErrors { code } }',
  updateProduct: `updateProduct(input: { id: "${UNKNOWN_ID}", expectedVersion: 1 }) { userErrors { code } }`,
  verifyEmail: 'verifyEmail(input: { token: "x", password: "y" }) { userErrors { code } }',
};

const { schema } = createSchemas(2);
const rootFields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
  Object.values(type?.getFields() ?? {}).map((field) => ({ path: `${type?.name}.${field.name}`, field })),
);
const ROLE_CALLERS: Readonly<Record<Role, Caller>> = {
  customer: 'OWNER',
  support: 'SUPPORT',
  'catalog-manager': 'CATALOG_MANAGER',
  admin: 'ADMIN',
  service: 'SERVICE',
};

/** Requests of which a part runs at the same time. */
const INTERLEAVINGS = rounds(10_000, 2);
const CONCURRENCY = 20;

suite('access to the fields of Query and Mutation', async () => {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());
  const folder = await mkdtemp(join(tmpdir(), 'fritzy-access-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const shop = stack.use(await startTestShop({ tokenKeys: folder }));
  const guarded: TestGateway = await shop.addGateway({ config: { access: 'enforced' } });
  const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
  const asRole = async (role: Role, lifetimeS = 600): Promise<Record<string, string>> =>
    bearer(await tokenFromKeys(folder, { subject: `test ${role}`, role, lifetimeS }));
  const as = ({ accessToken }: Customer): Record<string, string> => bearer(accessToken);
  const textOf = ({ path, field }: { path: string; field: { name: string } }): string =>
    `${path.startsWith('Mutation') ? 'mutation' : 'query'} { ${FIELDS[field.name]} }`;
  const codeOf = ({ errors }: Pick<GraphQLResult, 'errors'>): string | undefined =>
    errors?.[0]?.extensions.code;
  const ada = await signUpCustomer(shop, { name: 'Ada' });
  const bob = await signUpCustomer(shop, { name: 'Bob' });

  test('each field has a row in the matrix, equal to its declaration in the schema', () => {
    assert.deepEqual(
      Object.fromEntries(rootFields.map(({ path, field }) => [path, callersOf(schema, path, field)])),
      MATRIX,
    );
    assert.deepEqual(Object.keys(FIELDS).toSorted(), rootFields.map(({ field }) => field.name).toSorted());
  });

  test('known-bad twin: a field without a declaration fails the build of the schema', () => {
    assert.throws(
      () => callersOf(schema, 'Query.new', { astNode: undefined }),
      /Query\.new must declare its callers/,
    );
  });

  for (const root of rootFields) {
    const callers = MATRIX[root.path] ?? [];
    test(`${root.path}: ${callers.join(', ')}`, async () => {
      const outcomes: Record<string, string> = {};
      const expected: Record<string, string> = {};
      const outcomeOf = (result: GraphQLResult, refusal: string): string =>
        codeOf(result) === refusal ? refusal : 'allowed';
      outcomes['anonymous'] = outcomeOf(await guarded.graphql(textOf(root)), 'UNAUTHENTICATED');
      const customer = root.path === 'Mutation.logout' ? await signUpCustomer(shop) : bob;
      expected['anonymous'] = callers.includes('PUBLIC') ? 'allowed' : 'UNAUTHENTICATED';
      for (const role of ROLES) {
        const headers = role === 'customer' ? as(customer) : await asRole(role);
        const result = await guarded.graphql(textOf(root), {}, headers);
        outcomes[role] = outcomeOf(result, 'PERMISSION_DENIED');
        const isAllowed = callers.includes('PUBLIC') || callers.includes(ROLE_CALLERS[role]);
        expected[role] = isAllowed ? 'allowed' : 'PERMISSION_DENIED';
      }
      assert.deepEqual(outcomes, expected);
      for (const headers of [await asRole('admin', -1), bearer('a.b.c')]) {
        const refused = await guarded.graphql(textOf(root), {}, headers);
        assert.deepEqual([refused.status, codeOf(refused)], [401, 'UNAUTHENTICATED']);
      }
    });
  }

  interface Placed {
    readonly accountId: string;
    readonly orderId: string;
    readonly lineId: string;
  }

  /** What a caller sees of an account, one of its orders and a line of it. */
  async function seenBy(headers: Record<string, string>, { accountId, orderId, lineId }: Placed) {
    const query = `query($account: ID!, $order: ID!, $line: ID!) {
      account(id: $account) { name orders { id } } order(id: $order) { totalPrice account { name } }
      accountNode: node(id: $account) { id } orderNode: node(id: $order) { id }
      nodes(ids: [$account, $order, $line]) { id } }`;
    const variables = { account: accountId, order: orderId, line: lineId };
    const { data, errors } = await guarded.graphql(query, variables, headers);
    assert.equal(errors, undefined);
    return { ...data, nodes: data.nodes.filter((node: object | null) => node !== null).length };
  }

  async function order(headers: Record<string, string>, accountId: string): Promise<GraphQLResult> {
    const { data } = await guarded.graphql(
      'mutation { createProduct(product: { name: "Lamp", price: 5 }) { id } }',
      {},
      await asRole('catalog-manager'),
    );
    const products = `[{ productId: "${data.createProduct.id}", quantity: 1 }]`;
    return guarded.graphql(
      `mutation { createOrder(order: { accountId: "${accountId}", products: ${products} }) { id products { id } } }`,
      {},
      headers,
    );
  }

  test('a customer orders for the own account only, and the account and orders of others do not exist', async () => {
    const placed = await order(as(ada), ada.account.id);
    const { id: orderId, products } = placed.data.createOrder;
    const own = { accountId: ada.account.id, orderId, lineId: products[0].id };
    const seen = {
      account: { name: 'Ada', orders: [{ id: orderId }] },
      order: { totalPrice: 5, account: { name: 'Ada' } },
      accountNode: { id: ada.account.id },
      orderNode: { id: orderId },
    };
    assert.deepEqual(await seenBy(as(ada), own), { ...seen, nodes: 2 });
    assert.deepEqual(await seenBy(await asRole('support'), own), { ...seen, nodes: 3 });
    const nothing = { account: null, order: null, accountNode: null, orderNode: null, nodes: 0 };
    assert.deepEqual(await seenBy(as(bob), own), nothing);
    const { errors: [error] = [] } = await order(as(bob), ada.account.id);
    assert.deepEqual(
      [error?.extensions.code, error?.extensions.field],
      ['ACCOUNT_NOT_FOUND', 'order.accountId'],
      'as for an account that does not exist',
    );
    const rename = `mutation { renameAccount(input: { id: "${ada.account.id}", name: "Eve" }) { userErrors { code field } } }`;
    const { data } = await guarded.graphql(rename, {}, as(bob));
    assert.deepEqual(data.renameAccount.userErrors, [{ code: 'NOT_FOUND', field: 'input.id' }]);
  });

  test('equal idempotency keys of two callers are different keys', async () => {
    const create = async (role: Role): Promise<string> => {
      const query = 'mutation { createAccount(account: { name: "x" }, idempotencyKey: "same") { id } }';
      return (await guarded.graphql(query, {}, await asRole(role))).data.createAccount.id;
    };
    const first = await create('support');
    assert.equal(await create('support'), first);
    assert.notEqual(await create('admin'), first);
  });

  test(`${INTERLEAVINGS} equal queries of two customers at the same time never cross`, async (t: TestContext) => {
    const seed = Date.now() % 2 ** 31;
    t.diagnostic(`seed ${seed}`);
    const random = new Random(seed);
    const query = `{ me { id } account(id: "${ada.account.id}") { id } }`;
    const expected = new Map([
      [ada, { me: { id: ada.account.id }, account: { id: ada.account.id } }],
      [bob, { me: { id: bob.account.id }, account: null }],
    ]);
    const ask = async (customer: Customer): Promise<void> =>
      assert.deepEqual((await guarded.graphql(query, {}, as(customer))).data, expected.get(customer));
    for (let count = 0; count < INTERLEAVINGS; count += CONCURRENCY)
      await Promise.all(Array.from({ length: CONCURRENCY }, () => ask(random.pick([ada, bob]))));
  });
});
