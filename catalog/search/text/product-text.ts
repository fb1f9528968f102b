import { allTerms, isPlainWord, wordsOf, type Word } from '#catalog/search/text/words.ts';

/** The texts of a product as the terms that all search backends index. */
export interface ProductText {
  /** Sequences of terms: terms of one sequence are adjacent, those of two are not. */
  readonly name: readonly Sequence[];
  /** Sequences of the description and the tags. */
  readonly other: readonly Sequence[];
  /** The number of terms of the name as it is written. */
  readonly nameLength: number;
  /** The first terms of the name, separated by spaces: the order by name. At most LINE_LENGTH_MAX characters. */
  readonly line: string;
  /** The terms of the name and the tags that searches complete and correct. */
  readonly vocabulary: readonly string[];
}

export type Sequence = readonly string[];
/** The place of a term without a stem in a sequence of stems. */
export const NO_TERM = '_';

/** The stem of a word; undefined if it has none. Stop words have none. */
export type StemOf = (word: string) => string | undefined;

/** A term that is a stem, so that the word `run` differs from the stem of `running`. */
export function stemTerm(stem: string): string {
  return `~${stem}`;
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
  return {
    name: sequences(name, stemOf),
    other: [description, ...tags].flatMap((words) => sequences(words, stemOf)),
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

/** The terms as they are written; the words without their separators; the stems. */
function sequences(words: readonly Word[], stemOf: StemOf): Sequence[] {
  if (words.length === 0) return [];
  const written = words.flatMap((word) => word.terms);
  const joined = words.flatMap((word) => (word.joined ? [word.joined] : []));
  const stems = [written, ...joined]
    .map((terms) => terms.map((term) => stemOfTerm(term, stemOf)))
    .filter((terms) => terms.some((term) => term !== NO_TERM));
  return [written, ...joined, ...stems];
}

function stemOfTerm(term: string, stemOf: StemOf): string {
  const stem = isPlainWord(term) ? stemOf(term) : undefined;
  return stem === undefined ? NO_TERM : stemTerm(stem);
}
