import { totalmem } from 'node:os';

/** The memory available to this process, in bytes: the limit of its control group, or the memory of the machine. */
function memoryBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/**
 * A share of that memory, at most `max`, so that limits scale down in a small container. For a count, the share is one
 * per number of bytes: `1 / 65_536`.
 */
export function memoryShare(share: number, max: number): number {
  return Math.floor(Math.min(max, memoryBytes() * share));
}
