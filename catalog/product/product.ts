import { invalid } from '#platform/errors.ts';
import { requireEach, requireText } from '#platform/input.ts';

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Minor units of the shop's currency. */
  readonly priceMinor: bigint;
  readonly createdAt: Date;
  /** Starts at 1; each change increments it by 1. */
  readonly version: bigint;
  /** Null while the product is on sale. */
  readonly archivedAt: Date | null;
  /** Null: no category. */
  readonly categoryId: string | null;
  /** Lower case, without duplicates. */
  readonly tags: readonly string[];
}

export const NAME_LENGTH_MAX = 200;
export const DESCRIPTION_LENGTH_MAX = 10_000;
/** Minor units. High enough for any price in any currency, and low enough that an order's total fits into 64 bits. */
export const PRICE_MINOR_MAX = 1_000_000_000_000n;
export const QUERY_LENGTH_MAX = 1_000;
export const TAGS_MAX = 20;
const TAG_LENGTH_MAX = 40;

export function requireName(name: string): string {
  return requireText('name', name, { min: 1, max: NAME_LENGTH_MAX });
}

export function requireDescription(description: string): string {
  return requireText('description', description, { min: 0, max: DESCRIPTION_LENGTH_MAX, lines: true });
}

export function requirePrice(priceMinor: bigint, field = 'price'): bigint {
  if (priceMinor < 0n || priceMinor > PRICE_MINOR_MAX)
    throw invalid(field, `must be from 0 to ${PRICE_MINOR_MAX} minor units`);
  return priceMinor;
}

/** Returns the tags in stored form: lower case, single spaces between words, no duplicates. */
export function requireTags(field: string, tags: readonly string[]): string[] {
  if (tags.length > TAGS_MAX) throw invalid(field, `must have at most ${TAGS_MAX} tags`);
  const folded = requireEach(tags, (tag, index) =>
    requireText(`${field}[${index}]`, tag.normalize('NFC').toLowerCase(), { min: 1, max: TAG_LENGTH_MAX }),
  );
  return [...new Set(folded.map((tag) => tag.replaceAll(/\s+/gu, ' ')))];
}
