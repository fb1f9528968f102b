import type { Product } from '#catalog/product/product.ts';
import { PRODUCT_COLUMNS, toProduct, type ProductRow, type SearchRows } from '#catalog/product/store.ts';
import {
  createIndexes,
  createTables,
  dropTables,
  type SearchTables,
} from '#catalog/search/postgres/tables.ts';
import type { Logger } from '#platform/logger.ts';
import { ADVISORY_LOCKS } from '#platform/postgres/advisory-locks.ts';
import type { Database, Queryable, Statement } from '#platform/postgres/pool.ts';
import { pause } from '#platform/retry.ts';

/** Products per read and write. */
const PAGE_SIZE = 500;
const LOCK_INTERVAL_MS = 200;
const PROGRESS_INTERVAL_MS = 5_000;
/** The tables of the previous version stay, so that its processes can still run, and run again after a rollback. */
const VERSIONS_KEPT = 2;
/** Sorts before every product id. */
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

const LOCK: Statement = {
  name: 'lock_search_tables',
  text: `SELECT pg_try_advisory_lock(${ADVISORY_LOCKS.searchIndexRebuild}, hashtext('postgres')) AS locked`,
};
const USE: Statement = {
  name: 'use_search_index',
  text: `
    INSERT INTO search_index VALUES ($1, now()) ON CONFLICT (fingerprint) DO UPDATE SET used_at = now()`,
};
const FORGET: Statement = {
  name: 'forget_search_indexes',
  text: `
    DELETE FROM search_index WHERE fingerprint IN (
      SELECT fingerprint FROM search_index ORDER BY used_at DESC OFFSET ${VERSIONS_KEPT}
    ) RETURNING fingerprint`,
};

/**
 * Creates the search tables of this version and writes the products that are missing or that another version of the
 * program has changed. Searches need complete tables, so a service starts after it. One process at a time.
 */
export async function fillSearchTables(deps: {
  database: Database;
  tables: SearchTables;
  rows: SearchRows;
  logger: Logger;
}): Promise<void> {
  await deps.database.session(async (session) => {
    await lock(session);
    for (const statement of createTables(deps.tables)) await session.query(statement, []);
    await session.query(USE, [deps.tables.fingerprint]);
    const written = await writeStale(session, deps);
    for (const statement of createIndexes(deps.tables)) await session.query(statement, []);
    if (written > 0) {
      await session.query({ name: '', text: `ANALYZE ${deps.tables.products}, ${deps.tables.words}` }, []);
      deps.logger.info({ products: written }, 'the search tables are complete');
    }
    for (const { fingerprint } of await session.query<{ fingerprint: string }>(FORGET, []))
      await session.query({ name: '', text: dropTables(fingerprint) }, []);
  });
}

async function lock(session: Queryable): Promise<void> {
  for (;;) {
    const [row] = await session.query<{ locked: boolean }>(LOCK, []);
    if (row?.locked) return;
    await pause(LOCK_INTERVAL_MS);
  }
}

async function writeStale(
  session: Queryable,
  { tables, rows, logger }: Parameters<typeof fillSearchTables>[0],
): Promise<number> {
  const stale: Statement = {
    name: 'products_to_index',
    text: `
    SELECT ${PRODUCT_COLUMNS} FROM product WHERE archived_at IS NULL AND id > $1
      AND NOT EXISTS (SELECT FROM ${tables.products} AS indexed WHERE indexed.id = product.id AND indexed.version = product.version)
    ORDER BY id LIMIT ${PAGE_SIZE}`,
  };
  const archived: Statement = {
    name: 'remove_archived_products',
    text: `
    DELETE FROM ${tables.products} AS indexed USING product WHERE product.id = indexed.id AND archived_at IS NOT NULL`,
  };
  await session.query(archived, []);
  let written = 0;
  let loggedMs = performance.now();
  for (let last = FIRST_ID; ;) {
    const page: Product[] = (await session.query<ProductRow>(stale, [last])).map(toProduct);
    last = page.at(-1)?.id ?? '';
    if (last === '') return written;
    await rows.write(session, page);
    written += page.length;
    if (performance.now() - loggedMs < PROGRESS_INTERVAL_MS) continue;
    loggedMs = performance.now();
    logger.info({ products: written }, 'writing products to the search tables');
  }
}
