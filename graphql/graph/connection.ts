import { requireId, requirePosition, type Cursor, type CursorList } from '#graphql/graph/cursor.ts';
import type { ArgumentPaths } from '#graphql/graph/violations.ts';
import { invalid } from '#platform/errors.ts';
import { requireAll } from '#platform/input.ts';
import { PAGE_SIZE_DEFAULT } from '#platform/limits.ts';

/** The requested part of a list. An empty position is no bound. */
export interface Slice {
  readonly size: number;
  readonly after: string;
  readonly before: string;
  readonly fromEnd: boolean;
}

/** A page request for a list that is ordered by id, in the form of the services. */
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
 * Converts Relay's four arguments and decodes their cursors. The services validate the size together with the other
 * arguments of the list. Throws INVALID_ARGUMENT, INVALID_CURSOR.
 */
export function toSlice(args: ConnectionArguments, list: CursorList): Slice {
  if (args.first != null && args.last != null) throw invalid('last', 'must not be given together with first');
  const positions = requireAll({
    after: () => (args.after == null ? '' : requirePosition('after', args.after, list)),
    before: () => (args.before == null ? '' : requirePosition('before', args.before, list)),
  });
  return { size: args.first ?? args.last ?? PAGE_SIZE_DEFAULT, ...positions, fromEnd: args.last != null };
}

/** Converts a slice of a list that is ordered by id to a page request. Throws INVALID_CURSOR. */
export function toPage({ size, after, before, fromEnd }: Slice): Page {
  const ids = requireAll({
    afterId: () => (after === '' ? '' : requireId('after', after)),
    beforeId: () => (before === '' ? '' : requireId('before', before)),
  });
  return { size, skip: 0, ...ids, fromEnd };
}

/** The argument path of the size of a slice, for requests with and without `page`. */
export function sizePaths({ fromEnd }: Slice): ArgumentPaths {
  const size = fromEnd ? 'last' : 'first';
  return { size, 'page.size': size };
}

/** The items of a slice that a service returned. */
export interface Found<T> {
  readonly nodes: readonly T[];
  /** The position of each node. */
  readonly positions: readonly string[];
  /** The first and the last position that was read; undefined if nothing was read. */
  readonly start: string | undefined;
  readonly end: string | undefined;
  /** Whether the list continues in the direction in which it was read. */
  readonly hasMore: boolean;
}

/** Converts items of a list that is ordered by id. */
export function foundById<T extends { readonly id: string }>(
  nodes: readonly T[],
  hasMore: boolean,
): Found<T> {
  const positions = nodes.map(({ id }) => id);
  return { nodes, positions, start: positions.at(0), end: positions.at(-1), hasMore };
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

/** Returns a Relay connection. In the direction that was not read, there are more items if a cursor was given. */
export function toConnection<T>(list: CursorList, slice: Slice, found: Found<T>): Connection<T> {
  const { nodes, positions, start, end, hasMore } = found;
  return {
    nodes: [...nodes],
    edges: nodes.map((node, index) => ({ cursor: { list, position: positions[index] ?? '' }, node })),
    pageInfo: {
      hasNextPage: slice.fromEnd ? slice.before !== '' : hasMore,
      hasPreviousPage: slice.fromEnd ? hasMore : slice.after !== '',
      startCursor: start === undefined ? null : { list, position: start },
      endCursor: end === undefined ? null : { list, position: end },
    },
  };
}
