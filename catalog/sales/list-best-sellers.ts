import type { Product } from '#catalog/product/product.ts';
import type { ProductStore } from '#catalog/product/store.ts';
import type { SalesStore } from '#catalog/sales/store.ts';
import type { Call } from '#platform/call.ts';
import { requirePageSize } from '#platform/input.ts';

/**
 * Returns the products on sale with the most units ordered; of products with equal units, the newest first.
 * Throws INVALID_ARGUMENT.
 */
export async function listBestSellers(
  deps: { store: Pick<ProductStore, 'byIds'>; sales: Pick<SalesStore, 'best'> },
  input: { size?: number | undefined },
  call: Call,
): Promise<Product[]> {
  return deps.store.byIds(await deps.sales.best(requirePageSize('size', input.size), call), call);
}
