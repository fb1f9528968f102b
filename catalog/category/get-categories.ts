import {
  CHILDREN_MAX,
  noSuchCategory,
  requireCategoryId,
  type Category,
} from '#catalog/category/category.ts';
import type { CategoryStore } from '#catalog/category/store.ts';
import type { Call } from '#platform/call.ts';
import { invalid } from '#platform/errors.ts';
import { requireAll, requireEach, requireUuids, requireWhole } from '#platform/input.ts';
import { BATCH_SIZE_MAX, PARENTS_MAX } from '#platform/limits.ts';

/** Returns the categories that exist; ignores unknown ids. Throws INVALID_ARGUMENT. */
export async function getCategories(
  deps: { categories: Pick<CategoryStore, 'byIds'> },
  input: { ids: readonly string[] },
  call: Call,
): Promise<Category[]> {
  return deps.categories.byIds(requireUuids('ids', input.ids, BATCH_SIZE_MAX), call);
}

/**
 * Returns the first `size` children of each parent by name, or all if `size` is 0. An empty parent id stands for the
 * root level. Throws INVALID_ARGUMENT.
 */
export async function listCategories(
  deps: { categories: Pick<CategoryStore, 'childrenOf'> },
  { parentIds, size }: { parentIds: readonly string[]; size: number },
  call: Call,
): Promise<{ categories: Category[]; unknownParentIds: string[] }> {
  if (parentIds.length > PARENTS_MAX) throw invalid('parentIds', `must have at most ${PARENTS_MAX} ids`);
  const checked = requireAll({
    parents: () => requireEach(parentIds, (id, index) => requireCategoryId(`parentIds[${index}]`, id)),
    size: () => requireWhole('size', size === 0 ? CHILDREN_MAX : size, 1, CHILDREN_MAX),
  });
  return deps.categories.childrenOf(checked.parents, checked.size, call.signal);
}

/** Throws CATEGORY_NOT_FOUND on `categoryId` unless the category exists; accepts null. */
export async function requireCategory(
  deps: { categories: Pick<CategoryStore, 'byIds'> },
  id: string | null,
  call: Call,
): Promise<void> {
  if (id === null) return;
  // Categories are never deleted, so a category found here still exists when the product is written.
  if ((await deps.categories.byIds([id], call)).length === 0) throw noSuchCategory('categoryId', id);
}
