import type {
  CatalogService,
  SearchProductsRequest,
  SearchProductsResponse,
} from '#catalog/pb/catalog_pb.js';
import type { Client } from '#platform/rpc.ts';
import { testCall } from '#testkit/shop.ts';
import { CATALOGUE, TREE, TWIN } from './search-catalogue.ts';

/** A catalog on one search backend. */
export interface SearchBench {
  readonly catalog: Client<typeof CatalogService>;
  /** Resolves when what was changed so far is found. */
  settle(): Promise<void>;
  /** Known-bad twin: the product that comes first where words in a row count for nothing. */
  firstWithoutPhrases(text: string): Promise<string | undefined>;
}

/** The request's fields that matter; what is left out has proto's defaults. */
export type Ask = Partial<Omit<SearchProductsRequest, '$typeName' | 'filter'>> & {
  filter?: { priceMinMinor?: bigint; priceMaxMinor?: bigint; categoryId?: string; tags?: string[] };
};

export type Search = (request: Ask) => Promise<SearchProductsResponse>;

/** Products of one name. With the catalogue no more than a page, so that one answer has all. */
export const TWINS = 28;

/** Creates the categories and products, and one archived product. Returns the ids by name. */
export async function fillCatalogue(bench: SearchBench) {
  const ids = new Map<string, string>();
  const categoryIds = new Map<string, string>();
  for (const [name, parent] of TREE) {
    const parentId = categoryIds.get(parent) ?? '';
    const { category } = await bench.catalog.createCategory({ name, parentId }, testCall());
    categoryIds.set(name, category?.id ?? '');
  }
  const twins = Array.from(
    { length: TWINS },
    () => [TWIN, 'Has strings', 9_900, 'Music', 'strings'] as const,
  );
  for (const [name, description, price, category, tags] of [...CATALOGUE, ...twins]) {
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
