import { requireId, requirePlace, type Cursor, type CursorList } from '#graphql/graph/cursor.ts';
import type { ArgumentPaths } from '#graphql/graph/violations.ts';
import { invalid } from '#platform/errors.ts';
import { requireAll } from '#platform/input.ts';
import { PAGE_SIZE_DEFAULT } from '#platform/limits.ts';

/** Which part of a list is wanted. An empty place is no bound. */
export interface Slice {
  readonly size: number;
  readonly after: string;
  readonly before: string;
  readonly fromEnd: boolean;
}

/** A page request of a list that is ordered by id, as the services take it. */
export interface Page {
  readonly size: number;
  readonly skip: number;
  readonly afterId: string;
  readonly beforeId: string;
  readonly fromEnd: boolean;
}

export interface ConnectionArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/**
 * Relay's four arguments, with the places that their cursors name. The services check the size, together with the other
 * arguments of the list. Throws INVALID_ARGUMENT, INVALID_CURSOR.
 */
export function toSlice(args: ConnectionArguments, list: CursorList): Slice {
  if (args.first != null && args.last != null) throw invalid('last', 'must not be given together with first');
  const places = requireAll({
    after: () => (args.after == null ? '' : requirePlace('after', args.after, list)),
    before: () => (args.before == null ? '' : requirePlace('before', args.before, list)),
  });
  return { size: args.first ?? args.last ?? PAGE_SIZE_DEFAULT, ...places, fromEnd: args.last != null };
}

/** A slice of a list that is ordered by id, as a page. Throws INVALID_CURSOR. */
export function toPage({ size, after, before, fromEnd }: Slice): Page {
  const ids = requireAll({
    afterId: () => (after === '' ? '' : requireId('after', after)),
    beforeId: () => (before === '' ? '' : requireId('before', before)),
  });
  return { size, skip: 0, ...ids, fromEnd };
}

/** The path of the size of a slice, in `page` and by itself. */
export function sizePaths({ fromEnd }: Slice): ArgumentPaths {
  const size = fromEnd ? 'last' : 'first';
  return { size, 'page.size': size };
}

/** What a service found of a slice. */
export interface Found<T> {
  readonly nodes: readonly T[];
  /** Of each node. */
  readonly places: readonly string[];
  /** Where the part of the list that was read begins and ends; undefined if nothing was read. */
  readonly start: string | undefined;
  readonly end: string | undefined;
  /** Whether the list continues in the direction in which it was read. */
  readonly hasMore: boolean;
}

/** What was found of a list that is ordered by id. */
export function foundById<T extends { readonly id: string }>(
  nodes: readonly T[],
  hasMore: boolean,
): Found<T> {
  const places = nodes.map(({ id }) => id);
  return { nodes, places, start: places.at(0), end: places.at(-1), hasMore };
}

export interface Connection<T> {
  readonly nodes: T[];
  readonly edges: { readonly cursor: Cursor; readonly node: T }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: Cursor | null;
    readonly endCursor: Cursor | null;
  };
}

/** A connection as Relay wants it. A side that was not asked about counts as having more when a cursor bounds it. */
export function toConnection<T>(list: CursorList, slice: Slice, found: Found<T>): Connection<T> {
  const { nodes, places, start, end, hasMore } = found;
  return {
    nodes: [...nodes],
    edges: nodes.map((node, index) => ({ cursor: { list, place: places[index] ?? '' }, node })),
    pageInfo: {
      hasNextPage: slice.fromEnd ? slice.before !== '' : hasMore,
      hasPreviousPage: slice.fromEnd ? hasMore : slice.after !== '',
      startCursor: start === undefined ? null : { list, place: start },
      endCursor: end === undefined ? null : { list, place: end },
    },
  };
}
