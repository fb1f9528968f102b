import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Presets, SingleBar } from 'cli-progress';
import { tokenFromKeys } from '#platform/auth/development-token.ts';
import { StartError } from '#platform/errors.ts';
import { runOnce } from '#platform/run.ts';
import {
  accountName,
  ACCOUNTS,
  CATEGORY_PATHS,
  linesOf,
  ORDERS_PER_ACCOUNT,
  productOf,
  PRODUCTS,
} from '#scripts/seed-data.ts';

/**
 * `make seed`: adds deterministic data to the shop through its public API. Uses the shop that runs on PORT, or starts one
 * on FRITZY_DATA and stops it at the end. Idempotent: existing categories, products and accounts are found by name, orders
 * by their number per account, and only missing data is added. Signs its own access token with the keys of the shop; TOKEN
 * is used instead if the keys are elsewhere.
 */
const CONCURRENCY = 64;
const SEEDER = { subject: 'make-seed', role: 'admin', lifetimeS: 3_600 } as const;
const PAGE = 100;
/** The exit status that a shell reports for a program killed by the signal. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

interface Shop extends AsyncDisposable {
  readonly url: string;
}

async function findShop(signal: AbortSignal): Promise<Shop> {
  const url = `http://127.0.0.1:${process.env['PORT'] || 8_000}`;
  const isReady = await fetch(`${url}/readyz`).then(
    (response) => response.ok,
    () => false,
  );
  if (isReady) return { url, [Symbol.asyncDispose]: async () => {} };
  console.log('No shop is running: starting one to add the data ...');
  return startShop(signal);
}

async function startShop(signal: AbortSignal): Promise<Shop> {
  const main = fileURLToPath(new URL('../cmd/fritzy/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main], {
    // In its own process group: Ctrl-C in a terminal reaches only this program, which then stops the shop.
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0' },
  });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  try {
    const port = await Promise.race([
      portOf(child.stdout),
      once(signal, 'abort').then(() => undefined),
      ended.then(() => undefined),
    ]);
    signal.throwIfAborted();
    // The shop has written the reason to standard error.
    if (port === undefined) throw new StartError('the shop could not be started');
    return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Reads the output of the shop until it contains the port. */
async function portOf(stdout: NodeJS.ReadableStream): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = '';
  stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    const found = /http:\/\/localhost:(\d+)\/graphql/.exec(text)?.[1];
    if (found) resolve(found);
  });
  return promise;
}

interface Api {
  readonly url: string;
  /** The access token of an administrator. */
  readonly token: string;
  /** Aborts when the program receives a stop signal. */
  readonly signal: AbortSignal;
}

// oxlint-disable-next-line typescript/no-explicit-any -- a response of the API, parsed by the caller
async function graphql({ url, token, signal }: Api, query: string, variables: object): Promise<any> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    signal,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  }).catch((error: unknown) => {
    throw signal.aborted ? error : new StartError(`the shop at ${url} does not respond`, { cause: error });
  });
  if (response.status === 401)
    throw new StartError(
      `the shop at ${url} has other keys: set FRITZY_DATA as for make run, or TOKEN to an access token of an administrator`,
    );
  const { data, errors } = (await response.json()) as { data: unknown; errors?: { message: string }[] };
  requireNoErrors(errors);
  return data;
}

function requireNoErrors(errors: readonly { message: string }[] = []): void {
  if (errors.length > 0)
    throw new StartError(`the shop rejected the data: ${errors.map((error) => error.message).join('; ')}`);
}

/** Reads all pages of a connection and calls `onNode` for each node. */
async function readAllPages(
  api: Api,
  query: string,
  onNode: (node: { id: string; name: string; orders: number }) => void,
): Promise<void> {
  let after: string | null = null;
  do {
    const { page } = await graphql(api, query, { first: PAGE, after });
    for (const node of page.nodes)
      onNode({ id: node.id, name: node.name, orders: node.ordersConnection?.nodes.length ?? 0 });
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null);
}

/** Runs `work` for each item, CONCURRENCY at a time, with a progress bar. */
async function forEachConcurrently<T>(
  title: string,
  items: readonly T[],
  total: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const bar = new SingleBar(
    { format: `${title.padEnd(9)} {bar} {value}/{total}`, noTTYOutput: true, notTTYSchedule: 2_000 },
    Presets.shades_classic,
  );
  bar.start(total, total - items.length);
  const queue = items.values();
  try {
    await Promise.all(
      Array.from({ length: CONCURRENCY }, async () => {
        for (const item of queue) {
          await work(item);
          bar.increment();
        }
      }),
    );
  } finally {
    bar.stop();
  }
}

/** The ids of all categories by path (`Kitchen > Cookware`). Sequential: each category needs the id of its parent. */
async function seedCategories(api: Api): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  const children = new Map<string, Map<string, string>>();
  for (const path of CATEGORY_PATHS) {
    const [parent, name] = [path.slice(0, -1).join(' > '), path.at(-1)];
    const parentId = ids.get(parent) ?? null;
    let siblings = children.get(parent);
    if (!siblings) {
      const { categories } = await graphql(
        api,
        'query Categories($parentId: ID) { categories(parentId: $parentId, first: 100) { id name } }',
        { parentId },
      );
      siblings = new Map(
        categories.map((each: { id: string; name: string }) => [each.name.toLowerCase(), each.id]),
      );
      children.set(parent, siblings);
    }
    const id = siblings.get(name?.toLowerCase() ?? '') ?? (await createCategory(api, { name, parentId }));
    ids.set(path.join(' > '), id);
  }
  return ids;
}

async function createCategory(api: Api, input: object): Promise<string> {
  const { created } = await graphql(
    api,
    'mutation Category($input: CreateCategoryInput!) { created: createCategory(input: $input) { category { id } userErrors { message } } }',
    { input },
  );
  requireNoErrors(created.userErrors);
  return created.category.id;
}

/** The ids of all products by name. */
async function seedProducts(api: Api, categories: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  await readAllPages(
    api,
    'query Products($first: Int, $after: Cursor) { page: productsConnection(first: $first, after: $after) { nodes { id name } pageInfo { hasNextPage endCursor } } }',
    ({ id, name }) => {
      ids.set(name, id);
    },
  );
  const missing = PRODUCTS.filter((index) => !ids.has(productOf(index).name));
  await forEachConcurrently('products', missing, PRODUCTS.length, async (index) => {
    const { category, ...product } = productOf(index);
    const { created } = await graphql(
      api,
      'mutation Product($product: ProductInput!) { created: createProduct(product: $product) { id } }',
      { product: { ...product, categoryId: categories.get(category.join(' > ')) } },
    );
    ids.set(product.name, created.id);
  });
  return ids;
}

type Accounts = Map<string, { readonly id: string; readonly orders: number }>;

/** The accounts by name, with the number of their existing orders. */
async function seedAccounts(api: Api): Promise<Accounts> {
  const accounts: Accounts = new Map();
  await readAllPages(
    api,
    `query Accounts($first: Int, $after: Cursor) { page: accountsConnection(first: $first, after: $after) { nodes { id name ordersConnection(first: ${ORDERS_PER_ACCOUNT}) { nodes { id } } } pageInfo { hasNextPage endCursor } } }`,
    ({ id, name, orders }) => {
      accounts.set(name, { id, orders });
    },
  );
  const missing = ACCOUNTS.filter((index) => !accounts.has(accountName(index)));
  await forEachConcurrently('accounts', missing, ACCOUNTS.length, async (index) => {
    const name = accountName(index);
    const { created } = await graphql(
      api,
      'mutation Account($name: String!) { created: createAccount(account: { name: $name }) { id } }',
      { name },
    );
    accounts.set(name, { id: created.id, orders: 0 });
  });
  return accounts;
}

async function seedOrders(
  api: Api,
  products: ReadonlyMap<string, string>,
  accounts: Accounts,
): Promise<void> {
  const missing = ACCOUNTS.flatMap((account) => {
    const orders = accounts.get(accountName(account))?.orders ?? 0;
    return Array.from({ length: ORDERS_PER_ACCOUNT - orders }, (_, at) => ({ account, index: orders + at }));
  });
  await forEachConcurrently(
    'orders',
    missing,
    ACCOUNTS.length * ORDERS_PER_ACCOUNT,
    async ({ account, index }) => {
      const items = linesOf(account, index).map(({ product, quantity }) => ({
        productId: products.get(productOf(product).name),
        quantity,
      }));
      const order = { accountId: accounts.get(accountName(account))?.id, products: items };
      await graphql(api, 'mutation Order($order: OrderInput!) { createOrder(order: $order) { id } }', {
        order,
      });
    },
  );
}

async function seed(signal: AbortSignal): Promise<void> {
  await using shop = await findShop(signal);
  const folder = process.env['TOKEN_KEYS'] || join(process.env['FRITZY_DATA'] || '.fritzy', 'token-keys');
  const token = process.env['TOKEN'] || (await tokenFromKeys(folder, SEEDER));
  const api = { url: shop.url, token, signal };
  const categories = await seedCategories(api);
  const products = await seedProducts(api, categories);
  const accounts = await seedAccounts(api);
  await seedOrders(api, products, accounts);
  console.log(
    `The shop has ${categories.size} categories, ${products.size} products and ${accounts.size} accounts; each seeded account has ${ORDERS_PER_ACCOUNT} orders.`,
  );
}

const interruption = new AbortController();
let exitCode: number | undefined;
for (const [signal, code] of Object.entries(EXIT_CODES)) {
  process.on(signal, () => {
    exitCode ??= code;
    interruption.abort();
  });
}
await runOnce(async () => {
  try {
    await seed(interruption.signal);
  } catch (error) {
    if (exitCode === undefined) throw error;
    process.stderr.write('fritzy: interrupted; run make seed again to add the missing data\n');
    process.exitCode = exitCode;
  }
});
