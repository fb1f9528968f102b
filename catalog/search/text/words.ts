import { fold } from '#catalog/search/text/fold.ts';

/**
 * Splits texts into words, and words into terms, for products and queries alike. A term is a run of letters or a number:
 * `65mm` and `65 mm` have the terms 65 and mm, `RTX-4090` and `rtx 4090` the terms rtx and 4090.
 */

/** What is written without spaces. */
export interface Word {
  /** The folded text. */
  readonly text: string;
  /** At least one; no term is empty. */
  readonly terms: readonly string[];
  /** The terms of the word without its separators, if they differ: `AB-CD-12` also has abcd and 12. */
  readonly joined: readonly string[] | undefined;
  readonly hasDigit: boolean;
}

/** Longer terms are truncated: PostgreSQL refuses terms of more than 2,046 bytes. */
export const TERM_LENGTH_MAX = 100;
/** The letters of a folded text that have terms: folding can make a text 18 times as long. */
const TEXT_LENGTH_MAX = 10_000;
/** Longer words are not part numbers, and have no terms without their separators. */
const JOINED_PARTS_MAX = 16;

/** These scripts have no spaces between words. The marks of their letters belong to them. */
const UNSPACED =
  '(?:(?=[\\p{L}\\p{M}])[\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Thai}\\p{scx=Lao}\\p{scx=Khmer}\\p{scx=Myanmar}])';
const NUMBER = '\\d+(?:[.,]\\d+)*';
const LETTERS = `(?:(?!${UNSPACED}|\\d)[\\p{L}\\p{M}\\p{N}])+`;
const TERM = new RegExp(`${NUMBER}|${UNSPACED}+|${LETTERS}`, 'gu');
/** A sign between two terms of one word. */
const SEPARATOR = "[\\p{Pd}\\p{Pc}/.+&'’·:#*]";
const WORD = new RegExp(
  `(?:${NUMBER}|${UNSPACED}+|${LETTERS})(?:${SEPARATOR}?(?:${NUMBER}|${UNSPACED}+|${LETTERS}))*`,
  'gu',
);
const UNSPACED_RUN = new RegExp(`^${UNSPACED}+$`, 'u');
const PLAIN = new RegExp(`^(?:(?!${UNSPACED})[\\p{L}\\p{M}])+$`, 'u');
const DIGITS = /^\d+$/;
const THOUSANDS = /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;

/** The terms of a word with and without its separators. */
export function allTerms({ terms, joined = [] }: Word): readonly string[] {
  return terms.concat(joined);
}

/** Whether stems and typing errors of a term make sense: letters of a script with spaces between words. */
export function isPlainWord(term: string): boolean {
  return PLAIN.test(term);
}

/** 27" and 27″ are 27 inch. */
const INCHES = /(?<=\d)["″]/g;

export function wordsOf(text: string): Word[] {
  return Array.from(
    fold(text.replaceAll(INCHES, ' inch')).slice(0, TEXT_LENGTH_MAX).matchAll(WORD),
    ([word]) => toWord(word),
  );
}

function toWord(word: string): Word {
  const parts = word.match(TERM) ?? [];
  const terms = parts.flatMap(termsOf);
  return { text: word, terms, joined: join(parts, terms), hasDigit: /\d/.test(word) };
}

/**
 * A run of a script without spaces has a term for each pair of adjacent letters, so that each part of it is found, and
 * one for its last letter.
 */
function termsOf(part: string): string[] {
  if (UNSPACED_RUN.test(part)) {
    const letters = Array.from(part);
    return letters.map((letter, index) => letter + (letters[index + 1] ?? ''));
  }
  const term = /^\d/.test(part) ? numberOf(part) : part;
  return [term.length > TERM_LENGTH_MAX ? Array.from(term).slice(0, TERM_LENGTH_MAX).join('') : term];
}

/** `2,5` is 2.5, and `1,000` is 1000. */
function numberOf(part: string): string {
  return THOUSANDS.test(part) ? part.replaceAll(',', '') : part.replaceAll(',', '.');
}

function join(parts: readonly string[], terms: readonly string[]): readonly string[] | undefined {
  if (parts.length < 2 || parts.length > JOINED_PARTS_MAX) return undefined;
  const whole = parts.reduce((all, part) => {
    const joins = /\d$/.test(all) && /^\d/.test(part);
    // Decimals are not joined: 3.5/4 is not 3.54.
    return joins && !(DIGITS.test(part) && /(?:^|[^.,\d])\d+$/.test(all)) ? `${all} ${part}` : all + part;
  });
  const joined = (whole.match(TERM) ?? []).flatMap(termsOf);
  return joined.length === terms.length ? undefined : joined;
}
