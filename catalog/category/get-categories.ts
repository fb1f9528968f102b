import {
  BATCH_SIZE_MAX,
  noSuchCategory,
  requireCategoryId,
  type Category,
} from '#catalog/category/category.ts';
import type { CategoryStore } from '#catalog/category/store.ts';
import type { Call } from '#platform/call.ts';
import { invalid } from '#platform/errors.ts';
import { requireEach, requireUuids } from '#platform/input.ts';
import { groupReadsById } from '#platform/read-by-id.ts';

/** How many parents one call may ask the children of. */
const PARENTS_MAX = 100;

/** Categories by id and by parent; concurrent callers by id share a statement. */
export function getCategoriesUseCase(deps: { categories: CategoryStore }) {
  const read = groupReadsById(deps.categories.byIds);
  return {
    /** Those that exist. Throws INVALID_ARGUMENT. */
    async getCategories(ids: readonly string[], call: Call): Promise<Category[]> {
      return read(requireUuids('ids', ids, BATCH_SIZE_MAX), call);
    },
    /** The children of each parent, an empty id for the top, by name. Throws INVALID_ARGUMENT. */
    async listCategories(parentIds: readonly string[], call: Call): Promise<Category[]> {
      if (parentIds.length > PARENTS_MAX) throw invalid('parentIds', `must have at most ${PARENTS_MAX} ids`);
      const parents = requireEach(parentIds, (id, index) => requireCategoryId(`parentIds[${index}]`, id));
      return deps.categories.childrenOf(parents, call.signal);
    },
    /** Throws CATEGORY_NOT_FOUND on `categoryId` unless there is such a category; null is no category. */
    async requireCategory(id: string | null, call: Call): Promise<void> {
      if (id === null) return;
      // None is ever removed: what is there now will be there when the product is written.
      if ((await read([id], call)).length === 0) throw noSuchCategory('categoryId', id);
    },
  };
}

export type RequireCategory = ReturnType<typeof getCategoriesUseCase>['requireCategory'];
