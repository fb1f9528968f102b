import type { Phrase, QueryWord } from '#catalog/search/text/query-words.ts';

/** Conditions in the text form of a tsquery. Terms are letters, marks and digits, so they need no escaping within quotes. */

const phrase = (terms: Phrase): string => {
  const text = terms.map((term) => `'${term}'`).join('<->');
  return terms.length > 1 ? `(${text})` : text;
};

export function anyOf(phrases: readonly Phrase[]): string {
  return `(${phrases.map(phrase).join('|')})`;
}

/** All words as they are written. */
export function exactQuery(words: readonly QueryWord[]): string {
  return words.map(({ exact }) => anyOf(exact)).join('&');
}

/** All words in any form. */
export function looseQuery(words: readonly QueryWord[]): string {
  return words.map(anyForm).join('&');
}

export function anyForm({ exact, loose }: QueryWord): string {
  return anyOf([...exact, ...loose]);
}

/** The words as they are written, one after the other; null for one word. */
export function adjacentQuery(words: readonly QueryWord[]): string | null {
  return words.length > 1 ? phrase(words.flatMap(({ exact: [written = []] }) => written)) : null;
}

/** Forms of a word in each combination of words. Stems and synonyms come first. */
const LOOSE_MAX = 20;

/** At least `count` of the words, and all words with digits. */
export function mostQuery(words: readonly QueryWord[], count: number): string {
  const brief = words.map(({ loose, ...word }): QueryWord =>
    Object.assign(word, { loose: loose.slice(0, LOOSE_MAX) }),
  );
  const required = brief.filter(({ hasDigit }) => hasDigit);
  const others = brief.filter(({ hasDigit }) => !hasDigit);
  return [looseQuery(required), atLeast(others, Math.max(0, count - required.length))]
    .filter((part) => part !== '')
    .map((part) => `(${part})`)
    .join('&');
}

/**
 * At least `count` of the words; empty if none is required. Divides the words into halves: of 8 words, all combinations
 * of 6 are 168 conditions, which PostgreSQL evaluates for each product that has one of the words; these are 40.
 */
function atLeast(words: readonly QueryWord[], count: number): string {
  if (count === 0) return '';
  if (count === words.length) return looseQuery(words);
  const middle = words.length >> 1;
  const [first, second] = [words.slice(0, middle), words.slice(middle)];
  const fewest = Math.max(0, count - second.length);
  const most = Math.min(first.length, count);
  return Array.from({ length: most - fewest + 1 }, (_, index) => fewest + index)
    .map((inFirst) =>
      [atLeast(first, inFirst), atLeast(second, count - inFirst)]
        .filter((part) => part !== '')
        .map((part) => `(${part})`)
        .join('&'),
    )
    .join('|');
}
