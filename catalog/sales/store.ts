import type { SearchRows } from '#catalog/product/store.ts';
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
    ON CONFLICT (product_id) DO UPDATE SET units = product_sales.units + excluded.units
    RETURNING product_id, units`,
};
const BEST: Statement = {
  name: 'best_sellers',
  text: `
    SELECT product_id FROM product_sales JOIN product ON product.id = product_id
    WHERE archived_at IS NULL
    ORDER BY units DESC, product_id DESC LIMIT $1`,
};
/** Reads the sales of the products of these categories, or the best sellers until enough are in them. */
const BEST_IN: Statement = {
  name: 'best_sellers_in',
  text: `
    SELECT product_id FROM product_sales JOIN product ON product.id = product_id
    WHERE archived_at IS NULL AND category_id = ANY(ARRAY(SELECT id FROM category WHERE path @> ARRAY[$2::uuid]))
    ORDER BY units DESC, product_id DESC LIMIT $1`,
};

export interface Best {
  readonly size: number;
  /** In this category or below it; null: all products. */
  readonly categoryId: string | null;
}

/** Like SALES_RANK (search/postgres/tables.ts): changes seldom, so that most orders write no search row. */
function rankOf(units: number): number {
  return Math.floor(Math.log2(units + 1));
}

export type SalesStore = ReturnType<typeof createSalesStore>;

export function createSalesStore(database: Database, search: Pick<SearchRows, 'updateSales'>) {
  return {
    /** Adds units by product id. Unknown products are ignored. */
    async add(tx: Queryable, units: ReadonlyMap<string, number>): Promise<void> {
      const rows = await tx.query<{ product_id: string; units: bigint }>(ADD, [
        [...units.keys()],
        [...units.values()],
      ]);
      const ranked = rows.filter((row) => {
        const before = Number(row.units) - (units.get(row.product_id) ?? 0);
        return rankOf(before) !== rankOf(Number(row.units));
      });
      if (ranked.length > 0)
        await search.updateSales(
          tx,
          ranked.map((row) => row.product_id),
        );
    },

    /** Returns the ids of the best sellers on sale. Concurrent equal calls share one statement. */
    best: sharePublicReads<Best, string[]>(bestKey, async ({ size, categoryId }, { signal }) => {
      const [statement, values] = categoryId === null ? [BEST, [size]] : [BEST_IN, [size, categoryId]];
      const rows = await database.query<{ product_id: string }>(statement, values, signal);
      return rows.map((row) => row.product_id);
    }),
  };
}

function bestKey({ size, categoryId }: Best): string {
  return `${size} ${categoryId}`;
}
