import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Presets, SingleBar } from 'cli-progress';
import {
  accountName,
  ACCOUNTS,
  linesOf,
  ORDERS_PER_ACCOUNT,
  productOf,
  PRODUCTS,
} from '#scripts/seed-data.ts';

/**
 * Fills the shop with a deterministic catalogue, over its public API: `make seed`. Uses the shop that runs on PORT,
 * or starts one on FRITZY_DATA for as long as it takes. What is there already (found by name, and orders by their
 * number per account) is left alone, so it is safe to run twice and goes on after an interruption.
 */
const CONCURRENCY = 64;
const PAGE = 100;

interface Shop extends AsyncDisposable {
  readonly url: string;
}

async function findShop(): Promise<Shop> {
  const url = `http://127.0.0.1:${process.env['PORT'] || 8_000}`;
  const answers = await fetch(`${url}/readyz`).then(
    (response) => response.ok,
    () => false,
  );
  if (answers) return { url, [Symbol.asyncDispose]: async () => {} };
  console.log('No shop is running: starting one for as long as it takes ...');
  const main = fileURLToPath(new URL('../cmd/fritzy/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PORT: '0' },
  });
  const port = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = /http:\/\/localhost:(\d+)\/graphql/.exec(text)?.[1];
      if (found) resolve(found);
    });
    child.once('exit', () => reject(new Error('the shop did not start')));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

// oxlint-disable-next-line typescript/no-explicit-any -- an answer of the API, taken apart where it is asked for
async function graphql(url: string, query: string, variables: object): Promise<any> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: unknown; errors?: { message: string }[] };
  if (errors) throw new Error(`the shop refused: ${errors.map((error) => error.message).join('; ')}`);
  return data;
}

/** Walks a connection and calls `see` with each node. */
async function walk(
  url: string,
  query: string,
  see: (node: { id: string; name: string; seen: number }) => void,
): Promise<void> {
  let after: string | null = null;
  do {
    const { page } = await graphql(url, query, { first: PAGE, after });
    for (const node of page.nodes)
      see({ id: node.id, name: node.name, seen: node.ordersConnection?.nodes.length ?? 0 });
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null);
}

/** Does all the work, so many at once, with a bar. */
async function each<T>(
  what: string,
  items: readonly T[],
  total: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const bar = new SingleBar(
    { format: `${what.padEnd(9)} {bar} {value}/{total}`, noTTYOutput: true, notTTYSchedule: 2_000 },
    Presets.shades_classic,
  );
  bar.start(total, total - items.length);
  const queue = items.values();
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (const item of queue) {
        await work(item);
        bar.increment();
      }
    }),
  );
  bar.stop();
}

await using shop = await findShop();
const { url } = shop;

const products = new Map<string, string>();
await walk(
  url,
  'query Products($first: Int, $after: Cursor) { page: productsConnection(first: $first, after: $after) { nodes { id name } pageInfo { hasNextPage endCursor } } }',
  ({ id, name }) => {
    products.set(name, id);
  },
);
const missingProducts = PRODUCTS.filter((nr) => !products.has(productOf(nr).name));
await each('products', missingProducts, PRODUCTS.length, async (nr) => {
  const product = productOf(nr);
  const { created } = await graphql(
    url,
    'mutation Product($product: ProductInput!) { created: createProduct(product: $product) { id } }',
    { product },
  );
  products.set(product.name, created.id);
});

const accounts = new Map<string, { id: string; seen: number }>();
await walk(
  url,
  `query Accounts($first: Int, $after: Cursor) { page: accountsConnection(first: $first, after: $after) { nodes { id name ordersConnection(first: ${ORDERS_PER_ACCOUNT}) { nodes { id } } } pageInfo { hasNextPage endCursor } } }`,
  ({ id, name, seen }) => {
    accounts.set(name, { id, seen });
  },
);
const missingAccounts = ACCOUNTS.filter((nr) => !accounts.has(accountName(nr)));
await each('accounts', missingAccounts, ACCOUNTS.length, async (nr) => {
  const name = accountName(nr);
  const { created } = await graphql(
    url,
    'mutation Account($name: String!) { created: createAccount(account: { name: $name }) { id } }',
    { name },
  );
  accounts.set(name, { id: created.id, seen: 0 });
});

const missingOrders = ACCOUNTS.flatMap((nr) => {
  const seen = accounts.get(accountName(nr))?.seen ?? 0;
  return Array.from({ length: ORDERS_PER_ACCOUNT - seen }, (_, index) => ({ nr, index: seen + index }));
});
await each('orders', missingOrders, ACCOUNTS.length * ORDERS_PER_ACCOUNT, async ({ nr, index }) => {
  const lines = linesOf(nr, index).map(({ product, quantity }) => ({
    productId: products.get(productOf(product).name),
    quantity,
  }));
  const order = { accountId: accounts.get(accountName(nr))?.id, products: lines };
  await graphql(url, 'mutation Order($order: OrderInput!) { createOrder(order: $order) { id } }', { order });
});
console.log(
  `The shop has ${products.size} products and ${accounts.size} accounts; each seeded account has ${ORDERS_PER_ACCOUNT} orders.`,
);
