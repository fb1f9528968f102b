import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DATABASES } from '#cmd/fritzy/databases.ts';
import type { EmbeddedPostgres } from '#platform/postgres/embedded-server.ts';
import { postGraphQL } from '#testkit/shop.ts';

/** The shop that benchmarks start and fill, and the requests that they send to it. */

/** The body of row (b): one page for all. */
export const PAGE_BODY = JSON.stringify({
  query: '{ products(pagination: { take: 10 }) { id name price } }',
});
const ORDER =
  'mutation Order($order: OrderInput!) { createOrder(order: $order) { id totalPrice createdAt } }';
/** Bodies of row (c) in turn. */
const ORDER_BODIES = 1_000;
/** Mutations under way while a shop is filled. */
const FILL_CONCURRENCY = 50;

/** The flags of `make run`. */
export async function nodeFlags(): Promise<string[]> {
  const file = fileURLToPath(new URL('../cmd/fritzy/node-flags', import.meta.url));
  return (await readFile(file, 'utf8')).trim().split('\n');
}

/** Settings of a shop on databases of its own in a server, called with a prefix. */
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
    (nr) =>
      `createProduct(product: { name: "Product ${nr}", description: "One of a thousand", price: ${nr}.99 })`,
  );
}

/** Adds accounts to a shop; returns their ids. */
export function fillAccounts(url: string, count: number): Promise<string[]> {
  return fill(url, count, (nr) => `createAccount(account: { name: "Account ${nr}" })`);
}

async function fill(url: string, count: number, mutation: (nr: number) => string): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const size = Math.min(FILL_CONCURRENCY, count - ids.length);
    const chunk = Array.from({ length: size }, (_, nr) => ids.length + nr);
    const results = await Promise.all(
      chunk.map((nr) => postGraphQL(url, { query: `mutation { made: ${mutation(nr)} { id } }` })),
    );
    ids.push(...results.map((result) => String(result.data.made.id)));
  }
  return ids;
}

/** Bodies that order three products each. */
export function orderBodies(products: readonly string[], accounts: readonly string[]): string[] {
  const pick = (from: readonly string[], nr: number): string => from[nr % from.length] ?? '';
  return Array.from({ length: ORDER_BODIES }, (_, nr) => {
    const lines = [7, 11, 13].map((step, line) => ({
      productId: pick(products, nr * step + line),
      quantity: line + 1,
    }));
    return JSON.stringify({
      query: ORDER,
      variables: { order: { accountId: pick(accounts, nr), products: lines } },
    });
  });
}
