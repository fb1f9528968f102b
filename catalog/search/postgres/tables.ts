import type { SearchLanguage } from '#catalog/search/language.ts';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Statement } from '#platform/postgres/pool.ts';

/** The tables of one version of the search index. Another version or language has other tables, and both can be in use. */
export interface SearchTables {
  readonly fingerprint: string;
  /** The products on sale with their terms. */
  readonly products: string;
  /** The words of names and tags. */
  readonly words: string;
}

/** A rank of `units` that grows by one when they double, so that few orders change it. */
export const SALES_RANK = 'floor(log(2, units + 1))::smallint';

/** The code that decides which terms a text has. */
const SOURCES = ['fold.ts', 'words.ts', 'product-text.ts'].map((file) =>
  readFileSync(new URL(`../text/${file}`, import.meta.url)),
);

/** A fingerprint of everything that the terms of a text depend on: an index with another fingerprint is not used. */
export function textFingerprint(language: SearchLanguage): string {
  const hash = createHash('sha256').update(language);
  for (const source of SOURCES) hash.update(source);
  return hash.digest('hex').slice(0, 12);
}

export function searchTables(language: SearchLanguage): SearchTables {
  const fingerprint = textFingerprint(language);
  return { fingerprint, products: `search_product_${fingerprint}`, words: `search_word_${fingerprint}` };
}

/** In rows above 2 kB, PostgreSQL stores the vector of all texts out of line, so that other reads of them stay fast. */
export function createTables({ products, words }: SearchTables): Statement[] {
  return toStatements('create_search_table', [
    `CREATE TABLE IF NOT EXISTS ${products} (
      id          uuid     PRIMARY KEY,
      version     bigint   NOT NULL,
      price_minor bigint   NOT NULL,
      category_id uuid,
      tags        text[]   NOT NULL,
      line        text     COLLATE "C" NOT NULL,
      name_length smallint NOT NULL,
      sales       smallint NOT NULL,
      name        tsvector NOT NULL,
      everything  tsvector NOT NULL
    ) WITH (toast_tuple_target = 256)`,
    `ALTER TABLE ${products} ALTER COLUMN everything SET STORAGE EXTERNAL`,
    `CREATE TABLE IF NOT EXISTS ${words} (word text COLLATE "C" PRIMARY KEY)`,
  ]);
}

/** Created after the first products are written, which is faster. The first one is the order of equally good matches. */
export function createIndexes({ products, words }: SearchTables): Statement[] {
  const onProducts = [
    ['rank', '(name_length, sales DESC, id DESC)'],
    ['name', 'USING gin (name)'],
    ['everything', 'USING gin (everything)'],
    ['price', '(price_minor, id)'],
    ['line', '(line, id)'],
    ['category', '(category_id, id)'],
    ['tags', 'USING gin (tags)'],
  ].map(([name, columns]) => `CREATE INDEX IF NOT EXISTS ${products}_${name} ON ${products} ${columns}`);
  const onWords = `CREATE INDEX IF NOT EXISTS ${words}_trigrams ON ${words} USING gin (word gin_trgm_ops)`;
  return toStatements('create_search_index', [...onProducts, onWords]);
}

function toStatements(name: string, texts: readonly string[]): Statement[] {
  return texts.map((text, index) => ({ name: `${name}_${index + 1}`, text }));
}

export function dropTables(fingerprint: string): string {
  return `DROP TABLE IF EXISTS search_product_${fingerprint}, search_word_${fingerprint}`;
}
