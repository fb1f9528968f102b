import { readFileSync } from 'node:fs';

/** Each line is a group of synonyms: words or phrases. */
const FILE = new URL('./synonyms.txt', import.meta.url);

/** The lines of the file without comments. */
export const SYNONYM_LINES: readonly string[] = readFileSync(FILE, 'utf8')
  .split('\n')
  .filter((line) => line.trim() !== '' && !line.startsWith('#'));

/** Each phrase, with its group; the phrase itself comes first. */
const GROUPS = new Map<string, readonly string[]>();
for (const line of SYNONYM_LINES) {
  const phrases = line.split(',').map((phrase) => phrase.trim());
  for (const phrase of phrases) GROUPS.set(phrase, [phrase, ...phrases.filter((other) => other !== phrase)]);
}
/** The words of all groups. */
export const SYNONYM_WORDS: readonly string[] = [
  ...new Set([...GROUPS.keys()].flatMap((phrase) => phrase.split(' '))),
];
const PHRASE_WORDS_MAX = Math.max(...[...GROUPS.keys()].map((phrase) => phrase.split(' ').length));

/** Splits words into the longest known phrases, each followed by its synonyms. */
export function withSynonyms(words: readonly string[]): (readonly string[])[] {
  const phrases: (readonly string[])[] = [];
  for (let at = 0; at < words.length;) {
    let length = Math.min(PHRASE_WORDS_MAX, words.length - at);
    while (length > 1 && !GROUPS.has(words.slice(at, at + length).join(' '))) length -= 1;
    const phrase = words.slice(at, at + length).join(' ');
    phrases.push(GROUPS.get(phrase) ?? [phrase]);
    at += length;
  }
  return phrases;
}
