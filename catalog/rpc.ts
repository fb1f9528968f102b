import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { archiveProduct } from '#catalog/product/archive-product.ts';
import { bestSellers } from '#catalog/sales/best-sellers.ts';
import type { Category } from '#catalog/category/category.ts';
import type { CategoryStore } from '#catalog/category/store.ts';
import { createCategory } from '#catalog/category/create-category.ts';
import { createProductUseCase } from '#catalog/product/create-product.ts';
import { getCategoriesUseCase } from '#catalog/category/get-categories.ts';
import { getProductsUseCase } from '#catalog/product/get-products.ts';
import {
  CategorySchema,
  FacetsSchema,
  ListBestSellersResponseSchema,
  ListProductsResponseSchema,
  ProductSchema,
  SearchProductsResponseSchema,
  SuggestProductsResponseSchema,
  type CatalogService,
  type Category as CategoryMessage,
  type ListProductsResponse,
  type Product as ProductMessage,
  type Facets as FacetsMessage,
  type ListBestSellersResponse,
  type SearchProductsResponse,
  type SuggestProductsResponse,
} from '#catalog/pb/catalog_pb.js';
import type { Product } from '#catalog/product/product.ts';
import { renameCategory } from '#catalog/category/rename-category.ts';
import {
  requirePrefix,
  requireSearch,
  searchKey,
  searchProducts,
  suggestProducts,
  type Prefix,
} from '#catalog/search/search-products.ts';
import {
  placeText,
  PRICE_STEPS,
  type Facets,
  type ProductQuery,
  type SearchIndex,
} from '#catalog/search/search-index.ts';
import type { SalesStore } from '#catalog/sales/store.ts';
import type { ProductStore } from '#catalog/product/store.ts';
import { updateProduct } from '#catalog/product/update-product.ts';
import type { Clock } from '#platform/clock.ts';
import { shareReads } from '#platform/group.ts';
import { pageKey, requirePage, requirePageSize, type Page } from '#platform/input.ts';
import type { Handlers } from '#platform/rpc.ts';

/** Proto ↔ use case. */
export function catalogHandlers(deps: {
  store: ProductStore;
  categories: CategoryStore;
  index: SearchIndex;
  sales: SalesStore;
  clock: Clock;
}): Handlers<typeof CatalogService> {
  const { getCategories, listCategories, requireCategory } = getCategoriesUseCase(deps);
  const createProduct = createProductUseCase({ ...deps, requireCategory });
  const { getProduct, getProducts } = getProductsUseCase(deps);
  const list = shareReads<Page, ListProductsResponse>(pageKey, async (page, signal) => {
    const { rows, hasMore } = await deps.store.list(page, signal);
    return create(ListProductsResponseSchema, { products: rows.map(toMessage), hasMore });
  });
  const search = shareReads<ProductQuery, SearchProductsResponse>(searchKey, async (query, signal) => {
    const { products, hits, hasMore, total, facets, didYouMean } = await searchProducts(deps, query, signal);
    const [first] = hits;
    const last = hits.at(-1);
    return create(SearchProductsResponseSchema, {
      products: products.map(({ product }) => toMessage(product)),
      cursors: products.map(({ hit }) => placeText(hit.place)),
      hasMore,
      startCursor: first ? placeText(first.place) : '',
      endCursor: last ? placeText(last.place) : '',
      total: total ?? 0,
      didYouMean: didYouMean ?? '',
      ...(facets && { facets: toFacets(facets) }),
    });
  });
  const suggest = shareReads<Prefix, SuggestProductsResponse>(
    ({ prefix, size }) => `${size} ${prefix}`,
    async (wanted, signal) => {
      const products = await suggestProducts(deps, wanted, signal);
      return create(SuggestProductsResponseSchema, { products: products.map(toMessage) });
    },
  );
  const best = shareReads<number, ListBestSellersResponse>(String, async (size, signal) => {
    const products = await bestSellers(deps, size, signal);
    return create(ListBestSellersResponseSchema, { products: products.map(toMessage) });
  });
  return {
    createProduct: async (request, call) => ({ product: toMessage(await createProduct(request, call)) }),
    getProduct: async ({ id }, call) => ({ product: toMessage(await getProduct(id, call)) }),
    batchGetProducts: async ({ ids }, call) => ({ products: (await getProducts(ids, call)).map(toMessage) }),
    listProducts: async ({ page }, call) => list(requirePage(page), call),
    searchProducts: async (request, call) => search(requireSearch(request), call),
    suggestProducts: async (request, call) => suggest(requirePrefix(request), call),
    listBestSellers: async ({ size }, call) => best(requirePageSize('size', size), call),
    updateProduct: async (request, call) => ({
      product: toMessage(await updateProduct({ ...deps, requireCategory }, request, call)),
    }),
    archiveProduct: async (request, call) => ({
      product: toMessage(await archiveProduct(deps, request, call)),
    }),
    createCategory: async (request, call) => ({
      category: toCategory(await createCategory(deps, request, call)),
    }),
    renameCategory: async (request, call) => ({
      category: toCategory(await renameCategory(deps, request, call)),
    }),
    batchGetCategories: async ({ ids }, call) => ({
      categories: (await getCategories(ids, call)).map(toCategory),
    }),
    listCategories: async ({ parentIds }, call) => ({
      categories: (await listCategories(parentIds, call)).map(toCategory),
    }),
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

function toFacets({ prices, categories }: Facets): FacetsMessage {
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
  });
}
