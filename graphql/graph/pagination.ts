import type { ArgumentPaths } from '#graphql/graph/violations.ts';
import { PAGE_SIZE_MAX, requireAll, requireWhole, SKIP_MAX } from '#platform/input.ts';

type Pagination = { readonly skip: number; readonly take: number } | null | undefined;

/** The paths of an offset page in `pagination`. */
export const PAGE_PATHS: ArgumentPaths = { 'page.size': 'pagination.take', 'page.skip': 'pagination.skip' };

/** The first 20 unless said otherwise; the services check the bounds. */
export function offsetPage(pagination: Pagination): { size: number; skip: number } {
  return { size: pagination?.take ?? 20, skip: pagination?.skip ?? 0 };
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
