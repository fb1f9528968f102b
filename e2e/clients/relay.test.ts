import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, suite, test } from 'node:test';
import relay, {
  type ConcreteRequest,
  type GraphQLResponse,
  type IEnvironment,
  type ReaderFragment,
  type Variables,
} from 'relay-runtime';
import { startTestShop, type TestShop } from '#testkit/shop.ts';
import { command, documentedProject, type DocumentedProject } from './documented-project.ts';
import { fetchWithProductIds, placeTwoOrders, shown, type ShownOrder, type TwoOrders } from './two-orders.ts';

/** What the fragment of docs/clients.md reads. */
interface AccountOrders {
  readonly id: string;
  readonly ordersConnection: {
    readonly edges: readonly { readonly node: ShownOrder }[];
    readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
  };
}

const READS_AT_MOST = 5;

suite('Relay with its compiler', () => {
  let shop: TestShop;
  let placed: TwoOrders;
  let project: DocumentedProject;
  let query: ConcreteRequest;
  let fragment: ReaderFragment;
  before(async () => {
    shop = await startTestShop();
    placed = await placeTwoOrders(shop);
    project = documentedProject('relay');
    execFileSync(command('relay-compiler'), ['relay.config.json'], { cwd: project.folder });
    const compiled = async (name: string): Promise<unknown> =>
      (await project.load(`src/__generated__/${name}.graphql.ts`))['default'];
    query = (await compiled('AccountOrdersQuery')) as ConcreteRequest;
    fragment = (await compiled('AccountOrders_account')) as ReaderFragment;
  });
  after(async () => {
    project[Symbol.dispose]();
    await shop[Symbol.asyncDispose]();
  });

  function newEnvironment(fetch = globalThis.fetch): IEnvironment {
    const network = relay.Network.create(async ({ text }, variables) => {
      const response = await fetch(`${shop.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: text, variables }),
      });
      return (await response.json()) as GraphQLResponse;
    });
    return new relay.Environment({ network, store: new relay.Store(new relay.RecordSource()) });
  }

  /** All orders, page by page, with the steps of usePaginationFragment: load the next page while there is one, read the fragment. */
  async function ordersIn(environment: IEnvironment): Promise<{ orders: ShownOrder[]; pages: number }> {
    const operation = relay.createOperationDescriptor(query, { id: placed.accountId });
    using _kept = disposable(environment.retain(operation));
    await relay.fetchQuery(environment, query, { id: placed.accountId }).toPromise();
    const { account } = environment.lookup(operation.fragment).data as unknown as { account: unknown };
    const selector = relay.getSingularSelector(fragment, account);
    assert.ok(selector);
    const read = (): AccountOrders => environment.lookup(selector).data as unknown as AccountOrders;
    const { paginationRequest, paginationMetadata } = relay.getPaginationMetadata(fragment, 'AccountOrders');
    let pages = 1;
    for (; read().ordersConnection.pageInfo.hasNextPage && pages < READS_AT_MOST; pages++) {
      const variables: Variables = relay.getPaginationVariables(
        'forward',
        1,
        read().ordersConnection.pageInfo.endCursor,
        selector.variables,
        {},
        paginationMetadata,
      );
      await relay.fetchQuery(environment, paginationRequest, { ...variables, id: read().id }).toPromise();
    }
    return { orders: shown(read().ordersConnection.edges.map(({ node }) => node)), pages };
  }

  test('shows two orders of one product, page by page through a @refetchable fragment on Account', async () => {
    assert.deepEqual(await ordersIn(newEnvironment()), { orders: placed.orders, pages: 2 });
  });

  test('known-bad twin: lines with the id of their product show the line of another order', async () => {
    const { orders, pages } = await ordersIn(newEnvironment(fetchWithProductIds));
    assert.equal(pages, 2);
    assert.deepEqual(orders[0]?.products, orders[1]?.products);
    assert.throws(() => assert.deepEqual(orders, placed.orders));
  });
});

const disposable = ({ dispose }: { dispose(): void }): Disposable => ({ [Symbol.dispose]: dispose });
