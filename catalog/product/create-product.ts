import { requireCategoryId } from '#catalog/category/category.ts';
import { catalogEvent } from '#catalog/events.ts';
import type { RequireCategory } from '#catalog/category/get-categories.ts';
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
import { groupInserts } from '#platform/group-inserts.ts';
import { requireAll } from '#platform/input.ts';

export interface NewProduct {
  readonly name: string;
  readonly description: string;
  readonly priceMinor: bigint;
  /** Empty for none. */
  readonly categoryId: string;
  readonly tags: readonly string[];
}

/** Adds products; concurrent ones share a commit. Throws INVALID_ARGUMENT, CATEGORY_NOT_FOUND. */
export function createProductUseCase(deps: {
  store: ProductStore;
  clock: Clock;
  requireCategory: RequireCategory;
}) {
  const insert = groupInserts(deps.store.insert, ({ name, description }) => name.length + description.length);

  return async function createProduct(input: NewProduct, call: Call): Promise<Product> {
    const checked = requireAll({
      name: () => requireName(input.name),
      description: () => requireDescription(input.description),
      priceMinor: () => requirePrice(input.priceMinor),
      categoryId: () => requireCategoryId('categoryId', input.categoryId),
      tags: () => requireTags('tags', input.tags),
    });
    await deps.requireCategory(checked.categoryId, call);
    const createdAt = new Date(deps.clock.now());
    const product: Product = {
      ...checked,
      id: deps.clock.newId(),
      createdAt,
      version: 1n,
      archivedAt: null,
    };
    const event = catalogEvent(deps.clock.newId(), 'product_created', product, createdAt, call);
    return insert(product, [event], call);
  };
}
