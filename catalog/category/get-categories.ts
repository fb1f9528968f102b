import {
  BATCH_SIZE_MAX,
  CHILDREN_MAX,
  noSuchCategory,
  requireCategoryId,
  type Category,
} from '#catalog/category/category.ts';
import type { CategoryStore } from '#catalog/category/store.ts';
import type { Call } from '#platform/call.ts';
import { invalid } from '#platform/errors.ts';
import { requireUuids, requireWhole } from '#platform/input.ts';

/** How many parents one call may ask the children of. */
const PARENTS_MAX = 100;

/** The categories that exist. Throws INVALID_ARGUMENT. */
export async function getCategories(
  deps: { categories: Pick<CategoryStore, 'byIds'> },
  input: { ids: readonly string[] },
  call: Call,
): Promise<Category[]> {
  return deps.categories.byIds(requireUuids('ids', input.ids, BATCH_SIZE_MAX), call);
}

/**
 * The first `size` children of each parent by name, all if it is 0; an empty parent id means the top. Throws
 * INVALID_ARGUMENT.
 */
export async function listCategories(
  deps: { categories: Pick<CategoryStore, 'childrenOf'> },
  { parentIds, size }: { parentIds: readonly string[]; size: number },
  call: Call,
): Promise<{ categories: Category[]; unknownParentIds: string[] }> {
  if (parentIds.length > PARENTS_MAX) throw invalid('parentIds', `must have at most ${PARENTS_MAX} ids`);
  const parents = parentIds.map((id, index) => requireCategoryId(`parentIds[${index}]`, id));
  const sizeMax = requireWhole('size', size === 0 ? CHILDREN_MAX : size, 1, CHILDREN_MAX);
  return deps.categories.childrenOf(parents, sizeMax, call.signal);
}

/** An id that a product may have; null if `categoryId` is empty. Throws INVALID_ARGUMENT, CATEGORY_NOT_FOUND. */
export async function requireCategory(
  deps: { categories: Pick<CategoryStore, 'byIds'> },
  { categoryId }: { categoryId: string },
  call: Call,
): Promise<string | null> {
  const id = requireCategoryId('categoryId', categoryId);
  if (id === null) return null;
  // Categories are never removed: one that exists now exists when the product is written.
  if ((await deps.categories.byIds([id], call)).length === 0) throw noSuchCategory('categoryId', id);
  return id;
}
