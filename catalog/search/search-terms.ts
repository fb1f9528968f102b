import { withSynonyms } from '#catalog/search/synonyms.ts';

/** The text of a query in the forms that the backends use. */
export interface SearchTerms {
  readonly words: readonly string[];
  /** The words separated by single spaces, truncated to the maximum length of a product name. */
  readonly text: string;
  /**
   * For to_tsquery: the words with their synonyms, joined by `&`; the last word is a prefix. Words are only letters and
   * digits, so they need no escaping.
   */
  readonly tsquery: string;
  /** For to_tsquery: the words as a phrase; empty for a single word. */
  readonly phrase: string;
}

/** Shorter texts are not searched as substrings: they match too many words. */
export const SUBSTRING_LENGTH_MIN = 4;
/** The maximum length of a product name: no name contains a longer text. */
const TEXT_LENGTH_MAX = 200;
/** Further words are ignored. */
const WORDS_MAX = 16;
/** The maximum length of a query. Applied again after NFKD, which can expand letters: engines take at most 1,024 clauses. */
const LENGTH_MAX = 1_000;
/** Letters and digits, without modifier letters, which PostgreSQL folds to quotation marks and colons. */
const WORD = /(?:(?!\p{Lm})[\p{L}\p{N}])+/gu;

/** Returns undefined if the text has no word, so that no product can match. */
export function parseSearch(query: string): SearchTerms | undefined {
  // Decomposes letters and removes their marks, so that all Unicode forms of an accented letter are equal.
  const whole = query.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  const plain = whole.length > LENGTH_MAX ? Array.from(whole).slice(0, LENGTH_MAX).join('') : whole;
  const words = [...plain.matchAll(WORD)].slice(0, WORDS_MAX).map(([word]) => word);
  if (words.length === 0) return undefined;
  const phrases = withSynonyms(words);
  const tsquery = phrases.map((group, index) => oneOf(group, index === phrases.length - 1));
  return {
    words,
    text: Array.from(words.join(' ')).slice(0, TEXT_LENGTH_MAX).join(''),
    tsquery: tsquery.join(' & '),
    phrase: words.length > 1 ? words.join(' <-> ') : '',
  };
}

/** Matches any phrase of the group. Only the typed phrase, which is the first, can end in a prefix. */
function oneOf(group: readonly string[], isLast: boolean): string {
  const [typed = '', ...others] = group.map((phrase) => phrase.split(' ').join(' <-> '));
  const all = [isLast ? `${typed}:*` : typed, ...others].map((phrase) =>
    phrase.includes(' ') ? `(${phrase})` : phrase,
  );
  return all.length === 1 ? (all[0] ?? '') : `(${all.join(' | ')})`;
}
