import type { Product } from '#catalog/product/product.ts';
import type { ProductStore } from '#catalog/product/store.ts';
import type { Call } from '#platform/call.ts';
import { requirePage } from '#platform/input.ts';
import type { PageRequest } from '#platform/pb/page_pb.js';
import type { PageOf } from '#platform/postgres/keyset.ts';

/** Returns a page of the products on sale, newest first. Throws INVALID_ARGUMENT. */
export async function listProducts(
  deps: { store: Pick<ProductStore, 'list'> },
  input: { page?: PageRequest | undefined },
  call: Call,
): Promise<PageOf<Product>> {
  return deps.store.list(requirePage(input.page), call);
}
