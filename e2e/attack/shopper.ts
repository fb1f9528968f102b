import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { postGraphQL } from '#testkit/shop.ts';
import type { KnownIds } from './requests.ts';

/** A client that sends ordinary requests. Disposing of it rejects if any request failed. */
export interface Shopper extends AsyncDisposable {
  /** The latency of each request so far, in milliseconds. */
  readonly latencies: readonly number[];
}

const PAUSE_MS = 20;

/** Repeatedly reads a page of products, reads a product and orders it. */
export function startShopper(url: string, ids: KnownIds): Shopper {
  const latencies: number[] = [];
  const stopping = new AbortController();
  const requests = [
    '{ products(pagination: { take: 10 }) { id name price } }',
    `{ product(id: "${ids.Product}") { id name price version } }`,
    `mutation { createOrder(order: { accountId: "${ids.Account}", products: [{ productId: "${ids.Product}", quantity: 1 }] }) { id totalPrice } }`,
  ];
  const problems: unknown[] = [];
  const shop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      for (const query of requests) {
        const startedMs = performance.now();
        try {
          const { status, errors } = await postGraphQL(url, { query });
          if (status !== 200 || errors) problems.push(errors ?? status);
        } catch (error) {
          problems.push(error);
        }
        latencies.push(performance.now() - startedMs);
        await delay(PAUSE_MS);
      }
    }
  };
  const done = shop();
  return {
    latencies,
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await done;
      assert.deepEqual(problems, []);
      assert.ok(latencies.length > 0);
    },
  };
}

/** The value below which `percent` per cent of the values are. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}
