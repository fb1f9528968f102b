import type { SearchProductsRequest } from '#catalog/pb/catalog_pb.js';
import { QUERY_LENGTH_MAX, type Product } from '#catalog/product.ts';
import { parseSearch } from '#catalog/search/search-terms.ts';
import type { CatalogStore } from '#catalog/store.ts';
import { PAGE_SIZE_MAX, requireText, requireUuid, requireWhole, SKIP_MAX } from '#platform/input.ts';

export interface Search {
  readonly query: string;
  readonly size: number;
  readonly skip: number;
  readonly id: string | null;
}

/** Throws INVALID_ARGUMENT. */
export function requireSearch(request: SearchProductsRequest): Search {
  return {
    query: requireText('query', request.query, { min: 0, max: QUERY_LENGTH_MAX, lines: true }),
    size: requireWhole('size', request.size, 1, PAGE_SIZE_MAX),
    skip: requireWhole('skip', request.skip, 0, SKIP_MAX),
    id: request.id === '' ? null : requireUuid('id', request.id),
  };
}

/** Equal for equal searches: callers that search for the same share one read. */
export function searchKey(search: Search): string {
  return `${search.size} ${search.skip} ${search.id} ${search.query}`;
}

/** Products on sale that match, best first. A query without a letter or digit matches nothing. */
export async function searchProducts(
  deps: { store: CatalogStore },
  search: Search,
  signal: AbortSignal,
): Promise<Product[]> {
  const terms = parseSearch(search.query);
  return terms ? deps.store.search(terms, search, signal) : [];
}
