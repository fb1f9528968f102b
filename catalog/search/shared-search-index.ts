import type { ProductQuery, SearchIndex, SearchResult } from '#catalog/search/search-index.ts';
import type { Call } from '#platform/call.ts';
import { sharePublicReads } from '#platform/group.ts';

export interface Prefix {
  readonly prefix: string;
  readonly size: number;
}

/** An index in which concurrent equal searches share one request. */
export interface SharedSearchIndex {
  search(query: ProductQuery, call: Call): Promise<SearchResult>;
  suggest(prefix: Prefix, call: Call): Promise<string[]>;
}

export function shareSearchIndex(index: SearchIndex): SharedSearchIndex {
  return {
    search: sharePublicReads(queryKey, (query, { signal }) => index.search(query, signal)),
    suggest: sharePublicReads(prefixKey, ({ prefix, size }, { signal }) =>
      index.suggest(prefix, size, signal),
    ),
  };
}

function queryKey(query: ProductQuery): string {
  return JSON.stringify(query, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

function prefixKey({ prefix, size }: Prefix): string {
  return `${size} ${prefix}`;
}
