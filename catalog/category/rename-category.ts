import { nameTaken, requireCategoryName, type Category } from '#catalog/category/category.ts';
import type { CategoryStore } from '#catalog/category/store.ts';
import { categoryEvent } from '#catalog/events.ts';
import type { Call } from '#platform/call.ts';
import type { Clock } from '#platform/clock.ts';
import { refused } from '#platform/errors.ts';
import { requireAll, requireUuid } from '#platform/input.ts';

/** Renames a category. Throws INVALID_ARGUMENT, NOT_FOUND, CATEGORY_NAME_TAKEN. */
export async function renameCategory(
  deps: { categories: Pick<CategoryStore, 'rename'>; clock: Clock },
  input: { id: string; name: string },
  call: Call,
): Promise<Category> {
  const { id, name } = requireAll({
    id: () => requireUuid('id', input.id),
    name: () => requireCategoryName(input.name),
  });
  const at = new Date(deps.clock.now());
  const eventId = deps.clock.newId();
  const renamed = await deps.categories.rename(id, name, (category) =>
    categoryEvent(eventId, 'category_renamed', category, at, call),
  );
  if (renamed === 'name-taken') throw nameTaken(name);
  if (!renamed) throw refused('NOT_FOUND', 'id', `There is no category ${id}.`);
  return renamed;
}
