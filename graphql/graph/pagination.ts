import type { ArgumentPaths } from '#graphql/graph/violations.ts';
import { requireAll, requireWhole } from '#platform/input.ts';
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, SKIP_MAX } from '#platform/limits.ts';

type Pagination = { readonly skip: number; readonly take: number } | null | undefined;

/** The paths of an offset page in `pagination`. */
export const PAGE_PATHS: ArgumentPaths = { 'page.size': 'pagination.take', 'page.skip': 'pagination.skip' };

/** The first PAGE_SIZE_DEFAULT unless said otherwise; the services check the bounds. */
export function offsetPage(pagination: Pagination): { size: number; skip: number } {
  return { size: pagination?.take ?? PAGE_SIZE_DEFAULT, skip: pagination?.skip ?? 0 };
}

/** The part of a short list that is at hand. */
export function part<T>(items: T[], pagination: Pagination): T[] {
  const page = offsetPage(pagination);
  const { size, skip } = requireAll({
    size: () => requireWhole('pagination.take', page.size, 1, PAGE_SIZE_MAX),
    skip: () => requireWhole('pagination.skip', page.skip, 0, SKIP_MAX),
  });
  return items.slice(skip, skip + size);
}
