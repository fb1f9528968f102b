import type { SearchLanguage } from '#catalog/search/language.ts';
import { LRUCache } from 'lru-cache';
import { SYNONYM_WORDS } from '#catalog/search/synonyms.ts';
import type { SearchTables } from '#catalog/search/postgres/tables.ts';
import { PART_LENGTH_MIN, type Completions, type WordKnowledge } from '#catalog/search/text/query-words.ts';
import type { StemOf } from '#catalog/search/text/product-text.ts';
import { isPlainWord } from '#catalog/search/text/words.ts';
import type { Queryable, Statement } from '#platform/postgres/pool.ts';

/**
 * What PostgreSQL knows about words: the stems and stop words of the language, and the vocabulary of the shop, which are
 * the words of all names and tags. All search backends use it, so that they find the same.
 */

const STEMS_MAX = 50_000;
const COMPLETIONS_MAX = 10_000;
/** Another process can have added words. Whole words are found without the vocabulary. */
const COMPLETIONS_TTL_MS = 5_000;
/** The words of the vocabulary that stand for one word of a query, the shortest first. */
const COMPLETIONS_EACH_MAX = 50;
const SIMILAR_MAX = 100;
/** Both halves of a split word have at least this length. */
const HALF_LENGTH_MIN = 3;

const PLAIN_SYNONYMS = SYNONYM_WORDS.filter(isPlainWord);

export type Lexicon = ReturnType<typeof createLexicon>;

export function createLexicon(tables: SearchTables, language: SearchLanguage) {
  const stems = new LRUCache<string, { stem: string | undefined; isStop: boolean }>({ max: STEMS_MAX });
  const completions = new LRUCache<string, Completions>({ max: COMPLETIONS_MAX, ttl: COMPLETIONS_TTL_MS });
  const dictionary = language === 'simple' ? 'simple' : `${language}_stem`;

  /** Words stay in the vocabulary when their last product is archived or renamed. */
  const isInUse = (word: string): string =>
    `EXISTS (SELECT FROM ${tables.products} WHERE everything @@ ('''' || ${word} || '''')::tsquery)`;

  const STEMS: Statement = {
    name: 'stems_of_words',
    text: `
    SELECT word, ts_lexize('pg_catalog.${dictionary}'::regdictionary, word) AS stems FROM unnest($1::text[]) AS given(word)`,
  };
  const COMPLETIONS: Statement = {
    name: 'completions_of_words',
    text: `
    SELECT given.word,
      EXISTS (SELECT FROM ${tables.words} AS known WHERE known.word = given.word) AS "isKnown",
      ARRAY(
        SELECT word FROM ${tables.words} AS known
        WHERE known.word > given.word AND known.word < given.word || chr(1114111)
        ORDER BY char_length(known.word), known.word LIMIT ${COMPLETIONS_EACH_MAX}
      ) AS starting,
      CASE WHEN is_part THEN ARRAY(
        SELECT word FROM ${tables.words} AS known
        WHERE known.word LIKE '%' || given.word || '%' AND known.word <> given.word
        ORDER BY char_length(known.word), known.word LIMIT ${COMPLETIONS_EACH_MAX}
      ) ELSE '{}' END AS containing
    FROM unnest($1::text[], $2::boolean[]) AS given(word, is_part)`,
  };
  const CANDIDATES: Statement = {
    name: 'candidates_for_words',
    text: `
    SELECT given.word,
      ARRAY(
        SELECT near.word FROM (
          SELECT known.word FROM ${tables.words} AS known WHERE known.word % given.word
          ORDER BY similarity(known.word, given.word) DESC, known.word LIMIT ${SIMILAR_MAX}
        ) AS near WHERE ${isInUse('near.word')}
        UNION SELECT known.word FROM ${tables.words} AS known
        WHERE known.word = ANY(ARRAY(
          SELECT overlay(given.word PLACING substr(given.word, at + 1, 1) || substr(given.word, at, 1) FROM at FOR 2)
          FROM generate_series(1, char_length(given.word) - 1) AS at
        )) AND ${isInUse('known.word')}
      ) AS similar,
      (
        SELECT left(given.word, at) || ' ' || substr(given.word, at + 1)
        FROM generate_series(${HALF_LENGTH_MIN}, char_length(given.word) - ${HALF_LENGTH_MIN}) AS at
        WHERE ${isInUse('left(given.word, at)')} AND ${isInUse('substr(given.word, at + 1)')}
        LIMIT 1
      ) AS halves
    FROM unnest($1::text[]) AS given(word)`,
  };

  async function learnStems(
    database: Queryable,
    words: Iterable<string>,
    signal?: AbortSignal,
  ): Promise<void> {
    const unknown = new Set<string>();
    for (const word of words) if (!stems.has(word)) unknown.add(word);
    if (unknown.size === 0) return;
    const rows = await database.query<{ word: string; stems: string[] | null }>(
      STEMS,
      [[...unknown]],
      signal,
    );
    for (const { word, stems: found } of rows)
      stems.set(word, { stem: found?.[0], isStop: found?.length === 0 });
  }

  async function learnCompletions(
    database: Queryable,
    words: readonly string[],
    signal?: AbortSignal,
  ): Promise<void> {
    const unknown = [...new Set(words)].filter((word) => !completions.has(word));
    if (unknown.length === 0) return;
    const rows = await database.query<{ word: string } & Completions>(
      COMPLETIONS,
      [unknown, unknown.map(isPart)],
      signal,
    );
    for (const { word, ...found } of rows) completions.set(word, found);
  }

  const stemOf: StemOf = (word) => stems.get(word)?.stem;
  const knowledge: WordKnowledge = {
    stemOf,
    isStopWord: (word) => stems.get(word)?.isStop ?? false,
    completionsOf: (word) => completions.get(word) ?? NO_COMPLETIONS,
  };

  return {
    /** Returns the stems of words. */
    async stems(database: Queryable, words: readonly string[]): Promise<StemOf> {
      const known = new Map<string, string | undefined>();
      await learnStems(database, words);
      for (const word of words) known.set(word, stemOf(word));
      return (word) => known.get(word);
    },

    /** Returns what is known about the terms of a query. */
    async about(database: Queryable, terms: readonly string[], signal: AbortSignal): Promise<WordKnowledge> {
      await Promise.all([
        learnStems(database, [...terms.filter(isPlainWord), ...PLAIN_SYNONYMS], signal),
        learnCompletions(database, terms, signal),
      ]);
      return knowledge;
    },

    /** Forgets the vocabulary, after this process has changed it. */
    forgetCompletions(): void {
      completions.clear();
    },

    /** For each word: similar words of the vocabulary, and the word split into two words of the vocabulary. */
    async candidates(
      database: Queryable,
      words: readonly string[],
      signal: AbortSignal,
    ): Promise<ReadonlyMap<string, { readonly similar: readonly string[]; readonly halves: string | null }>> {
      const rows = await database.query<{ word: string; similar: string[]; halves: string | null }>(
        CANDIDATES,
        [words],
        signal,
      );
      return new Map(rows.map(({ word, similar, halves }) => [word, { similar, halves }]));
    },
  };
}

const NO_COMPLETIONS: Completions = { isKnown: false, starting: [], containing: [] };

function isPart(word: string): boolean {
  return word.length >= PART_LENGTH_MIN && isPlainWord(word);
}
