import type { Page } from '#platform/input.ts';

/**
 * Keyset pagination over ids, newest first: the cost of a page does not depend on its depth. One row more than
 * requested is read to determine whether there are more.
 */
export interface PageOf<T> {
  readonly rows: T[];
  readonly hasMore: boolean;
}

/** The bounds of an unbounded page. Plain comparisons let a generic plan use the index; `… IS NULL OR …` would not. */
const FIRST_ID = '00000000-0000-0000-0000-000000000000';
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/**
 * The condition, order and limit of a keyset page; its values are the parameters `$first` to `$first+3`, from
 * `keysetValues`.
 */
export function keyset(direction: 'forward' | 'backward', firstParameter: number): string {
  const [after, before, limit, skip] = [0, 1, 2, 3].map((offset) => `$${firstParameter + offset}`);
  return (
    `id < coalesce(${after}::uuid, '${LAST_ID}') AND id > coalesce(${before}::uuid, '${FIRST_ID}') ` +
    `ORDER BY id ${direction === 'forward' ? 'DESC' : 'ASC'} LIMIT ${limit} OFFSET ${skip}`
  );
}

/**
 * Like `keyset` for the rows of one owner, with an index on (`owner`, id). The row comparison makes it the only usable
 * index: the one on id alone would read the rows of all owners.
 */
export function keysetOfOwner(
  direction: 'forward' | 'backward',
  firstParameter: number,
  owner: { readonly column: string; readonly value: string },
): string {
  const [after, before, limit, skip] = [0, 1, 2, 3].map((offset) => `$${firstParameter + offset}`);
  const order = direction === 'forward' ? 'DESC' : 'ASC';
  return (
    `(${owner.column}, id) < (${owner.value}, coalesce(${after}::uuid, '${LAST_ID}')) ` +
    `AND (${owner.column}, id) > (${owner.value}, coalesce(${before}::uuid, '${FIRST_ID}')) ` +
    `ORDER BY ${owner.column} ${order}, id ${order} LIMIT ${limit} OFFSET ${skip}`
  );
}

/** The four values of `keyset`. The limit is one row more than requested, for `toPage`. */
export function keysetValues(page: Page): unknown[] {
  return [page.afterId, page.beforeId, page.size + 1, page.skip];
}

/** Removes the extra row and restores the list order of a page that was read backward. */
export function toPage<T>(rows: readonly T[], page: Page): PageOf<T> {
  const kept = rows.slice(0, page.size);
  return { rows: page.fromEnd ? kept.toReversed() : kept, hasMore: rows.length > page.size };
}
