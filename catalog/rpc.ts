import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { archiveProduct } from '#catalog/archive-product.ts';
import { createProductUseCase } from '#catalog/create-product.ts';
import { getProductsUseCase } from '#catalog/get-products.ts';
import {
  ListProductsResponseSchema,
  ProductSchema,
  SearchProductsResponseSchema,
  type CatalogService,
  type ListProductsResponse,
  type Product as ProductMessage,
  type SearchProductsResponse,
} from '#catalog/pb/catalog_pb.js';
import type { Product } from '#catalog/product.ts';
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
  clock: Clock;
}): Handlers<typeof CatalogService> {
  const createProduct = createProductUseCase(deps);
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
      product: toMessage(await updateProduct(deps, request, call)),
    }),
    archiveProduct: async (request, call) => ({
      product: toMessage(await archiveProduct(deps, request, call)),
    }),
  };
}

function toMessage(product: Product): ProductMessage {
  const { id, name, description, priceMinor, version } = product;
  return create(ProductSchema, {
    id,
    name,
    description,
    priceMinor,
    version,
    createdAt: timestampFromDate(product.createdAt),
    ...(product.archivedAt && { archivedAt: timestampFromDate(product.archivedAt) }),
  });
}
