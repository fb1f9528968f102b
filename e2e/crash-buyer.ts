import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { postGraphQL } from '#testkit/shop.ts';
import { createOrderFixtures, ORDER } from './load-clients.ts';

/** Order id → total in the answer of the shop. */
export type Acknowledged = Map<string, number>;

export interface Buyer {
  /** Places orders with `concurrency` workers until all calls are made or the shop stops answering. */
  order(
    url: string,
    plan: { calls: number; concurrency: number; afterEach: (acknowledged: number) => void },
  ): Promise<Acknowledged>;
}

export async function createBuyer(url: string): Promise<Buyer> {
  const { accountId, productIds } = await createOrderFixtures(url);
  const [nail, hammer] = productIds;

  return {
    order: async (at, { calls, concurrency, afterEach }) => {
      const acknowledged: Acknowledged = new Map();
      let next = 0;
      const worker = async (): Promise<void> => {
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
          // The shop was killed: the order may or may not be stored.
          if (!answer?.data?.createOrder) return;
          const { id, totalPrice } = answer.data.createOrder;
          assert.equal(totalPrice, (7 * quantity + 1_999) / 100);
          acknowledged.set(id, totalPrice);
          afterEach(acknowledged.size);
        }
      };
      await Promise.all(Array.from({ length: concurrency }, worker));
      return acknowledged;
    },
  };
}

/** The gateway allows 20 root fields per request. */
const BATCH = Array.from({ length: 20 }, (_, index) => index);
const READ = `query (${BATCH.map((index) => `$id${index}: ID!`).join(', ')}) {
  ${BATCH.map((index) => `o${index}: order(id: $id${index}) { id totalPrice }`).join('\n  ')}
}`;

/** Reads orders through the API. Returns the orders that exist, with their totals. */
export async function readOrders(url: string, ids: readonly string[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (let from = 0; from < ids.length; from += BATCH.length) {
    // The last request repeats its last id to fill the batch.
    const variables = Object.fromEntries(
      BATCH.map((index) => [`id${index}`, ids[from + index] ?? ids.at(-1)]),
    );
    const { data, errors } = await postGraphQL(url, { query: READ, variables });
    assert.equal(errors, undefined);
    for (const order of Object.values(data as Record<string, { id: string; totalPrice: number } | null>))
      if (order) found.set(order.id, order.totalPrice);
  }
  return found;
}

/** The lines of postmaster.pid: pid, data folder, start time, port, … */
function postmasterFile(folder: string): string[] {
  return readFileSync(join(folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n');
}

export function databasePid(folder: string): number {
  return Number(postmasterFile(folder)[0]);
}

export interface OpenDatabase extends AsyncDisposable {
  rows<R extends object>(sql: string, values?: readonly unknown[]): Promise<R[]>;
}

/** Connects to a database of a running embedded shop. */
export async function openDatabase(folder: string, database: string): Promise<OpenDatabase> {
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
