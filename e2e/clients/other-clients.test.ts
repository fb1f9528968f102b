import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { after, before, suite, test } from 'node:test';
import { cacheExchange, createClient, fetchExchange, gql } from '@urql/core';
import { request } from 'graphql-request';
import { startTestShop, type TestShop } from '#testkit/shop.ts';
import { command, documentedProject, type DocumentedProject } from './documented-project.ts';
import { placeTwoOrders, comparedFields, type ShownOrder, type TwoOrders } from './two-orders.ts';

const QUERY =
  'query ($id: ID!) { account(id: $id) { orders { totalPrice products { productId name price quantity } } } }';
interface Answer {
  readonly account: { readonly orders: readonly ShownOrder[] };
}

suite('other GraphQL clients', () => {
  let shop: TestShop;
  let placed: TwoOrders;
  before(async () => {
    shop = await startTestShop();
    placed = await placeTwoOrders(shop);
  });
  after(() => shop[Symbol.asyncDispose]());

  test('urql with its document cache shows two orders of one product', async () => {
    const client = createClient({ url: `${shop.url}/graphql`, exchanges: [cacheExchange, fetchExchange] });
    const { data, error } = await client.query<Answer>(gql(QUERY), { id: placed.accountId }).toPromise();
    assert.equal(error, undefined);
    assert.deepEqual(comparedFields(data?.account.orders ?? []), placed.orders);
  });

  test('graphql-request returns two orders of one product', async () => {
    const { account } = await request<Answer>(`${shop.url}/graphql`, QUERY, { id: placed.accountId });
    assert.deepEqual(account.orders, placed.orders);
  });

  suite('GraphQL Code Generator with the client preset', () => {
    let project: DocumentedProject;
    before(() => {
      project = documentedProject('codegen');
      execFileSync(command('graphql-codegen'), ['--config', 'codegen.ts', '--silent'], {
        cwd: project.folder,
      });
    });
    after(() => project[Symbol.dispose]());

    test('the generated types compile and the documented program returns two orders of one product', async () => {
      assert.equal(typeErrors(project, ''), '');
      const { accountOrders } = (await project.load('src/account-orders.ts')) as {
        accountOrders(url: string, id: string): Promise<readonly ShownOrder[]>;
      };
      assert.deepEqual(await accountOrders(`${shop.url}/graphql`, placed.accountId), placed.orders);
    });

    test('known-bad twin: an unknown field and a wrong scalar type are compile errors', () => {
      const [order, line] = ['(await accountOrders("", ""))[0]', 'products[0]'];
      assert.match(typeErrors(project, `${order}?.${line}?.weight;`), /'weight' does not exist/);
      assert.match(
        typeErrors(project, `${order}?.totalPrice.trim();`),
        /'trim' does not exist on type 'number'/,
      );
    });
  });
});

/** The errors that tsc reports for the documented program and a program that uses it. */
function typeErrors({ folder, write }: DocumentedProject, use: string): string {
  const module = JSON.stringify('./account-orders');
  write('src/main.ts', `import { accountOrders } from ${module};\nawait accountOrders('', '');\n${use}\n`);
  const options =
    '--noEmit --strict --target esnext --module esnext --moduleResolution bundler --skipLibCheck';
  const { stdout, stderr } = spawnSync(command('tsc'), [...options.split(' '), 'src/main.ts'], {
    cwd: folder,
    encoding: 'utf8',
  });
  return stdout + stderr;
}
