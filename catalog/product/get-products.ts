import type { Product } from '#catalog/product/product.ts';
import type { ProductStore } from '#catalog/product/store.ts';
import type { Call } from '#platform/call.ts';
import { refused, type AppError } from '#platform/errors.ts';
import { requireUuid, requireUuids } from '#platform/input.ts';
import { BATCH_SIZE_MAX } from '#platform/limits.ts';

export function noSuchProduct(id: string): AppError {
  return refused('NOT_FOUND', 'id', `There is no product ${id}.`);
}

/** Returns the products that exist, archived or not; ignores unknown ids. Throws INVALID_ARGUMENT. */
export async function getProducts(
  deps: { store: Pick<ProductStore, 'byIds'> },
  input: { ids: readonly string[] },
  call: Call,
): Promise<Product[]> {
  return deps.store.byIds(requireUuids('ids', input.ids, BATCH_SIZE_MAX), call);
}

/** Returns one product, archived or not. Throws INVALID_ARGUMENT, NOT_FOUND. */
export async function getProduct(
  deps: { store: Pick<ProductStore, 'byIds'> },
  input: { id: string },
  call: Call,
): Promise<Product> {
  const id = requireUuid('id', input.id);
  const [product] = await deps.store.byIds([id], call);
  if (!product) throw noSuchProduct(id);
  return product;
}
