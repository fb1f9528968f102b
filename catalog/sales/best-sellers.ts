import type { Product } from '#catalog/product/product.ts';
import type { SalesStore } from '#catalog/sales/store.ts';
import type { ProductStore } from '#catalog/product/store.ts';

/** What is on sale and was ordered most, most units first; the newer product first where they are equal. */
export async function bestSellers(
  deps: { store: Pick<ProductStore, 'byIds'>; sales: Pick<SalesStore, 'best'> },
  size: number,
  signal: AbortSignal,
): Promise<Product[]> {
  const ids = await deps.sales.best(size, signal);
  const byId = new Map((await deps.store.byIds(ids, signal)).map((product) => [product.id, product]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}
