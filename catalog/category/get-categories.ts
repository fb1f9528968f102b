import { noSuchCategory, requireCategoryId, type Category } from '#catalog/category/category.ts';
import type { CategoryStore } from '#catalog/category/store.ts';
import type { Call } from '#platform/call.ts';
import { invalid } from '#platform/errors.ts';
import { requireUuids } from '#platform/input.ts';
import { BATCH_SIZE_MAX, PARENTS_MAX } from '#platform/limits.ts';
import { groupReadsById } from '#platform/read-by-id.ts';

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
      const parents = parentIds.map((id, index) => requireCategoryId(`parentIds[${index}]`, id));
      return deps.categories.childrenOf(parents, call.signal);
    },
    /** An id that a product may have; null stays null. Throws INVALID_ARGUMENT, CATEGORY_NOT_FOUND. */
    async requireCategory(categoryId: string, call: Call): Promise<string | null> {
      const id = requireCategoryId('categoryId', categoryId);
      if (id === null) return null;
      // None is ever removed: what is there now will be there when the product is written.
      if ((await read([id], call)).length === 0) throw noSuchCategory('categoryId', id);
      return id;
    },
  };
}

export type RequireCategory = ReturnType<typeof getCategoriesUseCase>['requireCategory'];
