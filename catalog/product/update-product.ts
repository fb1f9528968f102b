import { requireCategory } from '#catalog/category/get-categories.ts';
import type { CategoryStore } from '#catalog/category/store.ts';
import { catalogEvent } from '#catalog/events.ts';
import { noSuchProduct } from '#catalog/product/get-products.ts';
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
import { AppError, invalid } from '#platform/errors.ts';
import { requireUuid } from '#platform/input.ts';

export interface ProductChange {
  readonly id: string;
  /** The version that the caller read. */
  readonly expectedVersion: bigint;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly priceMinor?: bigint | undefined;
  /** Empty for none. */
  readonly categoryId?: string | undefined;
  readonly tags?: { readonly values: readonly string[] } | undefined;
}

/**
 * Changes what is given and leaves the rest, unless somebody changed the product since the caller read it.
 * Throws INVALID_ARGUMENT, NOT_FOUND, CATEGORY_NOT_FOUND, PRODUCT_ARCHIVED, VERSION_CONFLICT.
 */
export async function updateProduct(
  deps: {
    store: Pick<ProductStore, 'change'>;
    categories: Pick<CategoryStore, 'byIds'>;
    clock: Clock;
  },
  input: ProductChange,
  call: Call,
): Promise<Product> {
  const id = requireUuid('id', input.id);
  if (input.expectedVersion < 1n) throw invalid('expectedVersion', 'must be at least 1');
  const change = {
    ...(input.name !== undefined && { name: requireName(input.name) }),
    ...(input.description !== undefined && { description: requireDescription(input.description) }),
    ...(input.priceMinor !== undefined && { priceMinor: requirePrice(input.priceMinor) }),
    ...(input.tags !== undefined && { tags: requireTags('tags', input.tags.values) }),
    ...(input.categoryId !== undefined && {
      categoryId: await requireCategory(deps, { categoryId: input.categoryId }, call),
    }),
  };
  const at = new Date(deps.clock.now());
  const updated = await deps.store.change(id, (before) => {
    if (before.archivedAt)
      throw new AppError('PRODUCT_ARCHIVED', `Product ${id} is archived and cannot be changed.`, {
        detail: { field: 'id' },
      });
    if (before.version !== input.expectedVersion) {
      throw new AppError(
        'VERSION_CONFLICT',
        `Product ${id} is at version ${before.version}, not ${input.expectedVersion}: read it again, then retry.`,
        { detail: { field: 'expectedVersion', version: String(before.version) } },
      );
    }
    const product = { ...before, ...change, version: before.version + 1n };
    return { product, event: catalogEvent(deps.clock.newId(), 'product_updated', product, at, call) };
  });
  if (!updated) throw noSuchProduct(id);
  return updated;
}
