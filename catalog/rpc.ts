import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { archiveProduct } from '#catalog/archive-product.ts';
import type { Category } from '#catalog/category.ts';
import type { CategoryStore } from '#catalog/category-store.ts';
import { createCategory } from '#catalog/create-category.ts';
import { createProductUseCase } from '#catalog/create-product.ts';
import { getCategoriesUseCase } from '#catalog/get-categories.ts';
import { getProductsUseCase } from '#catalog/get-products.ts';
import {
  CategorySchema,
  ListProductsResponseSchema,
  ProductSchema,
  SearchProductsResponseSchema,
  type CatalogService,
  type Category as CategoryMessage,
  type ListProductsResponse,
  type Product as ProductMessage,
  type SearchProductsResponse,
} from '#catalog/pb/catalog_pb.js';
import type { Product } from '#catalog/product.ts';
import { renameCategory } from '#catalog/rename-category.ts';
import { requireSearch, searchKey, searchProducts, type Search } from '#catalog/search-products.ts';
import type { CatalogStore } from '#catalog/store.ts';
import { updateProduct } from '#catalog/update-product.ts';
import type { Clock } from '#platform/clock.ts';
import { shareReads } from '#platform/group.ts';
import { pageKey, requirePage, type Page } from '#platform/input.ts';
import type { Handlers } from '#platform/rpc.ts';

/** Proto ↔ use case. */
export function catalogHandlers(deps: {
  store: CatalogStore;
  categories: CategoryStore;
  clock: Clock;
}): Handlers<typeof CatalogService> {
  const { getCategories, listCategories, requireCategory } = getCategoriesUseCase(deps);
  const createProduct = createProductUseCase({ ...deps, requireCategory });
  const { getProduct, getProducts } = getProductsUseCase(deps);
  const list = shareReads<Page, ListProductsResponse>(pageKey, async (page, signal) => {
    const { rows, hasMore } = await deps.store.list(page, signal);
    return create(ListProductsResponseSchema, { products: rows.map(toMessage), hasMore });
  });
  const search = shareReads<Search, SearchProductsResponse>(searchKey, async (wanted, signal) => {
    const products = await searchProducts(deps, wanted, signal);
    return create(SearchProductsResponseSchema, { products: products.map(toMessage) });
  });
  return {
    createProduct: async (request, call) => ({ product: toMessage(await createProduct(request, call)) }),
    getProduct: async ({ id }, call) => ({ product: toMessage(await getProduct(id, call)) }),
    batchGetProducts: async ({ ids }, call) => ({ products: (await getProducts(ids, call)).map(toMessage) }),
    listProducts: async ({ page }, call) => list(requirePage(page), call),
    searchProducts: async (request, call) => search(requireSearch(request), call),
    updateProduct: async (request, call) => ({
      product: toMessage(await updateProduct({ ...deps, requireCategory }, request, call)),
    }),
    archiveProduct: async (request, call) => ({
      product: toMessage(await archiveProduct(deps, request, call)),
    }),
    createCategory: async (request) => ({ category: toCategory(await createCategory(deps, request)) }),
    renameCategory: async (request) => ({ category: toCategory(await renameCategory(deps, request)) }),
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
