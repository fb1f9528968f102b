import type { Product } from '#catalog/product/product.ts';
import type { ProductStore } from '#catalog/product/store.ts';
import type { Call } from '#platform/call.ts';
import { AppError } from '#platform/errors.ts';
import { requireUuid, requireUuids } from '#platform/input.ts';
import { BATCH_SIZE_MAX } from '#platform/limits.ts';
import { groupReadsById } from '#platform/read-by-id.ts';

export function noSuchProduct(id: string): AppError {
  return new AppError('NOT_FOUND', `There is no product ${id}.`, { detail: { field: 'id' } });
}

/** Products by id, archived or not; concurrent callers share a statement. */
export function getProductsUseCase(deps: { store: ProductStore }) {
  const read = groupReadsById(deps.store.byIds);
  return {
    /** Those that exist. Throws INVALID_ARGUMENT. */
    async getProducts(ids: readonly string[], call: Call): Promise<Product[]> {
      return read(requireUuids('ids', ids, BATCH_SIZE_MAX), call);
    },
    /** Throws INVALID_ARGUMENT, NOT_FOUND. */
    async getProduct(id: string, call: Call): Promise<Product> {
      const [product] = await read([requireUuid('id', id)], call);
      if (!product) throw noSuchProduct(id);
      return product;
    },
  };
}
