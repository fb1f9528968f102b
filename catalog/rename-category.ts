import { requireCategoryName, type Category } from '#catalog/category.ts';
import type { CategoryStore } from '#catalog/category-store.ts';
import { AppError } from '#platform/errors.ts';
import { requireUuid } from '#platform/input.ts';

/** Gives a category another name. Throws INVALID_ARGUMENT, NOT_FOUND. */
export async function renameCategory(
  deps: { categories: CategoryStore },
  input: { id: string; name: string },
): Promise<Category> {
  const id = requireUuid('id', input.id);
  const renamed = await deps.categories.rename(id, requireCategoryName(input.name));
  if (!renamed) throw new AppError('NOT_FOUND', `There is no category ${id}.`, { detail: { field: 'id' } });
  return renamed;
}
