import { invalid } from '#platform/errors.ts';
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
  if (size < 1 || size > PAGE_SIZE_MAX)
    throw invalid(fromEnd ? 'last' : 'first', `must be from 1 to ${PAGE_SIZE_MAX}`);
  return { size, skip: 0, afterId: args.after ?? '', beforeId: args.before ?? '', fromEnd };
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
