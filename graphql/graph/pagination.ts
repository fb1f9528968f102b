import { invalid } from '#platform/errors.ts';
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from '#platform/limits.ts';

type Pagination = { readonly skip: number; readonly take: number } | null | undefined;

/** The first PAGE_SIZE_DEFAULT unless said otherwise; the services check the other bounds. */
export function offsetPage(pagination: Pagination): { size: number; skip: number } {
  return { size: requireSize('take', pagination?.take ?? PAGE_SIZE_DEFAULT), skip: pagination?.skip ?? 0 };
}

/** To a service 0 means its default; a caller of the API who writes 0 has made a mistake. */
export function requireSize(field: string, size: number): number {
  if (size < 1 || size > PAGE_SIZE_MAX) throw invalid(field, `must be from 1 to ${PAGE_SIZE_MAX}`);
  return size;
}

/** The part of a short list that is at hand. */
export function part<T>(items: T[], pagination: Pagination): T[] {
  const { size, skip } = offsetPage(pagination);
  return items.slice(skip, skip + size);
}
