import { invalid } from '#platform/errors.ts';
import { requireText } from '#platform/input.ts';

/** What is sold. */
export interface Product {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Minor units of the shop's currency. */
  readonly priceMinor: bigint;
  readonly createdAt: Date;
  /** Grows by one with every change, from 1. */
  readonly version: bigint;
  /** Null while it is sold. */
  readonly archivedAt: Date | null;
}

export const NAME_LENGTH_MAX = 200;
export const DESCRIPTION_LENGTH_MAX = 10_000;
/** Minor units. High enough for any price in any currency, low enough that an order's total fits 64 bits. */
export const PRICE_MINOR_MAX = 1_000_000_000_000n;
/** How many products one call may ask for by id. */
export const BATCH_SIZE_MAX = 1_000;
export const QUERY_LENGTH_MAX = 1_000;

export function requireName(name: string): string {
  return requireText('name', name, { min: 1, max: NAME_LENGTH_MAX });
}

export function requireDescription(description: string): string {
  return requireText('description', description, { min: 0, max: DESCRIPTION_LENGTH_MAX, lines: true });
}

export function requirePrice(priceMinor: bigint): bigint {
  if (priceMinor < 0n || priceMinor > PRICE_MINOR_MAX)
    throw invalid('price', `must be from 0 to ${PRICE_MINOR_MAX} minor units`);
  return priceMinor;
}
