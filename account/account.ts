import { requireText } from '#platform/input.ts';

/** A customer account. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  /** Starts at 1; each change increments it by 1. */
  readonly version: bigint;
}

export const NAME_LENGTH_MAX = 200;

export function requireName(name: string): string {
  return requireText('name', name, { min: 1, max: NAME_LENGTH_MAX });
}
