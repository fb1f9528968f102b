import type { Product } from '#catalog/product/product.ts';
import type { ProductStore } from '#catalog/product/store.ts';
import { onSale } from '#catalog/search/search-products.ts';
import type { SharedSearchIndex } from '#catalog/search/shared-search-index.ts';
import type { Call } from '#platform/call.ts';
import { requireAll, requirePageSize, requireText } from '#platform/input.ts';

const PREFIX_LENGTH_MAX = 100;
const SUGGESTIONS_MAX = 20;

/**
 * Returns the products on sale whose name has a word that starts with the prefix, one product per name.
 * Throws INVALID_ARGUMENT.
 */
export async function suggestProducts(
  deps: { store: Pick<ProductStore, 'byIds'>; index: Pick<SharedSearchIndex, 'suggest'> },
  input: { prefix: string; size?: number | undefined },
  call: Call,
): Promise<Product[]> {
  const { prefix, size } = requireAll({
    prefix: () => requireText('prefix', input.prefix, { min: 0, max: PREFIX_LENGTH_MAX }),
    size: () => requirePageSize('size', input.size, SUGGESTIONS_MAX),
  });
  // Twice as many as needed, since products with the same name are merged.
  const ids = await deps.index.suggest({ prefix, size: 2 * size }, call);
  const products = await onSale(deps.store, ids, call);
  const byName = new Map<string, Product>();
  for (const id of ids) {
    const product = products.get(id);
    if (product && !byName.has(product.name)) byName.set(product.name, product);
  }
  return [...byName.values()].slice(0, size);
}
