import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { postGraphQL } from '#testkit/shop.ts';
import { createGoods, ORDER } from './load-clients.ts';

/** Order id → total as the shop's answer gave it. */
export type Acknowledged = Map<string, number>;

export interface Buyer {
  /** Places orders one after the other on each of `concurrency` lines, until all are placed or the shop is gone. */
  order(
    url: string,
    plan: { calls: number; concurrency: number; afterEach: (acknowledged: number) => void },
  ): Promise<Acknowledged>;
}

export async function createBuyer(url: string): Promise<Buyer> {
  const { accountId, productIds } = await createGoods(url);
  const [nail, hammer] = productIds;

  return {
    order: async (at, { calls, concurrency, afterEach }) => {
      const acknowledged: Acknowledged = new Map();
      let next = 0;
      const line = async (): Promise<void> => {
        while (next < calls) {
          next += 1;
          const quantity = 1 + (next % 100);
          const products = [
            { productId: nail, quantity },
            { productId: hammer, quantity: 1 },
          ];
          const answer = await postGraphQL(at, {
            query: ORDER,
            variables: { order: { accountId, products } },
          }).catch(() => undefined);
          // The shop was killed: whether this order was placed is nobody's promise.
          if (!answer?.data?.createOrder) return;
          const { id, totalPrice } = answer.data.createOrder;
          assert.equal(totalPrice, (7 * quantity + 1_999) / 100);
          acknowledged.set(id, totalPrice);
          afterEach(acknowledged.size);
        }
      };
      await Promise.all(Array.from({ length: concurrency }, line));
      return acknowledged;
    },
  };
}

/** How many orders one request reads. The gateway allows 20 root fields. */
const BATCH = Array.from({ length: 20 }, (_, nr) => nr);
const READ = `query (${BATCH.map((nr) => `$id${nr}: ID!`).join(', ')}) {
  ${BATCH.map((nr) => `o${nr}: order(id: $id${nr}) { id totalPrice }`).join('\n  ')}
}`;

/** Reads orders through the API: those that are there, with their totals. */
export async function readOrders(url: string, ids: readonly string[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (let from = 0; from < ids.length; from += BATCH.length) {
    // The last request asks for its last order again where there are no more.
    const variables = Object.fromEntries(BATCH.map((nr) => [`id${nr}`, ids[from + nr] ?? ids.at(-1)]));
    const { data, errors } = await postGraphQL(url, { query: READ, variables });
    assert.equal(errors, undefined);
    for (const order of Object.values(data as Record<string, { id: string; totalPrice: number } | null>))
      if (order) found.set(order.id, order.totalPrice);
  }
  return found;
}

/** Lines of postmaster.pid: the server's pid, its folder, when it started, its port, … */
function postmasterFile(folder: string): string[] {
  return readFileSync(join(folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n');
}

export function databasePid(folder: string): number {
  return Number(postmasterFile(folder)[0]);
}

export interface OpenDatabase extends AsyncDisposable {
  rows<R extends object>(sql: string, values?: readonly unknown[]): Promise<R[]>;
}

/** A connection of our own to a database of a running embedded shop. */
export async function databaseOf(folder: string, database: string): Promise<OpenDatabase> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: Number(postmasterFile(folder)[3]),
    user: 'fritzy',
    password: readFileSync(join(folder, 'postgres.password'), 'utf8').trim(),
    database,
  });
  await client.connect();
  return {
    rows: async <R extends object>(sql: string, values: readonly unknown[] = []) =>
      (await client.query<R>(sql, [...values])).rows,
    [Symbol.asyncDispose]: () => client.end(),
  };
}
