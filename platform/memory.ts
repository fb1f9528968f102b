import { totalmem } from 'node:os';

/** Bytes of memory that this process may use: those of its control group, or of the machine if it has no bound. */
function memoryBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/**
 * A share of that memory and at most `max`, so that a program in a small container bounds what it holds by what it has.
 * For a count the share is one for each so many bytes: `1 / 65_536`.
 */
export function memoryShare(share: number, max: number): number {
  return Math.floor(Math.min(max, memoryBytes() * share));
}
