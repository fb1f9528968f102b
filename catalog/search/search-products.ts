import { SearchSort, type SearchProductsRequest } from '#catalog/pb/catalog_pb.js';
import { QUERY_LENGTH_MAX, requirePrice, requireTags, type Product } from '#catalog/product/product.ts';
import {
  requirePlace,
  sortOf,
  within,
  type Found,
  type ProductFilter,
  type ProductQuery,
  type SearchIndex,
  type Sort,
} from '#catalog/search/search-index.ts';
import type { ProductStore } from '#catalog/product/store.ts';
import { invalid } from '#platform/errors.ts';
import { requirePageSize, requireText, requireUuid, requireWhole, SKIP_MAX } from '#platform/input.ts';

const SORTS: Readonly<Record<SearchSort, Sort>> = {
  [SearchSort.UNSPECIFIED]: 'relevance',
  [SearchSort.RELEVANCE]: 'relevance',
  [SearchSort.PRICE_ASC]: 'price_asc',
  [SearchSort.PRICE_DESC]: 'price_desc',
  [SearchSort.NEWEST]: 'newest',
};

/** Throws INVALID_ARGUMENT, INVALID_CURSOR. */
export function requireSearch(request: SearchProductsRequest): ProductQuery {
  const text = requireText('query', request.query, { min: 0, max: QUERY_LENGTH_MAX, lines: true });
  const sort = SORTS[request.sort];
  if (sort === undefined) throw invalid('sort', 'must be one of the sorts');
  const order = sortOf(text, sort);
  const after = request.after === '' ? null : requirePlace('after', request.after, order);
  const before = request.before === '' ? null : requirePlace('before', request.before, order);
  const backward = request.fromEnd;
  if (order === 'relevance' && (backward || before))
    throw invalid(before ? 'before' : 'fromEnd', 'is not supported in the order of relevance');
  const skip = requireWhole('skip', request.skip, 0, SKIP_MAX);
  if (skip > 0 && (after || before || backward))
    throw invalid('skip', 'must be 0 together with after, before or fromEnd');
  return {
    text,
    filter: requireFilter(request),
    sort,
    size: requirePageSize('size', request.size),
    skip,
    backward,
    after: backward ? before : after,
    until: backward ? after : before,
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

/** Equal for equal searches: callers that search for the same share one read. */
export function searchKey(query: ProductQuery): string {
  return JSON.stringify(query, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

export interface FoundProduct {
  readonly product: Product;
  readonly hit: Found['hits'][number];
}

/** Products on sale that match, in the order asked for. The index may be behind; what it names is read anew. */
export async function searchProducts(
  deps: { store: ProductStore; index: SearchIndex },
  query: ProductQuery,
  signal: AbortSignal,
): Promise<Found & { products: readonly FoundProduct[] }> {
  const found = within(query, await deps.index.search(query, signal));
  const products = await onSale(
    deps.store,
    found.hits.map((hit) => hit.id),
    signal,
  );
  return {
    ...found,
    products: found.hits.flatMap((hit) => {
      const product = products.get(hit.id);
      return product ? [{ product, hit }] : [];
    }),
  };
}

const PREFIX_LENGTH_MAX = 100;
const SUGGESTIONS_MAX = 20;

export interface Prefix {
  readonly prefix: string;
  readonly size: number;
}

/** Throws INVALID_ARGUMENT. */
export function requirePrefix(request: Prefix): Prefix {
  return {
    prefix: requireText('prefix', request.prefix, { min: 0, max: PREFIX_LENGTH_MAX }),
    size: requirePageSize('size', request.size, SUGGESTIONS_MAX),
  };
}

/** Products on sale with a word in the name that goes on like this; of products with the same name the first. */
export async function suggestProducts(
  deps: { store: ProductStore; index: SearchIndex },
  { prefix, size }: Prefix,
  signal: AbortSignal,
): Promise<Product[]> {
  // Room for some of the same name.
  const ids = await deps.index.suggest(prefix, 2 * size, signal);
  const products = await onSale(deps.store, ids, signal);
  const byName = new Map<string, Product>();
  for (const id of ids) {
    const product = products.get(id);
    if (product && !byName.has(product.name)) byName.set(product.name, product);
  }
  return [...byName.values()].slice(0, size);
}

async function onSale(
  store: ProductStore,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, Product>> {
  if (ids.length === 0) return new Map();
  const products = await store.byIds(ids, signal);
  return new Map(products.filter((product) => !product.archivedAt).map((product) => [product.id, product]));
}
