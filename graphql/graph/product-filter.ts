import { SearchSort, type Product, type SearchProductsResponse } from '#catalog/pb/catalog_pb.js';
import type { Found } from '#graphql/graph/connection.ts';
import { invalid } from '#platform/errors.ts';

/** The enum ProductSort of the schema. */
export type ProductSort = Exclude<keyof typeof SearchSort, 'UNSPECIFIED'>;

/** The input ProductFilterInput of the schema, with prices in minor units. */
export type ProductFilter =
  | {
      readonly priceMin?: number | null;
      readonly priceMax?: number | null;
      readonly categoryId?: string | null;
      readonly categoryIds?: readonly string[] | null;
      readonly tags?: readonly string[] | null;
    }
  | null
  | undefined;

/** Converts a filter and a sort order to the request of the catalog. Throws INVALID_ARGUMENT. */
export function toFilterRequest(filter: ProductFilter, sort: ProductSort) {
  // The catalog treats an empty list as no condition.
  if (filter?.categoryIds?.length === 0) throw invalid('filter.categoryIds', 'must have 1 to 20 ids');
  return {
    sort: SearchSort[sort],
    filter: {
      ...(filter?.priceMin != null && { priceMinMinor: BigInt(filter.priceMin) }),
      ...(filter?.priceMax != null && { priceMaxMinor: BigInt(filter.priceMax) }),
      categoryId: filter?.categoryId ?? '',
      categoryIds: [...(filter?.categoryIds ?? [])],
      tags: [...(filter?.tags ?? [])],
    },
  };
}

/** Returns the actual sort order: without a query, all products are equally relevant and the newest come first. */
export function effectiveSort(sort: ProductSort, query: string): ProductSort {
  return sort === 'RELEVANCE' && query === '' ? 'NEWEST' : sort;
}

/** Converts a search response of the catalog for a connection. */
export function foundProducts(answer: SearchProductsResponse): Found<Product> {
  const { products, cursors, startCursor, endCursor, hasMore } = answer;
  return {
    nodes: products,
    positions: cursors,
    start: startCursor === '' ? undefined : startCursor,
    end: endCursor === '' ? undefined : endCursor,
    hasMore,
  };
}
