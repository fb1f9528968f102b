import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Category } from '#catalog/category/category.ts';
import { createCategory } from '#catalog/category/create-category.ts';
import { getCategories, listCategories } from '#catalog/category/get-categories.ts';
import { renameCategory } from '#catalog/category/rename-category.ts';
import type { CategoryStore } from '#catalog/category/store.ts';
import {
  CategorySchema,
  FacetsSchema,
  ProductSchema,
  SearchMatch,
  SearchProductsResponseSchema,
  CatalogService,
  type Category as CategoryMessage,
  type Facets as FacetsMessage,
  type Product as ProductMessage,
  type SearchProductsResponse,
} from '#catalog/pb/catalog_pb.js';
import { archiveProduct } from '#catalog/product/archive-product.ts';
import { createProduct } from '#catalog/product/create-product.ts';
import { getProduct, getProducts } from '#catalog/product/get-products.ts';
import { listProducts } from '#catalog/product/list-products.ts';
import type { Product } from '#catalog/product/product.ts';
import type { ProductStore } from '#catalog/product/store.ts';
import { updateProduct } from '#catalog/product/update-product.ts';
import { listBestSellers } from '#catalog/sales/list-best-sellers.ts';
import type { SalesStore } from '#catalog/sales/store.ts';
import {
  encodeCursor,
  PRICE_STEPS,
  type Facets,
  type Matched,
  type SearchResult,
} from '#catalog/search/search-index.ts';
import { searchProducts, type ProductHit } from '#catalog/search/search-products.ts';
import type { SharedSearchIndex } from '#catalog/search/shared-search-index.ts';
import { suggestProducts } from '#catalog/search/suggest-products.ts';
import type { Clock } from '#platform/clock.ts';
import type { Currency } from '#platform/currency.ts';
import { claiming, type Idempotency } from '#platform/idempotency/once.ts';
import type { Handlers } from '#platform/rpc.ts';

/** Maps requests to use cases, and their results to responses. */
export function catalogHandlers(deps: {
  store: ProductStore;
  categories: CategoryStore;
  index: SharedSearchIndex;
  sales: SalesStore;
  idempotency: Idempotency;
  clock: Clock;
  currency: Currency;
}): Handlers<typeof CatalogService> {
  return {
    createProduct: (request, call) =>
      deps.idempotency.once(CatalogService.method.createProduct, request, call, {
        work: (claim) => createProduct({ ...deps, store: claiming(deps.store.insert, claim) }, request, call),
        toResponse: (product: Product) => ({ product: toMessage(product) }),
      }),
    getProduct: async (request, call) => ({ product: toMessage(await getProduct(deps, request, call)) }),
    batchGetProducts: async (request, call) => ({
      products: (await getProducts(deps, request, call)).map(toMessage),
    }),
    listProducts: async (request, call) => {
      const { rows, hasMore } = await listProducts(deps, request, call);
      return { products: rows.map(toMessage), hasMore };
    },
    searchProducts: async (request, call) => toFound(await searchProducts(deps, request, call)),
    suggestProducts: async (request, call) => ({
      products: (await suggestProducts(deps, request, call)).map(toMessage),
    }),
    listBestSellers: async (request, call) => ({
      products: (await listBestSellers(deps, request, call)).map(toMessage),
    }),
    updateProduct: async (request, call) => ({
      product: toMessage(await updateProduct(deps, request, call)),
    }),
    archiveProduct: async (request, call) => ({
      product: toMessage(await archiveProduct(deps, request, call)),
    }),
    createCategory: (request, call) =>
      deps.idempotency.once(CatalogService.method.createCategory, request, call, {
        work: (claim) => createCategory(deps, request, call, claim),
        toResponse: (category: Category) => ({ category: toCategory(category) }),
      }),
    renameCategory: async (request, call) => ({
      category: toCategory(await renameCategory(deps, request, call)),
    }),
    batchGetCategories: async (request, call) => ({
      categories: (await getCategories(deps, request, call)).map(toCategory),
    }),
    listCategories: async (request, call) => {
      const { categories, unknownParentIds } = await listCategories(deps, request, call);
      return { categories: categories.map(toCategory), unknownParentIds };
    },
    getCurrency: async () => ({ currency: deps.currency }),
  };
}

function toMessage(product: Product): ProductMessage {
  const { id, name, description, priceMinor, version, categoryId, tags } = product;
  return create(ProductSchema, {
    id,
    name,
    description,
    priceMinor,
    version,
    categoryId: categoryId ?? '',
    tags: [...tags],
    createdAt: timestampFromDate(product.createdAt),
    ...(product.archivedAt && { archivedAt: timestampFromDate(product.archivedAt) }),
  });
}

function toCategory({ id, name, path, createdAt, version }: Category): CategoryMessage {
  return create(CategorySchema, {
    id,
    name,
    version,
    ancestorIds: path.slice(0, -1),
    createdAt: timestampFromDate(createdAt),
  });
}

const MATCHES: Readonly<Record<Matched, SearchMatch>> = {
  all: SearchMatch.ALL_WORDS,
  corrected: SearchMatch.CORRECTED,
  most: SearchMatch.MOST_WORDS,
};

function toFound(found: SearchResult & { products: readonly ProductHit[] }): SearchProductsResponse {
  const { products, hits, hasMore, total, facets, matched, didYouMean } = found;
  const [first] = hits;
  const last = hits.at(-1);
  return create(SearchProductsResponseSchema, {
    products: products.map(({ product }) => toMessage(product)),
    cursors: products.map(({ hit }) => encodeCursor(hit.cursor)),
    hasMore,
    startCursor: first ? encodeCursor(first.cursor) : '',
    endCursor: last ? encodeCursor(last.cursor) : '',
    total: total ?? 0,
    matched: MATCHES[matched],
    didYouMean: didYouMean ?? '',
    ...(facets && { facets: toFacets(facets) }),
  });
}

function toFacets({ prices, categories, tags }: Facets): FacetsMessage {
  return create(FacetsSchema, {
    prices: prices.map(({ bucket, count }) => {
      const to = PRICE_STEPS[bucket + 1];
      return {
        count,
        fromMinor: BigInt(PRICE_STEPS[bucket] ?? 0),
        ...(to !== undefined && { toMinor: BigInt(to) }),
      };
    }),
    categories: categories.map(({ id, count }) => ({ categoryId: id, count })),
    tags: [...tags],
  });
}
