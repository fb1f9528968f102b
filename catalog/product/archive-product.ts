import { catalogEvent } from '#catalog/events.ts';
import { noSuchProduct } from '#catalog/product/get-products.ts';
import type { Product } from '#catalog/product/product.ts';
import type { ProductStore } from '#catalog/product/store.ts';
import type { Call } from '#platform/call.ts';
import type { Clock } from '#platform/clock.ts';
import { requireUuid } from '#platform/input.ts';

/** Takes a product off sale permanently; archiving it again changes nothing. Throws INVALID_ARGUMENT, NOT_FOUND. */
export async function archiveProduct(
  deps: { store: Pick<ProductStore, 'change'>; clock: Clock },
  input: { id: string },
  call: Call,
): Promise<Product> {
  const id = requireUuid('id', input.id);
  const at = new Date(deps.clock.now());
  const archived = await deps.store.change(id, (before) => {
    if (before.archivedAt) return null;
    const product = { ...before, archivedAt: at, version: before.version + 1n };
    return { product, event: catalogEvent(deps.clock.newId(), 'product_archived', product, at, call) };
  });
  if (!archived) throw noSuchProduct(id);
  return archived;
}
