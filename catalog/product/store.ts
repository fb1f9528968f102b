import type { Product } from '#catalog/product/product.ts';
import type { Event } from '#platform/events/event.ts';
import { OUTBOX_COLUMNS, outboxInsert, outboxValues, writeOutbox } from '#platform/events/outbox.ts';
import { groupInserts } from '#platform/group-inserts.ts';
import { sharePublicReads } from '#platform/group.ts';
import { pageKey, type Page } from '#platform/input.ts';
import { keyset, keysetValues, toPage, type PageOf } from '#platform/postgres/keyset.ts';
import type { Database, Queryable, Statement } from '#platform/postgres/pool.ts';
import { groupReadsById } from '#platform/read-by-id.ts';

/** The SQL statements for products; those for search are in ../search. */

export interface ProductRow {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly price_minor: bigint;
  readonly created_at: Date;
  readonly version: bigint;
  readonly archived_at: Date | null;
  readonly category_id: string | null;
  readonly tags: string[];
}

export const PRODUCT_COLUMNS =
  'id, name, description, price_minor, created_at, version, archived_at, category_id, tags';
const ON_SALE = 'archived_at IS NULL';

/** The rows by which products are found. They change in the transactions that change products. */
export interface SearchRows {
  /** The parts of a WITH clause that write rows with the values of `valuesOf` from the parameter `first` on. */
  insert(first: number): string;
  /** One array per column. */
  valuesOf(database: Queryable, products: readonly Product[]): Promise<unknown[]>;
  write(tx: Queryable, products: readonly Product[]): Promise<void>;
  remove(tx: Queryable, id: string): Promise<void>;
  /** Takes over the sales of products. */
  updateSales(tx: Queryable, ids: readonly string[]): Promise<void>;
}

const insert = (search: SearchRows): Statement => ({
  name: 'insert_products',
  text: `
    WITH published AS (${outboxInsert(8)}), ${search.insert(8 + OUTBOX_COLUMNS)}
    INSERT INTO product (id, name, description, price_minor, created_at, category_id, tags)
    SELECT id, name, description, price_minor, created_at, category_id, string_to_array(tags, E'\\n')
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::uuid[], $7::text[])
      AS p(id, name, description, price_minor, created_at, category_id, tags)`,
});
/** Returns a row if the database contains a price. */
export const FIND_PRODUCT: Statement = { name: 'find_product', text: 'SELECT 1 FROM product LIMIT 1' };
const BY_IDS: Statement = {
  name: 'products_by_ids',
  text: `SELECT ${PRODUCT_COLUMNS} FROM product WHERE id = ANY($1::uuid[])`,
};
const LIST: Statement = {
  name: 'list_products',
  text: `SELECT ${PRODUCT_COLUMNS} FROM product WHERE ${ON_SALE} AND ${keyset('forward', 1)}`,
};
const LIST_BACKWARD: Statement = {
  name: 'list_products_backward',
  text: `SELECT ${PRODUCT_COLUMNS} FROM product WHERE ${ON_SALE} AND ${keyset('backward', 1)}`,
};
const LOCK: Statement = {
  name: 'lock_product',
  text: `SELECT ${PRODUCT_COLUMNS} FROM product WHERE id = $1 FOR UPDATE`,
};
const UPDATE: Statement = {
  name: 'update_product',
  text: `
    UPDATE product SET name = $2, description = $3, price_minor = $4, archived_at = $5, version = $6,
      category_id = $7, tags = $8
    WHERE id = $1`,
};

export type ProductStore = ReturnType<typeof createProductStore>;

/** Each change of a product also changes its row in the search tables, in the same transaction. */
export function createProductStore(database: Database, search: SearchRows) {
  const INSERT = insert(search);
  return {
    /** Inserts a product and its events, and returns the product. Concurrent calls share one commit. */
    insert: groupInserts<Product>(
      database,
      async (queryable, products, events) => {
        await queryable.query(INSERT, [
          ...productValues(products),
          ...outboxValues(events),
          ...(await search.valuesOf(queryable, products)),
        ]);
        return products;
      },
      ({ name, description }) => name.length + description.length,
    ),

    /** Returns the products that exist, archived or not. Concurrent calls share one statement. */
    byIds: groupReadsById(async (ids, signal) =>
      (await database.query<ProductRow>(BY_IDS, [ids], signal)).map(toProduct),
    ),

    /** Returns a page of products on sale. Concurrent calls for the same page share one statement. */
    list: sharePublicReads<Page, PageOf<Product>>(pageKey, async (page, { signal }) => {
      const statement = page.fromEnd ? LIST_BACKWARD : LIST;
      const rows = await database.query<ProductRow>(statement, keysetValues(page), signal);
      return toPage(rows.map(toProduct), page);
    }),

    /**
     * Changes one product under a row lock. `change` gets the current product and returns the new one with its event,
     * or null for no change; if it throws, the transaction is rolled back. Returns undefined if the id is unknown.
     */
    async change(
      id: string,
      change: (product: Product) => { product: Product; event: Event } | null,
    ): Promise<Product | undefined> {
      return database.transaction(async (tx) => {
        const [row] = await tx.query<ProductRow>(LOCK, [id]);
        if (!row) return undefined;
        const before = toProduct(row);
        const changed = change(before);
        if (!changed) return before;
        const { name, description, priceMinor, archivedAt, version, categoryId, tags } = changed.product;
        await tx.query(UPDATE, [id, name, description, priceMinor, archivedAt, version, categoryId, tags]);
        if (archivedAt) await search.remove(tx, id);
        else await search.write(tx, [changed.product]);
        await writeOutbox(tx, [changed.event]);
        return changed.product;
      });
    },
  };
}

/** One array per column. */
function productValues(products: readonly Product[]): unknown[] {
  return [
    products.map((product) => product.id),
    products.map((product) => product.name),
    products.map((product) => product.description),
    products.map((product) => product.priceMinor),
    products.map((product) => product.createdAt),
    products.map((product) => product.categoryId),
    // unnest flattens nested arrays, so the tags of a product are joined. A tag contains no line break.
    products.map((product) => product.tags.join('\n')),
  ];
}

export function toProduct(row: ProductRow): Product {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    priceMinor: row.price_minor,
    createdAt: row.created_at,
    version: row.version,
    archivedAt: row.archived_at,
    categoryId: row.category_id,
    tags: row.tags,
  };
}
