/** A word of the query, whether a product contains it, and similar words from product names. */
export interface QueryWord {
  readonly word: string;
  readonly known: boolean;
  readonly candidates: readonly string[];
}

/** Shorter words are similar to too many others. */
export const CORRECTED_LENGTH_MIN = 3;

/** Maximum number of unknown words to correct: each costs a database search. */
export const CORRECTED_WORDS_MAX = 4;

/** Returns the words with the unknown ones corrected, or null if no word changes. */
export function correct(words: readonly QueryWord[]): string | null {
  let unknown = 0;
  const corrected = words.map(({ word, known, candidates }) => {
    if (known || ++unknown > CORRECTED_WORDS_MAX) return word;
    return nearest(word, candidates) ?? word;
  });
  return corrected.every((word, index) => word === words[index]?.word) ? null : corrected.join(' ');
}

function nearest(word: string, candidates: readonly string[]): string | undefined {
  const allowed = word.length < 5 ? 1 : 2;
  let best: string | undefined;
  let bestEdits = allowed + 1;
  // Sorted, so that every backend picks the same word among equally distant ones.
  for (const candidate of candidates.toSorted()) {
    const edits = editDistance(word, candidate);
    if (edits > 0 && edits < bestEdits) [best, bestEdits] = [candidate, edits];
  }
  return best;
}

/** Optimal string alignment distance: insertions, deletions, substitutions and swaps of adjacent letters. */
export function editDistance(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > 2) return Infinity;
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      const edits = [(last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1)];
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        edits.push((before[j - 2] ?? 0) + 1);
      row.push(Math.min(...edits));
    }
    [before, last] = [last, row];
  }
  return last[other.length] ?? 0;
}
