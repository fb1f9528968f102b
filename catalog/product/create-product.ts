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
      categoryId: await deps.requireCategory(input.categoryId, call),
    };
    const event = catalogEvent(deps.clock.newId(), 'product_created', product, createdAt, call);
    return insert(product, [event], call);
  };
}
