import { asWritten, type QueryPlan } from '#catalog/search/query-plan.ts';
import { CATEGORY_MARK } from '#catalog/search/postgres/tables.ts';
import { neighbourTerms, termsOfPhrase, type Phrase } from '#catalog/search/text/product-text.ts';
import type { QueryWord } from '#catalog/search/text/query-words.ts';

/** Conditions in the text form of a tsquery. Terms have no quotes and backslashes, so they need no escaping within quotes. */

const anyOf = (conditions: readonly string[]): string => `(${[...new Set(conditions)].join('|')})`;
const allOf = (terms: readonly string[]): string => {
  const text = terms.map((term) => `'${term}'`).join('&');
  return terms.length > 1 ? `(${text})` : text;
};

export function anyPhrase(phrases: readonly Phrase[]): string {
  return anyOf(phrases.map((phrase) => allOf(termsOfPhrase(phrase))));
}

/** All words as they are written. */
export function exactQuery(words: readonly QueryWord[]): string {
  return words.map(({ exact }) => anyPhrase(exact)).join('&');
}

/** All words in any form. */
function looseQuery(words: readonly QueryWord[]): string {
  return words.map(anyForm).join('&');
}

function anyForm({ exact, loose }: QueryWord): string {
  return anyPhrase([...exact, ...loose]);
}

/** The condition of a match. If all words must match, the name of a category of the product also counts. */
export function matchQuery({ words, mayMiss }: QueryPlan): string {
  if (mayMiss > 0) return mostQuery(words, mayMiss);
  return words
    .map(({ exact, loose, categoryIds }) =>
      anyPhrase([...exact, ...loose, ...categoryIds.map((id) => [CATEGORY_MARK + id])]),
    )
    .join('&');
}

export interface Condition {
  readonly column: 'name' | 'everything';
  readonly query: string;
}
const inName = (query: string): Condition => ({ column: 'name', query });
const inText = (query: string): Condition => ({ column: 'everything', query });

/** The conditions of better matches, the best first. Each match satisfies `matchQuery`. */
export function betterMatches({ words, mayMiss }: QueryPlan): readonly Condition[] {
  if (mayMiss > 0) return [inText(mostQuery(asWritten(words), mayMiss))];
  const exact = exactQuery(words);
  const loose = looseQuery(words);
  const written = words.flatMap(({ exact: [first = []] }) => first);
  const hasCategories = words.some(({ categoryIds }) => categoryIds.length > 0);
  const isPhrase = words.length > 1;
  return [
    ...(isPhrase ? [inName(`${exact}&${allOf(termsOfPhrase(written))}`)] : []),
    inName(exact),
    inName(loose),
    ...(isPhrase ? [inText(`${loose}&${allOf(neighbourTerms(written))}`)] : []),
    ...(hasCategories ? [inText(loose)] : []),
  ];
}

/** All words with digits, and the others without `mayMiss` of them. */
function mostQuery(words: readonly QueryWord[], mayMiss: number): string {
  const numbers = words.filter(({ hasDigit }) => hasDigit);
  const others = words.filter(({ hasDigit }) => !hasDigit);
  return every([looseQuery(numbers), allBut(others, mayMiss)]);
}

/**
 * All words but `count`; empty if none is required. By halves: PostgreSQL evaluates the condition for each product that has
 * one of the words, and all combinations of four of six words are more work.
 */
function allBut(words: readonly QueryWord[], count: number): string {
  if (count >= words.length) return '';
  if (count === 0) return looseQuery(words);
  const middle = words.length >> 1;
  const [first, second] = [words.slice(0, middle), words.slice(middle)];
  return Array.from({ length: count + 1 }, (_, missing) => missing)
    .filter((missing) => missing <= first.length && count - missing <= second.length)
    .map((missing) => every([allBut(first, missing), allBut(second, count - missing)]))
    .join('|');
}

function every(conditions: readonly string[]): string {
  return conditions
    .filter((condition) => condition !== '')
    .map((condition) => `(${condition})`)
    .join('&');
}
