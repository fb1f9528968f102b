import { refused, type AppError } from '#platform/errors.ts';
import { requireText, requireUuid } from '#platform/input.ts';

/** Where a product belongs: a node of a tree. None is moved or removed, so its path holds for good. */
export interface Category {
  readonly id: string;
  readonly name: string;
  /** Ids from the top down to this one, 1 to DEPTH_MAX. */
  readonly path: readonly string[];
  readonly createdAt: Date;
  /** Grows by one with every change, from 1. */
  readonly version: bigint;
}

/** Levels of the tree. */
export const DEPTH_MAX = 8;
/** Below one category, and at the top. */
export const CHILDREN_MAX = 100;
export const CATEGORIES_MAX = 10_000;
const NAME_LENGTH_MAX = 100;

export function requireCategoryName(name: string): string {
  return requireText('name', name, { min: 1, max: NAME_LENGTH_MAX });
}

/** An id, or null for what is written as an empty text. */
export function requireCategoryId(field: string, id: string): string | null {
  return id === '' ? null : requireUuid(field, id);
}

/** Names of siblings differ in more than case and accents. */
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
