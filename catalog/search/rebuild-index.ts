import { setTimeout as delay } from 'node:timers/promises';
import { SEARCH_TIMEOUT_MS } from '#catalog/search/elasticsearch.ts';
import type { ProductIndex, Refused } from '#catalog/search/product-index.ts';
import type { DocumentStore } from '#catalog/search/document-store.ts';
import type { Clock } from '#platform/clock.ts';
import { ADVISORY_LOCKS } from '#platform/postgres/advisory-locks.ts';
import type { Database, Statement } from '#platform/postgres/pool.ts';

/** Allows one rebuild at a time per alias. A session lock, which PostgreSQL releases with the connection. */
const LOCK: Statement = {
  name: 'lock_rebuild',
  text: `SELECT pg_try_advisory_lock(${ADVISORY_LOCKS.searchIndexRebuild}, hashtext($1)) AS locked`,
};
const STILL_LOCKED: Statement = { name: 'still_locked', text: 'SELECT 1' };
/** Products per read; bounds the memory of a rebuild. */
const PAGE_SIZE = 500;

export interface RebuildDeps {
  readonly database: Database;
  readonly documents: Pick<DocumentStore, 'onSaleAfter'>;
  readonly index: ProductIndex;
  readonly clock: Clock;
  /** Called after each page with the number of products written so far. */
  readonly onProgress?: (done: number) => void;
}

export interface Rebuilt {
  readonly name: string;
  readonly products: number;
  readonly refused: readonly Refused[];
}

/**
 * Builds a new index from the tables and replaces the current one. Returns undefined if another rebuild is running.
 * No concurrent change is lost: a change committed before its page is read is in that page; the event of a later change
 * is handled when the new index already exists, and is written to both indices (index-products.ts). Versions resolve
 * the order of writes. Searches use the old index until the new one is complete. A crash at any point leaves at most
 * one unused index, which the next rebuild deletes.
 */
export async function rebuildIndex(deps: RebuildDeps, signal: AbortSignal): Promise<Rebuilt | undefined> {
  const { database, index } = deps;
  return database.session(async (session) => {
    const [row] = await session.query<{ locked: boolean }>(LOCK, [index.alias]);
    if (!row?.locked) return undefined;
    await index.removeUnused();
    const name = await index.create(deps.clock.now());
    const filled = await fill(deps, name, signal);
    // If the connection was lost, so was the lock: another rebuild may be running, and this one must not publish.
    await session.query(STILL_LOCKED, []);
    await index.publish(name);
    // Searches that started before still read the old index.
    await delay(SEARCH_TIMEOUT_MS, undefined, { signal });
    await index.removeUnused();
    return { name, ...filled };
  });
}

async function fill(
  { documents, index, onProgress }: RebuildDeps,
  name: string,
  signal: AbortSignal,
): Promise<{ products: number; refused: Refused[] }> {
  const refused: Refused[] = [];
  let products = 0;
  for (let afterId = ''; ;) {
    signal.throwIfAborted();
    const page = await documents.onSaleAfter(afterId, PAGE_SIZE, signal);
    const last = page.at(-1);
    if (!last) return { products, refused };
    refused.push(...(await index.write([name], page)));
    products += page.length;
    afterId = last.id;
    onProgress?.(products);
  }
}
