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

/** Of fewer words without digits, all must match. */
const MOST_WORDS_MIN = 2;
/** From this number of words without digits on, two of them need not match. */
const TWO_MISSING_MIN = 6;
/** Further words are ignored: the number of combinations grows quickly. */
const COMBINED_MAX = 8;

/** A plan in which all words with digits and most others must match; undefined if all must. */
export function mostWords(words: readonly PlannedWord[]): QueryPlan | undefined {
  const considered = words.slice(0, COMBINED_MAX);
  const optional = considered.filter(({ hasDigit }) => !hasDigit).length;
  if (optional < MOST_WORDS_MIN) return undefined;
  return { words: considered, required: considered.length - (optional < TWO_MISSING_MIN ? 1 : 2) };
}
