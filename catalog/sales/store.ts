import { sharePublicReads } from '#platform/group.ts';
import type { Database, Queryable, Statement } from '#platform/postgres/pool.ts';

/** The SQL statements for sales counts. */

/** Writes in id order, so that concurrent transactions do not deadlock. */
const ADD: Statement = {
  name: 'add_sales',
  text: `
    INSERT INTO product_sales (product_id, units)
    SELECT product.id, sold.units
    FROM unnest($1::uuid[], $2::bigint[]) AS sold(product_id, units) JOIN product ON product.id = sold.product_id
    ORDER BY product.id
    ON CONFLICT (product_id) DO UPDATE SET units = product_sales.units + excluded.units`,
};
const BEST: Statement = {
  name: 'best_sellers',
  text: `
    SELECT product_id FROM product_sales JOIN product ON product.id = product_id
    WHERE archived_at IS NULL
    ORDER BY units DESC, product_id DESC LIMIT $1`,
};

export type SalesStore = ReturnType<typeof createSalesStore>;

export function createSalesStore(database: Database) {
  return {
    /** Adds units by product id. Unknown products are ignored. */
    async add(tx: Queryable, units: ReadonlyMap<string, number>): Promise<void> {
      await tx.query(ADD, [[...units.keys()], [...units.values()]]);
    },

    /** Returns the ids of the best sellers on sale. Concurrent calls with the same size share one statement. */
    best: sharePublicReads<number, string[]>(String, async (size, { signal }) => {
      const rows = await database.query<{ product_id: string }>(BEST, [size], signal);
      return rows.map((row) => row.product_id);
    }),
  };
}
