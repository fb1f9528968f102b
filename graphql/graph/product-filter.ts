import { SearchSort, type Product, type SearchProductsResponse } from '#catalog/pb/catalog_pb.js';
import type { Found } from '#graphql/graph/connection.ts';

/** The enum ProductSort of the schema. */
export type ProductSort = Exclude<keyof typeof SearchSort, 'UNSPECIFIED'>;

/** The input ProductFilterInput of the schema, with prices in minor units. */
export type ProductFilter =
  | {
      readonly priceMin?: number | null;
      readonly priceMax?: number | null;
      readonly categoryId?: string | null;
      readonly tags?: readonly string[] | null;
    }
  | null
  | undefined;

/** Converts a filter and a sort order to the request of the catalog. */
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
