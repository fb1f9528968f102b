import type { ProductDocument } from '#catalog/search/product-index.ts';
import type { Lexicon } from '#catalog/search/postgres/lexicon.ts';
import { SALES_RANK } from '#catalog/search/postgres/tables.ts';
import {
  plainWordsOf,
  productText,
  productWords,
  type ProductText,
} from '#catalog/search/text/product-text.ts';
import type { Database, Statement } from '#platform/postgres/pool.ts';

/** The SQL statements that read products as documents for the search engine. */

interface DocumentRow {
  readonly id: string;
  readonly version: bigint;
  readonly on_sale: boolean;
  readonly name: string;
  readonly description: string;
  readonly price_minor: bigint;
  readonly tags: string[];
  readonly category_path: string[];
  readonly sales: number;
}

/** Sorts before every product id. */
const FIRST_ID = '00000000-0000-0000-0000-000000000000';
const DOCUMENTS = `
    SELECT p.id, p.version, p.archived_at IS NULL AS on_sale, p.name, p.description, p.price_minor, p.tags,
      coalesce(c.path, '{}') AS category_path,
      coalesce((SELECT ${SALES_RANK} FROM product_sales WHERE product_id = p.id), 0) AS sales
    FROM product AS p LEFT JOIN category AS c ON c.id = p.category_id`;
const DOCUMENTS_BY_IDS: Statement = {
  name: 'documents_by_ids',
  text: `${DOCUMENTS} WHERE p.id = ANY($1::uuid[])`,
};
const DOCUMENTS_AFTER: Statement = {
  name: 'documents_after',
  text: `${DOCUMENTS} WHERE p.archived_at IS NULL AND p.id > $1::uuid ORDER BY p.id LIMIT $2`,
};
const COUNT_ON_SALE: Statement = {
  name: 'count_on_sale',
  text: 'SELECT count(*)::int AS count FROM product WHERE archived_at IS NULL',
};

export type DocumentStore = ReturnType<typeof createDocumentStore>;

export function createDocumentStore(database: Database, lexicon: Lexicon) {
  async function toDocuments(rows: readonly DocumentRow[]): Promise<ProductDocument[]> {
    const products = rows.map((row) => ({ row, words: productWords(row) }));
    const stemOf = await lexicon.stems(
      database,
      products.flatMap(({ words }) => plainWordsOf(words)),
    );
    return products.map(({ row, words }) => toDocument(row, productText(words, stemOf)));
  }

  return {
    /** Returns the documents of products, archived or not. */
    async byIds(ids: readonly string[]): Promise<ProductDocument[]> {
      return toDocuments(await database.query<DocumentRow>(DOCUMENTS_BY_IDS, [ids]));
    },

    /** Returns the next products on sale in id order, after `id`; an empty `id` starts from the first. */
    async onSaleAfter(id: string, size: number, signal: AbortSignal): Promise<ProductDocument[]> {
      const values = [id === '' ? FIRST_ID : id, size];
      return toDocuments(await database.query<DocumentRow>(DOCUMENTS_AFTER, values, signal));
    },

    async countOnSale(): Promise<number> {
      return (await database.query<{ count: number }>(COUNT_ON_SALE, []))[0]?.count ?? 0;
    },
  };
}

function toDocument(row: DocumentRow, text: ProductText): ProductDocument {
  const { id, version, tags, sales, on_sale: onSale } = row;
  return {
    id,
    version,
    text,
    sales,
    tags,
    onSale,
    priceMinor: row.price_minor,
    categoryPath: row.category_path,
  };
}
