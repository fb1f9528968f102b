import { allTerms, isPlainWord, wordsOf, type Word } from '#catalog/search/text/words.ts';

/** The texts of a product as the terms that all search backends index. */
export interface ProductText {
  /** The terms of the name. */
  readonly name: readonly string[];
  /** The terms of the description and the tags. */
  readonly other: readonly string[];
  /** The number of terms of the name as it is written. */
  readonly nameLength: number;
  /** The first terms of the name, separated by spaces: the order by name. At most LINE_LENGTH_MAX characters. */
  readonly line: string;
  /** The terms of the name and the tags that searches complete and correct. */
  readonly vocabulary: readonly string[];
}

/** Terms that are adjacent in a text, in this order. */
export type Phrase = readonly string[];

/** The stem of a word; undefined if it has none. Stop words have none. */
export type StemOf = (word: string) => string | undefined;

/** A term that is a stem, so that the word `run` differs from the stem of `running`. */
export function stemTerm(stem: string): string {
  return `~${stem}`;
}

/**
 * The terms of a text that has the phrase. Two adjacent terms are a term of their own, so that backends find phrases in
 * their index, without the texts. A phrase of three terms has both of its pairs.
 */
export function termsOfPhrase(phrase: Phrase): readonly string[] {
  return phrase.length < 2 ? phrase : phrase.slice(1).map((term, index) => `${phrase[index]}-${term}`);
}

/** The number of different terms for neighbours: few enough for a small index, and enough that equal ones are rare. */
const NEIGHBOURS = 2 ** 18;

/**
 * The terms of a text in which the terms are neighbours, for the order of matches: short hashes (FNV-1a), because almost
 * every pair of words in a description is a new one. Two of 262,144 pairs have the same.
 */
export function neighbourTerms(phrase: Phrase): readonly string[] {
  return phrase.length < 2
    ? []
    : termsOfPhrase(phrase).map((pair) => {
        let hash = 0x811c_9dc5;
        for (let index = 0; index < pair.length; index += 1)
          hash = Math.imul(hash ^ pair.charCodeAt(index), 0x0100_0193);
        return `#${((hash >>> 0) % NEIGHBOURS).toString(36)}`;
      });
}

/** The words of a product's texts. */
export interface ProductWords {
  readonly name: readonly Word[];
  readonly description: readonly Word[];
  readonly tags: readonly (readonly Word[])[];
}

export function productWords(product: {
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
}): ProductWords {
  return {
    name: wordsOf(product.name),
    description: wordsOf(product.description),
    tags: product.tags.map(wordsOf),
  };
}

/** The words whose stems `productText` needs. */
export function plainWordsOf({ name, description, tags }: ProductWords): string[] {
  return [name, description, ...tags].flatMap((words) => words.flatMap(allTerms)).filter(isPlainWord);
}

export function productText({ name, description, tags }: ProductWords, stemOf: StemOf): ProductText {
  const terms = name.flatMap((word) => word.terms);
  const inName = new Set<string>();
  addTerms(inName, name, { stemOf, pairs: 'all' });
  const other = new Set<string>();
  addTerms(other, description, { stemOf, pairs: 'of words and numbers' });
  for (const tag of tags) addTerms(other, tag, { stemOf, pairs: 'all' });
  for (const words of [name, description, ...tags])
    for (const term of neighbourTerms(words.flatMap((word) => word.terms))) other.add(term);
  return {
    name: [...inName],
    other: [...other.difference(inName)],
    nameLength: terms.length,
    line: toLine(terms),
    vocabulary: [...new Set([...name, ...tags.flat()].flatMap(allTerms))],
  };
}

/** Long enough for 200 letters of a script without spaces. An index entry of PostgreSQL has at most 2,704 bytes. */
const LINE_LENGTH_MAX = 600;

/** The line of a name. */
export function lineOf(name: string): string {
  return toLine(wordsOf(name).flatMap(({ terms }) => terms));
}

function toLine(terms: readonly string[]): string {
  const line = terms.join(' ');
  return line.length > LINE_LENGTH_MAX ? Array.from(line).slice(0, LINE_LENGTH_MAX).join('') : line;
}

/**
 * Adds the terms as they are written, without the separators of words, and as stems. All pairs of words in a description
 * would double the index, so only the pairs within its words and with its numbers are added.
 */
function addTerms(
  terms: Set<string>,
  words: readonly Word[],
  { stemOf, pairs }: { stemOf: StemOf; pairs: 'all' | 'of words and numbers' },
): void {
  const stemOfTerm = (term: string): string | undefined => (isPlainWord(term) ? stemOf(term) : undefined);
  const add = (term: string, before: string | undefined): void => {
    terms.add(term);
    const stem = stemOfTerm(term);
    if (stem !== undefined && stem !== term) terms.add(stemTerm(stem));
    if (before === undefined) return;
    for (const pair of termsOfPhrase([before, term])) terms.add(pair);
    const stemBefore = stemOfTerm(before);
    if (stem === undefined || stemBefore === undefined) return;
    for (const pair of termsOfPhrase([stemTerm(stemBefore), stemTerm(stem)])) terms.add(pair);
  };
  let before: string | undefined;
  for (const word of words) {
    for (const [index, term] of word.terms.entries()) {
      const isPair =
        pairs === 'all' || index > 0 || isNumber(term) || (before !== undefined && isNumber(before));
      add(term, isPair ? before : undefined);
      before = term;
    }
    for (const [index, term] of (word.joined ?? []).entries()) add(term, word.joined?.[index - 1]);
  }
}

function isNumber(term: string): boolean {
  return /^\d/.test(term);
}
