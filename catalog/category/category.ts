import { refused, type AppError } from '#platform/errors.ts';
import { requireText, requireUuid } from '#platform/input.ts';

/** A node of the category tree. Categories are never moved or deleted, so a path never changes. */
export interface Category {
  readonly id: string;
  readonly name: string;
  /** Ids from the top-level category down to this one: 1 to DEPTH_MAX. */
  readonly path: readonly string[];
  readonly createdAt: Date;
  /** Starts at 1; each change increments it by 1. */
  readonly version: bigint;
}

/** Maximum depth of the tree, in levels. */
export const DEPTH_MAX = 8;
/** Maximum number of children of one category, and of top-level categories. */
export const CHILDREN_MAX = 100;
export const CATEGORIES_MAX = 10_000;
const NAME_LENGTH_MAX = 100;

export function requireCategoryName(name: string): string {
  return requireText('name', name, { min: 1, max: NAME_LENGTH_MAX });
}

/** Returns the id, or null for an empty string. Throws INVALID_ARGUMENT. */
export function requireCategoryId(field: string, id: string): string | null {
  return id === '' ? null : requireUuid(field, id);
}

/** For a name that equals the name of a sibling, ignoring case and accents. */
export function nameTaken(name: string): AppError {
  return refused(
    'CATEGORY_NAME_TAKEN',
    'name',
    `Another category with this parent has the name ${JSON.stringify(name)}.`,
  );
}

export function noSuchCategory(field: string, id: string): AppError {
  return refused('CATEGORY_NOT_FOUND', field, `There is no category ${id}.`);
}
