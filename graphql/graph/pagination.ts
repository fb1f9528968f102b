import type { ArgumentPaths } from '#graphql/graph/violations.ts';
import { requireAll, requireWhole } from '#platform/input.ts';
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, SKIP_MAX } from '#platform/limits.ts';

type Pagination = { readonly skip: number; readonly take: number } | null | undefined;

/** The argument paths of an offset page. */
export const PAGE_PATHS: ArgumentPaths = { 'page.size': 'pagination.take', 'page.skip': 'pagination.skip' };

/** Returns the requested page; by default, the first PAGE_SIZE_DEFAULT items. The services validate the bounds. */
export function offsetPage(pagination: Pagination): { size: number; skip: number } {
  return { size: pagination?.take ?? PAGE_SIZE_DEFAULT, skip: pagination?.skip ?? 0 };
}

/** Returns a page of a short list in memory. Throws INVALID_ARGUMENT. */
export function pageOf<T>(items: T[], pagination: Pagination): T[] {
  const page = offsetPage(pagination);
  const { size, skip } = requireAll({
    size: () => requireWhole('pagination.take', page.size, 1, PAGE_SIZE_MAX),
    skip: () => requireWhole('pagination.skip', page.skip, 0, SKIP_MAX),
  });
  return items.slice(skip, skip + size);
}
