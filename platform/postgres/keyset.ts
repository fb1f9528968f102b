import type { Page } from '#platform/input.ts';

/**
 * Keyset paging over ids, newest first: the cost of a page does not grow with its depth. One row more than asked for
 * is fetched, which tells whether the list goes on.
 */
export interface PageOf<T> {
  readonly rows: T[];
  readonly hasMore: boolean;
}

/** Where no bound is given. As plain comparisons also a generic plan uses the index; `… IS NULL OR …` would not. */
const FIRST_ID = '00000000-0000-0000-0000-000000000000';
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** The condition, order and limit of a keyset page; `$first` to `$first+3` are its values from `keysetValues`. */
export function keyset(direction: 'forward' | 'backward', firstParameter: number, column = 'id'): string {
  const [after, before, limit, skip] = [0, 1, 2, 3].map((offset) => `$${firstParameter + offset}`);
  return (
    `${column} < coalesce(${after}::uuid, '${LAST_ID}') AND ${column} > coalesce(${before}::uuid, '${FIRST_ID}') ` +
    `ORDER BY ${column} ${direction === 'forward' ? 'DESC' : 'ASC'} LIMIT ${limit} OFFSET ${skip}`
  );
}

/**
 * The same for the rows of one owner, by an index on (`owner`, id). The comparison of rows leaves no other index to choose:
 * the one on id alone would read the rows of all owners.
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

/** The four values of a page's `keyset`: one row more than asked for, so that `toPage` sees whether the list goes on. */
export function keysetValues(page: Page): unknown[] {
  return [page.afterId, page.beforeId, page.size + 1, page.skip];
}

/** Cuts the extra row off and puts a page that was read backward into the list's order. */
export function toPage<T>(rows: readonly T[], page: Page): PageOf<T> {
  const kept = rows.slice(0, page.size);
  return { rows: page.fromEnd ? kept.toReversed() : kept, hasMore: rows.length > page.size };
}
