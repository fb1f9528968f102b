import { SearchSort, type Product, type SearchProductsResponse } from '#catalog/pb/catalog_pb.js';
import type { Found } from '#graphql/graph/connection.ts';

/** ProductSort of the schema. */
export type ProductSort = Exclude<keyof typeof SearchSort, 'UNSPECIFIED'>;

/** ProductFilterInput of the schema; prices in minor units. */
export type ProductFilter =
  | {
      readonly priceMin?: number | null;
      readonly priceMax?: number | null;
      readonly categoryId?: string | null;
      readonly tags?: readonly string[] | null;
    }
  | null
  | undefined;

/** A filter and an order as the catalog takes them. */
export function toFilterRequest(filter: ProductFilter, sort: ProductSort) {
  return {
    sort: SearchSort[sort],
    filter: {
      ...(filter?.priceMin != null && { priceMinMinor: BigInt(filter.priceMin) }),
      ...(filter?.priceMax != null && { priceMaxMinor: BigInt(filter.priceMax) }),
      categoryId: filter?.categoryId ?? '',
      tags: [...(filter?.tags ?? [])],
    },
  };
}

/** The order that a list really has: without a query nothing is more relevant than anything else. */
export function effectiveSort(sort: ProductSort, query: string): ProductSort {
  return sort === 'RELEVANCE' && query === '' ? 'NEWEST' : sort;
}

/** What the catalog found, for a connection. */
export function foundProducts(answer: SearchProductsResponse): Found<Product> {
  const { products, cursors, startCursor, endCursor, hasMore } = answer;
  return {
    nodes: products,
    places: cursors,
    start: startCursor === '' ? undefined : startCursor,
    end: endCursor === '' ? undefined : endCursor,
    hasMore,
  };
}
