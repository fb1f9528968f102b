import type { SearchLanguage } from '#catalog/search/language.ts';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Statement } from '#platform/postgres/pool.ts';

/** The tables of one version of the search index. Another version or language has other tables, and both can be in use. */
export interface SearchTables {
  /** That of the tables; textFingerprint is that of an engine. */
  readonly fingerprint: string;
  /** The products on sale with their terms. */
  readonly products: string;
  /** The words of names and tags. */
  readonly words: string;
}

/** A product has a term of this mark and the id for its category and each category above it. */
export const CATEGORY_MARK = '@';

/** A rank of `units` that grows by one when they double, so that few orders change it. */
export const SALES_RANK = 'floor(log(2, units + 1))::smallint';

const readSource = (file: string): Buffer => readFileSync(new URL(file, import.meta.url));
/** The code that decides which terms a text has. */
const TEXT_SOURCES = ['../text/fold.ts', '../text/words.ts', '../text/product-text.ts'].map(readSource);
/** The code that decides what the tables have. */
const TABLE_SOURCES = ['tables.ts', 'rows.ts'].map(readSource);

/** A fingerprint of everything that the terms of a text depend on: an index with another fingerprint is not used. */
export function textFingerprint(language: SearchLanguage): string {
  return fingerprintOf([language, ...TEXT_SOURCES]);
}

export function searchTables(language: SearchLanguage): SearchTables {
  const fingerprint = fingerprintOf([textFingerprint(language), ...TABLE_SOURCES]);
  return { fingerprint, products: `search_product_${fingerprint}`, words: `search_word_${fingerprint}` };
}

function fingerprintOf(parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 12);
}

/**
 * A search reads few columns of many rows, so the vectors are stored out of line, and no search reads them: it finds their
 * terms in the indexes. PostgreSQL stores values out of line only in rows above 2 kB, so each row has that many spaces,
 * which take 40 bytes.
 */
export function createTables({ products, words }: SearchTables): Statement[] {
  return toStatements('create_search_table', [
    `CREATE TABLE IF NOT EXISTS ${products} (
      id          uuid     PRIMARY KEY,
      version     bigint   NOT NULL,
      price_minor bigint   NOT NULL,
      category_id uuid,
      tags        text[]   STORAGE MAIN NOT NULL,
      line        text     STORAGE MAIN COLLATE "C" NOT NULL,
      name_length smallint NOT NULL,
      sales       smallint NOT NULL,
      name        tsvector STORAGE EXTERNAL NOT NULL,
      everything  tsvector STORAGE EXTERNAL NOT NULL,
      spaces      text     NOT NULL DEFAULT repeat(' ', 2100)
    ) WITH (toast_tuple_target = 256)`,
    `CREATE TABLE IF NOT EXISTS ${words} (word text COLLATE "C" PRIMARY KEY)`,
  ]);
}

/** Created after the first products are written, which is faster. */
export function createIndexes({ products, words }: SearchTables): Statement[] {
  const onProducts = [
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
