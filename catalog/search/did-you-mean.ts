/** Words that an unknown word can stand for. */
export interface Candidates {
  /** Similar words of the vocabulary. */
  readonly similar: readonly string[];
  /** The word as two words of the vocabulary, separated by a space. */
  readonly halves: string | null;
}

/** Shorter words are similar to too many others. */
export const CORRECTED_LENGTH_MIN = 3;

/** Maximum number of unknown words to correct: each costs a database search. */
export const CORRECTED_WORDS_MAX = 4;

/** Returns the words with those that have candidates corrected, or null if no word changes. */
export function correct(
  words: readonly string[],
  candidates: ReadonlyMap<string, Candidates>,
): string | null {
  const corrected = words.map((word) => {
    const { similar = [], halves = null } = candidates.get(word) ?? {};
    return halves ?? nearest(word, similar) ?? word;
  });
  return corrected.every((word, index) => word === words[index]) ? null : corrected.join(' ');
}

function nearest(word: string, candidates: readonly string[]): string | undefined {
  const allowed = word.length < 5 ? 1 : 2;
  let best: string | undefined;
  let bestEdits = allowed + 1;
  // Sorted, so that the same word is picked among equally distant ones. Numbers are never corrected.
  for (const candidate of candidates.filter((each) => !/\d/.test(each)).toSorted()) {
    const edits = editDistance(word, candidate);
    // Typing errors in the first letter are rare, and women is not men.
    if (edits > 1 && candidate[0] !== word[0]) continue;
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
