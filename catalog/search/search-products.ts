import { SearchSort, type SearchProductsRequest } from '#catalog/pb/catalog_pb.js';
import { QUERY_LENGTH_MAX, requirePrice, requireTags, type Product } from '#catalog/product/product.ts';
import {
  clipToRange,
  invalidCursor,
  ORDERS,
  requireCursor,
  sortOf,
  type Cursor,
  type ProductFilter,
  type ProductQuery,
  type SearchResult,
  type Sort,
} from '#catalog/search/search-index.ts';
import type { SharedSearchIndex } from '#catalog/search/shared-search-index.ts';
import { lineOf } from '#catalog/search/text/product-text.ts';
import type { ProductStore } from '#catalog/product/store.ts';
import type { Call } from '#platform/call.ts';
import { invalid } from '#platform/errors.ts';
import {
  requireAll,
  requirePageSize,
  requireText,
  requireUuid,
  requireUuids,
  requireWhole,
} from '#platform/input.ts';
import { SKIP_MAX } from '#platform/limits.ts';

const FILTER_CATEGORIES_MAX = 20;

const SORTS: Readonly<Record<SearchSort, Sort>> = {
  [SearchSort.UNSPECIFIED]: 'relevance',
  [SearchSort.RELEVANCE]: 'relevance',
  [SearchSort.PRICE_ASC]: 'price_asc',
  [SearchSort.PRICE_DESC]: 'price_desc',
  [SearchSort.NEWEST]: 'newest',
  [SearchSort.NAME_ASC]: 'name_asc',
  [SearchSort.NAME_DESC]: 'name_desc',
};

function requireSearch(request: SearchProductsRequest): ProductQuery {
  const checked = requireAll({
    text: () => requireText('query', request.query, { min: 0, max: QUERY_LENGTH_MAX, lines: true }),
    filter: () => requireFilter(request),
    sort: () => requireSort(request.sort),
    size: () => requirePageSize('size', request.size),
    skip: () => requireWhole('skip', request.skip, 0, SKIP_MAX),
    after: () => requireCursorIn(request, 'after'),
    before: () => requireCursorIn(request, 'before'),
  });
  const { text, filter, sort, size, skip, after, before } = checked;
  const backward = request.fromEnd;
  if (sortOf(text, sort) === 'relevance' && (backward || before))
    throw invalid(before ? 'before' : 'fromEnd', 'is not supported in the order of relevance');
  if (skip > 0 && (after || before || backward))
    throw invalid('skip', 'must be 0 together with after, before or fromEnd');
  return {
    text,
    filter,
    sort,
    size,
    skip,
    backward,
    after: backward ? before : after,
    until: backward ? after : before,
    include: {
      hits: !request.withoutProducts,
      total: request.withTotal,
      facets: request.withFacets,
      didYouMean: request.withDidYouMean,
    },
  };
}

function requireSort(value: SearchSort): Sort {
  const sort = SORTS[value];
  if (sort === undefined) throw invalid('sort', 'must be a value of SearchSort');
  return sort;
}

function requireCursorIn(request: SearchProductsRequest, field: 'after' | 'before'): Cursor | null {
  const { [field]: cursor, query, sort } = request;
  return cursor === '' ? null : requireCursor(field, cursor, sortOf(query.trim(), SORTS[sort]));
}

function requireFilter({ id, filter }: SearchProductsRequest): ProductFilter {
  const { priceMinMinor, priceMaxMinor, categoryId = '', categoryIds = [], tags = [] } = filter ?? {};
  return requireAll({
    id: () => (id === '' ? null : requireUuid('id', id)),
    priceMin: () => (priceMinMinor === undefined ? null : requirePrice(priceMinMinor, 'filter.priceMin')),
    priceMax: () => requirePriceMax(priceMaxMinor, priceMinMinor),
    categoryIds: () => requireCategories(categoryId, categoryIds),
    tags: () => requireTags('filter.tags', tags).toSorted(),
  });
}

/** Sorted, so that equal filters are equal searches. */
function requireCategories(id: string, ids: readonly string[]): string[] {
  if (id === '') return requireUuids('filter.categoryIds', ids, FILTER_CATEGORIES_MAX).toSorted();
  if (ids.length > 0) throw invalid('filter.categoryIds', 'must not be given together with categoryId');
  return [requireUuid('filter.categoryId', id)];
}

function requirePriceMax(priceMax: bigint | undefined, priceMin: bigint | undefined): bigint | null {
  if (priceMax === undefined) return null;
  const price = requirePrice(priceMax, 'filter.priceMax');
  if (priceMin !== undefined && priceMin > price)
    throw invalid('filter.priceMax', 'must not be below priceMin');
  return price;
}

export interface ProductHit {
  readonly product: Product;
  readonly hit: SearchResult['hits'][number];
}

/**
 * Returns the matching products on sale in the requested order. Reads them from the tables, since the index can lag
 * behind. Throws INVALID_ARGUMENT, INVALID_CURSOR.
 */
export async function searchProducts(
  deps: { store: Pick<ProductStore, 'byIds'>; index: Pick<SharedSearchIndex, 'search'> },
  input: SearchProductsRequest,
  call: Call,
): Promise<SearchResult & { products: readonly ProductHit[] }> {
  const query = await withLines(deps.store, requireSearch(input), call);
  const found = clipToRange(query, await deps.index.search(query, call));
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

/**
 * Completes the cursors of a list in the order of names: they continue at the name that their product has now. Throws
 * INVALID_CURSOR.
 */
async function withLines(
  store: Pick<ProductStore, 'byIds'>,
  query: ProductQuery,
  call: Call,
): Promise<ProductQuery> {
  const { after, until, backward } = query;
  if (ORDERS[query.sort].key !== 'line' || !(after || until)) return query;
  const ids = [after, until].flatMap((cursor) => (cursor ? [cursor.id] : []));
  const names = new Map((await store.byIds(ids, call)).map(({ id, name }) => [id, name]));
  const complete = (field: string, cursor: Cursor | null): Cursor | null => {
    if (!cursor) return null;
    const name = names.get(cursor.id);
    if (name === undefined) throw invalidCursor(field);
    return { ...cursor, key: lineOf(name) };
  };
  return {
    ...query,
    ...requireAll({
      after: () => complete(backward ? 'before' : 'after', after),
      until: () => complete(backward ? 'after' : 'before', until),
    }),
  };
}

/** Returns the products that are on sale, by id. */
export async function onSale(
  store: Pick<ProductStore, 'byIds'>,
  ids: readonly string[],
  call: Call,
): Promise<Map<string, Product>> {
  if (ids.length === 0) return new Map();
  const products = await store.byIds(ids, call);
  return new Map(products.filter((product) => !product.archivedAt).map((product) => [product.id, product]));
}
