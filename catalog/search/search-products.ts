import { SearchSort, type SearchProductsRequest } from '#catalog/pb/catalog_pb.js';
import { QUERY_LENGTH_MAX, requirePrice, requireTags, type Product } from '#catalog/product/product.ts';
import {
  requirePlace,
  sortOf,
  type Found,
  type ProductFilter,
  type ProductQuery,
  type Sort,
} from '#catalog/search/search-index.ts';
import type { SharedSearchIndex } from '#catalog/search/shared-search-index.ts';
import type { ProductStore } from '#catalog/product/store.ts';
import type { Call } from '#platform/call.ts';
import { invalid } from '#platform/errors.ts';
import { requirePageSize, requireText, requireUuid, requireWhole, SKIP_MAX } from '#platform/input.ts';

const SORTS: Readonly<Record<SearchSort, Sort>> = {
  [SearchSort.UNSPECIFIED]: 'relevance',
  [SearchSort.RELEVANCE]: 'relevance',
  [SearchSort.PRICE_ASC]: 'price_asc',
  [SearchSort.PRICE_DESC]: 'price_desc',
  [SearchSort.NEWEST]: 'newest',
};

function requireSearch(request: SearchProductsRequest): ProductQuery {
  const text = requireText('query', request.query, { min: 0, max: QUERY_LENGTH_MAX, lines: true });
  const sort = SORTS[request.sort];
  if (sort === undefined) throw invalid('sort', 'must be one of the sorts');
  const after = request.after === '' ? null : requirePlace(request.after, sortOf(text, sort));
  const skip = requireWhole('skip', request.skip, 0, SKIP_MAX);
  if (skip > 0 && after) throw invalid('skip', 'must be 0 together with after');
  return {
    text,
    filter: requireFilter(request),
    sort,
    size: requirePageSize('size', request.size),
    skip,
    after,
    wants: {
      hits: !request.withoutProducts,
      total: request.withTotal,
      facets: request.withFacets,
      didYouMean: request.withDidYouMean,
    },
  };
}

function requireFilter({ id, filter }: SearchProductsRequest): ProductFilter {
  const { priceMinMinor, priceMaxMinor, categoryId = '', tags = [] } = filter ?? {};
  const priceMin = priceMinMinor === undefined ? null : requirePrice(priceMinMinor, 'filter.priceMin');
  const priceMax = priceMaxMinor === undefined ? null : requirePrice(priceMaxMinor, 'filter.priceMax');
  if (priceMin !== null && priceMax !== null && priceMin > priceMax)
    throw invalid('filter.priceMax', 'must not be below filter.priceMin');
  return {
    id: id === '' ? null : requireUuid('id', id),
    priceMin,
    priceMax,
    categoryId: categoryId === '' ? null : requireUuid('filter.categoryId', categoryId),
    tags: requireTags('filter.tags', tags).toSorted(),
  };
}

export interface FoundProduct {
  readonly product: Product;
  readonly hit: Found['hits'][number];
}

/**
 * Products on sale that match, in the order asked for. The index may be behind; the products it names are read from
 * the tables. Throws INVALID_ARGUMENT.
 */
export async function searchProducts(
  deps: { store: Pick<ProductStore, 'byIds'>; index: Pick<SharedSearchIndex, 'search'> },
  input: SearchProductsRequest,
  call: Call,
): Promise<Found & { products: readonly FoundProduct[] }> {
  const found = await deps.index.search(requireSearch(input), call);
  const products = await onSale(
    deps.store,
    found.hits.map((hit) => hit.id),
    call,
  );
  return {
    ...found,
    products: found.hits.flatMap((hit) => {
      const product = products.get(hit.id);
      return product ? [{ product, hit }] : [];
    }),
  };
}

/** The products among them that are on sale, by id. */
export async function onSale(
  store: Pick<ProductStore, 'byIds'>,
  ids: readonly string[],
  call: Call,
): Promise<Map<string, Product>> {
  if (ids.length === 0) return new Map();
  const products = await store.byIds(ids, call);
  return new Map(products.filter((product) => !product.archivedAt).map((product) => [product.id, product]));
}
