import { requireCategory } from '#catalog/category/get-categories.ts';
import type { CategoryStore } from '#catalog/category/store.ts';
import { catalogEvent } from '#catalog/events.ts';
import {
  requireDescription,
  requireName,
  requirePrice,
  requireTags,
  type Product,
} from '#catalog/product/product.ts';
import type { ProductStore } from '#catalog/product/store.ts';
import type { Call } from '#platform/call.ts';
import type { Clock } from '#platform/clock.ts';

export interface NewProduct {
  readonly name: string;
  readonly description: string;
  readonly priceMinor: bigint;
  /** Empty for none. */
  readonly categoryId: string;
  readonly tags: readonly string[];
}

/** Adds a product. Throws INVALID_ARGUMENT, CATEGORY_NOT_FOUND. */
export async function createProduct(
  deps: {
    store: Pick<ProductStore, 'insert'>;
    categories: Pick<CategoryStore, 'byIds'>;
    clock: Clock;
  },
  input: NewProduct,
  call: Call,
): Promise<Product> {
  const createdAt = new Date(deps.clock.now());
  const product: Product = {
    id: deps.clock.newId(),
    name: requireName(input.name),
    description: requireDescription(input.description),
    priceMinor: requirePrice(input.priceMinor),
    createdAt,
    version: 1n,
    archivedAt: null,
    tags: requireTags('tags', input.tags),
    categoryId: await requireCategory(deps, input, call),
  };
  const event = catalogEvent(deps.clock.newId(), 'product_created', product, createdAt, call);
  return deps.store.insert(product, [event], call);
}
