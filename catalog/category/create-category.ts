import {
  CATEGORIES_MAX,
  CHILDREN_MAX,
  DEPTH_MAX,
  nameTaken,
  noSuchCategory,
  requireCategoryId,
  requireCategoryName,
  type Category,
} from '#catalog/category/category.ts';
import type { CategoryStore, TreeSize } from '#catalog/category/store.ts';
import { categoryEvent } from '#catalog/events.ts';
import type { Call } from '#platform/call.ts';
import type { Clock } from '#platform/clock.ts';
import { refused, type AppError } from '#platform/errors.ts';
import type { ClaimFor } from '#platform/idempotency/once.ts';
import { requireAll } from '#platform/input.ts';

/** Adds a category. Throws INVALID_ARGUMENT, CATEGORY_NOT_FOUND, CATEGORY_NAME_TAKEN, CATEGORY_LIMIT_EXCEEDED. */
export async function createCategory(
  deps: { categories: Pick<CategoryStore, 'insert'>; clock: Clock },
  input: { name: string; parentId: string },
  call: Call,
  claim?: ClaimFor<Category>,
): Promise<Category> {
  const { name, parentId } = requireAll({
    name: () => requireCategoryName(input.name),
    parentId: () => requireCategoryId('parentId', input.parentId),
  });
  const id = deps.clock.newId();
  const eventId = deps.clock.newId();
  const createdAt = new Date(deps.clock.now());
  return deps.categories.insert(
    parentId,
    name,
    (size) => {
      if (parentId !== null && size.parentPath === null) throw noSuchCategory('parentId', parentId);
      if (size.isNameTaken) throw nameTaken(name);
      const path = [...(size.parentPath ?? []), id];
      requireRoom(size, path.length);
      const category: Category = { id, name, path, createdAt, version: 1n };
      return { category, event: categoryEvent(eventId, 'category_created', category, createdAt, call) };
    },
    claim,
  );
}

function requireRoom(size: TreeSize, depth: number): void {
  const refuse = (problem: string): AppError => refused('CATEGORY_LIMIT_EXCEEDED', 'parentId', problem);
  if (depth > DEPTH_MAX) throw refuse(`Categories are at most ${DEPTH_MAX} levels deep.`);
  if (size.siblings >= CHILDREN_MAX)
    throw refuse(`There are at most ${CHILDREN_MAX} categories with the same parent.`);
  if (size.total >= CATEGORIES_MAX) throw refuse(`There are at most ${CATEGORIES_MAX} categories.`);
}
