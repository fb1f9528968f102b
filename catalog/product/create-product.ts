import { requireCategoryId } from '#catalog/category/category.ts';
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
import { requireAll } from '#platform/input.ts';

export interface NewProduct {
  readonly name: string;
  readonly description: string;
  readonly priceMinor: bigint;
  /** Empty: no category. */
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
  const checked = requireAll({
    name: () => requireName(input.name),
    description: () => requireDescription(input.description),
    priceMinor: () => requirePrice(input.priceMinor),
    categoryId: () => requireCategoryId('categoryId', input.categoryId),
    tags: () => requireTags('tags', input.tags),
  });
  await requireCategory(deps, checked.categoryId, call);
  const createdAt = new Date(deps.clock.now());
  const product: Product = {
    ...checked,
    id: deps.clock.newId(),
    createdAt,
    version: 1n,
    archivedAt: null,
  };
  const event = catalogEvent(deps.clock.newId(), 'product_created', product, createdAt, call);
  return deps.store.insert(product, [event], call);
}
