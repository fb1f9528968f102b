import { withSynonyms } from '#catalog/search/synonyms.ts';
import { stemTerm, type Phrase, type StemOf } from '#catalog/search/text/product-text.ts';
import { isPlainWord, wordsOf, type Word } from '#catalog/search/text/words.ts';

/** The words of a query and the terms that match them. */

export interface QueryWord {
  /** The word as it is written, with and without its separators. */
  readonly exact: readonly Phrase[];
  /** Stems, synonyms, and words of the vocabulary that begin with the last word or contain the word. */
  readonly loose: readonly Phrase[];
  /** Those of `loose` that begin with the last word. */
  readonly starting: readonly Phrase[];
  readonly hasDigit: boolean;
}

/** Further words are ignored. */
const WORDS_MAX = 12;
/** Further terms are ignored. A name has at most 200. */
const TERMS_MAX = 64;
/** Parts of words are found from this length on: shorter ones are in too many words. */
export const PART_LENGTH_MIN = 4;

/** The words of a query, without its last words if it is too long. */
export function typedWords(query: string): Word[] {
  let terms = 0;
  return withoutRepetition(wordsOf(query))
    .slice(0, WORDS_MAX)
    .flatMap((word) => {
      const rest = TERMS_MAX - terms;
      terms += word.terms.length;
      if (rest <= 0) return [];
      return [
        word.terms.length <= rest ? word : { ...word, terms: word.terms.slice(0, rest), joined: undefined },
      ];
    })
    .map(withoutOpenEnd);
}

/** The last occurrence of each word. */
function withoutRepetition(words: readonly Word[]): Word[] {
  const last = new Map(words.map(({ text }, index) => [text, index]));
  return words.filter(({ text }, index) => last.get(text) === index);
}

/** The last letter of a run without spaces is indexed as a term of its own, but the run can continue in a name. */
function withoutOpenEnd(word: Word): Word {
  const [before = '', last = ''] = word.terms.slice(-2);
  const isOpen =
    word.terms.length > 1 && last !== '' && before !== last && before.endsWith(last) && isUnspaced(before);
  return isOpen ? { ...word, terms: word.terms.slice(0, -1) } : word;
}

function isUnspaced(term: string): boolean {
  return !/^\d/.test(term) && !isPlainWord(term);
}

/** The words of the vocabulary that begin with a word or contain it. */
export interface Completions {
  /** Whether the word is in the vocabulary. */
  readonly isKnown: boolean;
  readonly starting: readonly string[];
  readonly containing: readonly string[];
}

/** What the lexicon knows about the words of a query. */
export interface WordKnowledge {
  readonly stemOf: StemOf;
  isStopWord(word: string): boolean;
  completionsOf(word: string): Completions;
}

/** Returns the words that must match. Stop words need not, unless there are no others. */
export function queryWords(typed: readonly Word[], knowledge: WordKnowledge): QueryWord[] {
  const isStop = ({ terms }: Word): boolean => terms.length === 1 && knowledge.isStopWord(terms[0] ?? '');
  const content = typed.filter((word) => !isStop(word));
  const words = content.length > 0 ? content : typed;
  const last = words.at(-1);
  let at = 0;
  return withSynonyms(words.map(({ terms }) => terms.join(' '))).map((group) => {
    const [own = '', ...synonyms] = group;
    const start = at;
    for (let length = own.split(' ').length; length > 0; at += 1) length -= words[at]?.terms.length ?? length;
    return toQueryWord(words.slice(start, at), { synonyms, isLast: words[at - 1] === last, knowledge });
  });
}

function toQueryWord(
  words: readonly Word[],
  { synonyms, isLast, knowledge }: { synonyms: readonly string[]; isLast: boolean; knowledge: WordKnowledge },
): QueryWord {
  const { stemOf } = knowledge;
  const own = words.flatMap(({ terms }) => terms);
  const [word] = words;
  const exact = words.length === 1 && word?.joined ? [own, word.joined] : [own];
  const others = synonyms.map((synonym) => synonym.split(' '));
  const stems = [...exact, ...others].flatMap((phrase) => stemPhrases(phrase, stemOf));
  const { starting, containing, isComplete } = completions(own, isLast, knowledge);
  return {
    exact,
    loose: [...stems, ...others, ...(isComplete ? [] : starting), ...containing],
    starting,
    hasDigit: words.some(({ hasDigit }) => hasDigit),
  };
}

/** A phrase has stems if every word has one. A word that is its own stem has no term for the stem. */
function stemPhrases(phrase: Phrase, stemOf: StemOf): Phrase[] {
  const stems = phrase.map((term) => (isPlainWord(term) ? stemOf(term) : undefined));
  if (!stems.every((stem) => stem !== undefined)) return [];
  const terms = [stems.map(stemTerm)];
  return phrase.length > 1 || stems[0] === phrase[0] ? terms : [...terms, stems];
}

function completions(own: Phrase, isLast: boolean, { completionsOf }: WordKnowledge) {
  const before = own.slice(0, -1);
  const last = own.at(-1) ?? '';
  const { isKnown, starting, containing } = completionsOf(last);
  return {
    starting: isLast ? starting.map((term) => before.concat(term)) : [],
    containing: before.length === 0 ? containing.map((term) => [term]) : [],
    // 42 is not 42.5 or 420 if the shop has a 42.
    isComplete: isKnown && /^\d/.test(last),
  };
}
