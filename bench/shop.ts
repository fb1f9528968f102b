import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DATABASES } from '#cmd/fritzy/databases.ts';
import type { EmbeddedPostgres } from '#platform/postgres/embedded-server.ts';
import { postGraphQL } from '#testkit/shop.ts';

/** The shop of the benchmarks: settings, data and request bodies. */

/** The request body of row (b): the same page for all callers. */
export const PAGE_BODY = JSON.stringify({
  query: '{ products(pagination: { take: 10 }) { id name price } }',
});
const ORDER =
  'mutation Order($order: OrderInput!) { createOrder(order: $order) { id totalPrice createdAt } }';
/** The number of different request bodies of row (c). */
const ORDER_BODIES = 1_000;
/** The number of concurrent mutations when data is added. */
const FILL_CONCURRENCY = 50;

/** The Node flags of `make run`. */
export async function nodeFlags(): Promise<string[]> {
  const file = fileURLToPath(new URL('../cmd/fritzy/node-flags', import.meta.url));
  return (await readFile(file, 'utf8')).trim().split('\n');
}

/** Creates the databases of a shop on a server, with a name prefix, and returns the settings of the shop. */
export async function shopEnvironment(
  postgres: EmbeddedPostgres,
  folder: string,
  prefix = '',
): Promise<Record<string, string>> {
  const env: Record<string, string> = { PORT: '0', LOG_LEVEL: 'warn', FRITZY_DATA: folder };
  for (const [setting, name] of DATABASES) {
    await postgres.ensureDatabase(`${prefix}${name}`);
    env[setting] = postgres.url(`${prefix}${name}`);
  }
  return env;
}

/** Adds products to a shop; returns their ids. */
export function fillProducts(url: string, count: number): Promise<string[]> {
  return fill(
    url,
    count,
    (index) =>
      `createProduct(product: { name: "Product ${index}", description: "One of a thousand", price: ${index}.99 })`,
  );
}

/** Adds accounts to a shop; returns their ids. */
export function fillAccounts(url: string, count: number): Promise<string[]> {
  return fill(url, count, (index) => `createAccount(account: { name: "Account ${index}" })`);
}

async function fill(url: string, count: number, mutation: (index: number) => string): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const size = Math.min(FILL_CONCURRENCY, count - ids.length);
    const chunk = Array.from({ length: size }, (_, offset) => ids.length + offset);
    const results = await Promise.all(
      chunk.map((index) => postGraphQL(url, { query: `mutation { created: ${mutation(index)} { id } }` })),
    );
    ids.push(...results.map((result) => String(result.data.created.id)));
  }
  return ids;
}

/** The request bodies of row (c): orders of three products. */
export function orderBodies(products: readonly string[], accounts: readonly string[]): string[] {
  const pick = (from: readonly string[], index: number): string => from[index % from.length] ?? '';
  return Array.from({ length: ORDER_BODIES }, (_, index) => {
    const lines = [7, 11, 13].map((step, line) => ({
      productId: pick(products, index * step + line),
      quantity: line + 1,
    }));
    return JSON.stringify({
      query: ORDER,
      variables: { order: { accountId: pick(accounts, index), products: lines } },
    });
  });
}
