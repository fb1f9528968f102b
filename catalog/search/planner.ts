import type { CategoryNames } from '#catalog/search/category-names.ts';
import { correct, CORRECTED_LENGTH_MIN, CORRECTED_WORDS_MAX } from '#catalog/search/did-you-mean.ts';
import type { Lexicon } from '#catalog/search/postgres/lexicon.ts';
import type { SearchStatements } from '#catalog/search/postgres/statements.ts';
import { anyPhrase, exactQuery } from '#catalog/search/postgres/tsquery.ts';
import { COMBINED_MAX, type QueryPlan } from '#catalog/search/query-plan.ts';
import { queryWords, typedWords, type QueryWord } from '#catalog/search/text/query-words.ts';
import { allTerms, isPlainWord, type Word } from '#catalog/search/text/words.ts';
import type { Database } from '#platform/postgres/pool.ts';

/** Forms by which a word is known: all words of the vocabulary were in use, and most still are. */
const KNOWN_FORMS_MAX = 3;

/** Turns texts into plans, with the lexicon of the shop. */
export type Planner = ReturnType<typeof createPlanner>;

export function createPlanner(deps: {
  readonly database: Database;
  readonly lexicon: Lexicon;
  readonly categories: CategoryNames;
  readonly statements: SearchStatements;
}) {
  const { database, lexicon, categories, statements } = deps;

  async function knowledgeOf(typed: readonly Word[], signal: AbortSignal) {
    const terms = [...new Set(typed.flatMap(allTerms))];
    return lexicon.about(database, terms, signal);
  }

  async function plan(typed: readonly Word[], signal: AbortSignal): Promise<QueryPlan> {
    const [knowledge, categoriesNamed] = await Promise.all([
      knowledgeOf(typed, signal),
      categories.current(),
    ]);
    const words = queryWords(typed, knowledge).map((word) =>
      Object.assign(word, { categoryIds: categoriesNamed([...word.exact, ...word.loose]) }),
    );
    return { words, mayMiss: 0 };
  }

  return {
    /** Returns undefined if the text has no word, so that no product can match. */
    async plan(text: string, signal: AbortSignal): Promise<QueryPlan | undefined> {
      const typed = typedWords(text);
      return typed.length > 0 ? plan(typed, signal) : undefined;
    },

    /** The terms of a text, as in the order of products by name. */
    lineOf: (text: string): string =>
      typedWords(text)
        .flatMap(({ terms }) => terms)
        .join(' '),

    /** Returns the text with each of the first words that no product has corrected, or null if no word can be corrected. */
    async correct(text: string, signal: AbortSignal): Promise<string | null> {
      const typed = typedWords(text);
      const [knowledge, categoriesNamed] = await Promise.all([
        knowledgeOf(typed, signal),
        categories.current(),
      ]);
      const isCorrectable = ({ terms: [term = '', ...more] }: Word): boolean =>
        more.length === 0 &&
        isPlainWord(term) &&
        Array.from(term).length >= CORRECTED_LENGTH_MIN &&
        !knowledge.isStopWord(term);
      const isNamed = ({ exact, loose }: QueryWord): boolean =>
        categoriesNamed([...exact, ...loose]).length > 0;
      const words = typed
        .filter(isCorrectable)
        .slice(0, COMBINED_MAX)
        .map((word) => ({ word, form: queryWords([word], knowledge)[0] }))
        .flatMap(({ word, form }) => (form && !isNamed(form) ? [{ word, form }] : []));
      if (words.length === 0) return null;
      const rows = await database.query<{ known: boolean }>(
        statements.known,
        [
          words.map(({ form }) => exactQuery([form])),
          words.map(({ form: { exact, loose } }) =>
            anyPhrase([...exact, ...loose.slice(0, KNOWN_FORMS_MAX)]),
          ),
        ],
        signal,
      );
      const unknown = words.filter((_, index) => !rows[index]?.known).map(({ word }) => word);
      if (unknown.length === 0) return null;
      const considered = unknown.slice(0, CORRECTED_WORDS_MAX).map((word) => word.terms[0] ?? '');
      return correct(
        typed.map((word) => word.text),
        await lexicon.candidates(database, considered, signal),
      );
    },
  };
}
