import { invalid } from '#platform/errors.ts';
import { isId } from '#graphql/graph/scalars.ts';
import { requireAll, requireWhole } from '#platform/input.ts';
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from '#platform/limits.ts';

/** A page request as the services take it. */
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

/** Relay's four arguments as one page request. Throws INVALID_ARGUMENT. */
export function toPage(args: ConnectionArguments): Page {
  if (args.first != null && args.last != null) throw invalid('last', 'must not be given together with first');
  const fromEnd = args.last != null;
  const size = args.first ?? args.last ?? PAGE_SIZE_DEFAULT;
  const checked = requireAll({
    size: () => requireWhole(fromEnd ? 'last' : 'first', size, 1, PAGE_SIZE_MAX),
    afterId: () => requireId('after', args.after),
    beforeId: () => requireId('before', args.before),
  });
  return { ...checked, skip: 0, fromEnd };
}

/** The id in a cursor: one of a search holds another place. */
function requireId(field: string, place: string | null | undefined): string {
  if (place == null) return '';
  if (!isId(place)) throw invalid(field, 'must be one that this list gave');
  return place;
}

/** A connection as Relay wants it. A side that was not asked about counts as having more when a cursor bounds it. */
export function toConnection<T extends { readonly id: string }>(
  nodes: readonly T[],
  hasMore: boolean,
  page: Page,
) {
  return {
    nodes: [...nodes],
    edges: nodes.map((node) => ({ cursor: node.id, node })),
    pageInfo: {
      hasNextPage: page.fromEnd ? page.beforeId !== '' : hasMore,
      hasPreviousPage: page.fromEnd ? hasMore : page.afterId !== '',
      startCursor: nodes.at(0)?.id ?? null,
      endCursor: nodes.at(-1)?.id ?? null,
    },
  };
}
