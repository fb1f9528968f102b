/** A word that was typed, whether some product has it, and words of products that resemble it. */
export interface TypedWord {
  readonly word: string;
  readonly known: boolean;
  readonly candidates: readonly string[];
}

/** Shorter words resemble too many others. */
export const CORRECTED_LENGTH_MIN = 3;

/** Unknown words beyond the first of them stay as they are: each costs the database a search of its own. */
export const CORRECTED_WORDS_MAX = 4;

/** The words as they were probably meant; null if none is corrected. */
export function correct(words: readonly TypedWord[]): string | null {
  let unknown = 0;
  const meant = words.map(({ word, known, candidates }) => {
    if (known || ++unknown > CORRECTED_WORDS_MAX) return word;
    return nearest(word, candidates) ?? word;
  });
  return meant.every((word, index) => word === words[index]?.word) ? null : meant.join(' ');
}

function nearest(word: string, candidates: readonly string[]): string | undefined {
  const allowed = word.length < 5 ? 1 : 2;
  let best: string | undefined;
  let bestEdits = allowed + 1;
  // In the alphabet's order, so that every backend picks the same of equals.
  for (const candidate of candidates.toSorted()) {
    const edits = editsBetween(word, candidate);
    if (edits > 0 && edits < bestEdits) [best, bestEdits] = [candidate, edits];
  }
  return best;
}

/** Letters to put in, leave out, replace or swap with their neighbour (optimal string alignment distance). */
export function editsBetween(one: string, other: string): number {
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
