/** What a shopper typed, in the two forms in which PostgreSQL looks for it. */
export interface SearchTerms {
  /** For to_tsquery: words joined by `&`, the last one a beginning. Only letters and digits, so nothing to escape. */
  readonly words: string;
  /** For trigrams: the words with one space between them. */
  readonly text: string;
}

/** More words than that say no more about what is wanted. */
const WORDS_MAX = 16;
/** Letters and digits; not the modifier letters, which PostgreSQL folds to quotation marks and colons. */
const WORD = /(?:(?!\p{Lm})[\p{L}\p{N}])+/gu;

/** Undefined if the text has no word, so that nothing can match. */
export function parseSearch(query: string): SearchTerms | undefined {
  // Decomposed and stripped of marks first: a letter with an accent is one letter, however it was typed.
  const plain = query.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  const words = [...plain.matchAll(WORD)].slice(0, WORDS_MAX).map(([word]) => word);
  if (words.length === 0) return undefined;
  return { words: `${words.join(' & ')}:*`, text: words.join(' ') };
}
