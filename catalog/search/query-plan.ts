import type { QueryWord } from '#catalog/search/text/query-words.ts';

/** A query as all search backends execute it. */

/** A word with the categories whose name has it: their products match the word, also those of categories below. */
export interface PlannedWord extends QueryWord {
  readonly categoryIds: readonly string[];
}

export interface QueryPlan {
  readonly words: readonly PlannedWord[];
  /** How many of the words without digits a product need not match. If 0, categories count as well. */
  readonly mayMiss: number;
}

/** Of fewer words without digits, all must match. */
const OPTIONAL_WORDS_MIN = 2;
/** From this number of words without digits on, two of them need not match. */
const TWO_MISSING_MIN = 6;
/**
 * Further words are ignored, and not corrected: if all are frequent, a search for four of six reads the products of three
 * of them, and compares each with all six.
 */
export const COMBINED_MAX = 6;
/** Further forms of a word are ignored, for the same reason. Stems and synonyms come first. */
const COMBINED_FORMS_MAX = 4;

/** A plan in which most words must match; undefined if there are too few. */
export function mostWords(words: readonly PlannedWord[]): QueryPlan | undefined {
  const considered = words.slice(0, COMBINED_MAX).map((word): PlannedWord => {
    const loose = word.loose.slice(0, COMBINED_FORMS_MAX);
    return Object.assign({}, word, { loose });
  });
  const optional = considered.filter(({ hasDigit }) => !hasDigit).length;
  if (optional < OPTIONAL_WORDS_MIN) return undefined;
  return { words: considered, mayMiss: optional < TWO_MISSING_MIN ? 1 : 2 };
}

/** The words without their other forms. */
export function asWritten(words: readonly PlannedWord[]): PlannedWord[] {
  return words.map((word) => Object.assign({}, word, { loose: [] }));
}
