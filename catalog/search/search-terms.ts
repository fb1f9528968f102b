import { withSynonyms } from '#catalog/search/synonyms.ts';

/** What a shopper typed, in the forms in which it is looked for. */
export interface SearchTerms {
  readonly words: readonly string[];
  /** The words with one space between them, at most as long as a product's name. */
  readonly text: string;
  /**
   * For to_tsquery: words joined by `&`, the last one a beginning, each with its synonyms. Only letters and digits, so
   * nothing to escape.
   */
  readonly tsquery: string;
  /** For to_tsquery: the words in a row; empty for a single one. */
  readonly phrase: string;
}

/** Shorter texts are not looked for inside words: they are in too many. */
export const INSIDE_LENGTH_MIN = 4;
/** A product's name has no more characters: the rest of a longer text is in no name. */
const TEXT_LENGTH_MAX = 200;
/** More words than that say no more about what is wanted. */
const WORDS_MAX = 16;
/** A query's own bound: letters that stand for several must not make more of it than engines take (1,024 clauses). */
const LENGTH_MAX = 1_000;
/** Letters and digits; not the modifier letters, which PostgreSQL folds to quotation marks and colons. */
const WORD = /(?:(?!\p{Lm})[\p{L}\p{N}])+/gu;

/** Undefined if the text has no word, so that nothing can match. */
export function parseSearch(query: string): SearchTerms | undefined {
  // Decomposed and stripped of marks first: a letter with an accent is one letter, however it was typed.
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

/** Any of these phrases; of the one that was typed, the last word may be a beginning. */
function oneOf(group: readonly string[], isLast: boolean): string {
  const [typed = '', ...others] = group.map((phrase) => phrase.split(' ').join(' <-> '));
  const all = [isLast ? `${typed}:*` : typed, ...others].map((phrase) =>
    phrase.includes(' ') ? `(${phrase})` : phrase,
  );
  return all.length === 1 ? (all[0] ?? '') : `(${all.join(' | ')})`;
}
