import type {
  CatalogService,
  SearchProductsRequest,
  SearchProductsResponse,
} from '#catalog/pb/catalog_pb.js';
import type { Client } from '#platform/rpc.ts';
import { testCall } from '#testkit/shop.ts';
import { PRODUCTS, CATEGORIES, REPEATED_NAME } from './search-fixtures.ts';

/** A catalog with one search backend. */
export interface SearchBench {
  readonly catalog: Client<typeof CatalogService>;
  /** Waits until all changes are searchable. */
  settle(): Promise<void>;
  /** Removes all products and categories, and all that searches know of them. */
  clear(): Promise<void>;
  /** Known-bad twin: returns the first product of a search without the phrase rank. */
  firstWithoutPhrases(text: string): Promise<string | undefined>;
}

/** A request; omitted fields have their proto defaults. */
export type SearchInput = Partial<Omit<SearchProductsRequest, '$typeName' | 'filter'>> & {
  filter?: {
    priceMinMinor?: bigint;
    priceMaxMinor?: bigint;
    categoryId?: string;
    categoryIds?: string[];
    tags?: string[];
  };
};

export type Search = (request: SearchInput) => Promise<SearchProductsResponse>;

/** Few enough that all products fit on one page. */
export const REPEATED_COUNT = 28;

/** Creates the categories and products, and one archived product. Returns the ids by name. */
export async function createProducts(bench: SearchBench) {
  const ids = new Map<string, string>();
  const categoryIds = new Map<string, string>();
  for (const [name, parent] of CATEGORIES) {
    const parentId = categoryIds.get(parent) ?? '';
    const { category } = await bench.catalog.createCategory({ name, parentId }, testCall());
    categoryIds.set(name, category?.id ?? '');
  }
  const repeated = Array.from(
    { length: REPEATED_COUNT },
    () => [REPEATED_NAME, 'Has strings', 9_900, 'Music', 'strings'] as const,
  );
  for (const [name, description, price, category, tags] of [...PRODUCTS, ...repeated]) {
    const input = {
      name,
      description,
      priceMinor: BigInt(price),
      categoryId: categoryIds.get(category) ?? '',
      tags: tags === '' ? [] : tags.split(','),
    };
    const { product } = await bench.catalog.createProduct(input, testCall());
    ids.set(name, product?.id ?? '');
  }
  const gone = await bench.catalog.createProduct({ name: 'Phone Booth', tags: ['led'] }, testCall());
  await bench.catalog.archiveProduct({ id: gone.product?.id ?? '' }, testCall());
  await bench.settle();
  return { ids, categoryIds };
}
