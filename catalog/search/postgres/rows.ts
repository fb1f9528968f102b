import type { Product } from '#catalog/product/product.ts';
import type { SearchRows } from '#catalog/product/store.ts';
import type { Lexicon } from '#catalog/search/postgres/lexicon.ts';
import { CATEGORY_MARK, SALES_RANK, type SearchTables } from '#catalog/search/postgres/tables.ts';
import { plainWordsOf, productText, productWords } from '#catalog/search/text/product-text.ts';
import type { Queryable, Statement } from '#platform/postgres/pool.ts';

/** Writes the products of the catalog to the search tables, in the transaction that writes the product. */

export function createSearchRows(tables: SearchTables, lexicon: Lexicon): SearchRows {
  /** Writes in the order of the words, so that concurrent transactions do not deadlock. */
  const insert = (first: number): string => {
    const $ = (index: number): string => `$${first + index}`;
    return `
    search_words AS (
      INSERT INTO ${tables.words} SELECT word FROM unnest(${$(0)}::text[]) AS given(word)
      WHERE NOT EXISTS (SELECT FROM ${tables.words} AS known WHERE known.word = given.word)
      ORDER BY word ON CONFLICT DO NOTHING
    ),
    searchable AS (
      INSERT INTO ${tables.products} AS indexed
      SELECT id, version, price_minor, category_id, string_to_array(tags, E'\\n'), line, name_length,
        coalesce((SELECT ${SALES_RANK} FROM product_sales WHERE product_id = id), 0), name::tsvector,
        everything::tsvector || array_to_tsvector(ARRAY(
          SELECT '${CATEGORY_MARK}' || above.id FROM category CROSS JOIN unnest(path) AS above(id)
          WHERE category.id = p.category_id
        ))
      FROM unnest(${$(1)}::uuid[], ${$(2)}::bigint[], ${$(3)}::bigint[], ${$(4)}::uuid[], ${$(5)}::text[],
        ${$(6)}::text[], ${$(7)}::smallint[], ${$(8)}::text[], ${$(9)}::text[])
        AS p(id, version, price_minor, category_id, tags, line, name_length, name, everything)
      ON CONFLICT (id) DO UPDATE SET
        version = excluded.version, price_minor = excluded.price_minor, category_id = excluded.category_id,
        tags = excluded.tags, line = excluded.line, name_length = excluded.name_length, sales = excluded.sales,
        name = excluded.name, everything = excluded.everything
      WHERE indexed.version <= excluded.version
    )`;
  };
  const WRITE: Statement = { name: 'write_search_rows', text: `WITH ${insert(1)} SELECT` };
  const REMOVE: Statement = {
    name: 'remove_search_row',
    text: `DELETE FROM ${tables.products} WHERE id = $1`,
  };
  const UPDATE_SALES: Statement = {
    name: 'update_search_sales',
    text: `
    UPDATE ${tables.products} AS indexed SET sales = ${SALES_RANK}
    FROM product_sales WHERE product_id = indexed.id AND indexed.id = ANY($1::uuid[])`,
  };

  async function valuesOf(database: Queryable, products: readonly Product[]): Promise<unknown[]> {
    const words = products.map(productWords);
    const stemOf = await lexicon.stems(database, words.flatMap(plainWordsOf));
    const texts = words.map((each) => productText(each, stemOf));
    lexicon.forgetCompletions();
    return [
      [...new Set(texts.flatMap(({ vocabulary }) => vocabulary))].toSorted(),
      products.map(({ id }) => id),
      products.map(({ version }) => version),
      products.map(({ priceMinor }) => priceMinor),
      products.map(({ categoryId }) => categoryId),
      products.map(({ tags }) => tags.join('\n')),
      texts.map(({ line }) => line),
      texts.map(({ nameLength }) => nameLength),
      texts.map(({ name }) => toVector(name)),
      texts.map(({ name, other }) => toVector([...name, ...other])),
    ];
  }

  return {
    insert,
    valuesOf,

    async write(tx: Queryable, products: readonly Product[]): Promise<void> {
      await tx.query(WRITE, await valuesOf(tx, products));
    },

    async remove(tx: Queryable, id: string): Promise<void> {
      await tx.query(REMOVE, [id]);
    },

    async updateSales(tx: Queryable, ids: readonly string[]): Promise<void> {
      await tx.query(UPDATE_SALES, [ids]);
    },
  };
}

/** The text form of a tsvector. Terms have no quotes and backslashes, so they need no escaping within quotes. */
function toVector(terms: readonly string[]): string {
  return terms.map((term) => `'${term}'`).join(' ');
}
