import type { Product } from '#catalog/product/product.ts';
import type { ProductStore } from '#catalog/product/store.ts';
import type { SalesStore } from '#catalog/sales/store.ts';
import type { Call } from '#platform/call.ts';
import { requireAll, requirePageSize, requireUuid } from '#platform/input.ts';

/**
 * Returns the products on sale with the most units ordered, of all products or in one category and below it; of products
 * with equal units, the newest first. Throws INVALID_ARGUMENT.
 */
export async function listBestSellers(
  deps: { store: Pick<ProductStore, 'byIds'>; sales: Pick<SalesStore, 'best'> },
  input: { size?: number | undefined; categoryId: string },
  call: Call,
): Promise<Product[]> {
  const best = requireAll({
    size: () => requirePageSize('size', input.size),
    categoryId: () => (input.categoryId === '' ? null : requireUuid('categoryId', input.categoryId)),
  });
  return deps.store.byIds(await deps.sales.best(best, call), call);
}
