import { totalmem } from 'node:os';

/** Bytes of memory that this process may use: those of its control group, or of the machine if it has no bound. */
function memoryBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** A share of that memory, so that a program in a small container bounds what it holds by what it has. */
export function memoryShare(share: number, bytesMax: number): number {
  return Math.floor(Math.min(bytesMax, memoryBytes() * share));
}
