import type { QueryWord } from '#catalog/search/text/query-words.ts';

/** A query as all search backends execute it. */

/** A word with the categories whose name has it: their products match the word, also those of categories below. */
export interface PlannedWord extends QueryWord {
  readonly categoryIds: readonly string[];
}

export interface QueryPlan {
  readonly words: readonly PlannedWord[];
  /** How many of the words a product must match. */
  readonly required: number;
}

/** A single word must match. */
const MOST_WORDS_MIN = 2;
/** From this number of words on, two of them need not match. */
const TWO_MISSING_MIN = 6;
/** Further words must all match: the number of combinations grows quickly. */
const COMBINED_MAX = 8;

/** A plan in which most words must match; undefined if all must. */
export function mostWords(words: readonly PlannedWord[]): QueryPlan | undefined {
  const considered = words.slice(0, COMBINED_MAX);
  if (considered.length < MOST_WORDS_MIN) return undefined;
  const required = considered.length - (considered.length < TWO_MISSING_MIN ? 1 : 2);
  const withDigits = considered.filter(({ hasDigit }) => hasDigit).length;
  return withDigits < considered.length ? { words: considered, required } : undefined;
}
