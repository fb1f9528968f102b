import { requireCategoryId } from '#catalog/category/category.ts';
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
import { invalid, refused } from '#platform/errors.ts';
import { requireAll, requireUuid } from '#platform/input.ts';

export interface ProductChange {
  readonly id: string;
  /** The version that the caller read. */
  readonly expectedVersion: bigint;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly priceMinor?: bigint | undefined;
  /** Empty: no category. */
  readonly categoryId?: string | undefined;
  readonly tags?: { readonly values: readonly string[] } | undefined;
}

/**
 * Changes the given fields, unless the product has changed since the caller read it.
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
  const { id, expectedVersion, ...change } = requireChange(input);
  if (change.categoryId !== undefined) await requireCategory(deps, change.categoryId, call);
  const at = new Date(deps.clock.now());
  const updated = await deps.store.change(id, (before) => {
    if (before.archivedAt)
      throw refused('PRODUCT_ARCHIVED', 'id', `Product ${id} is archived and cannot be changed.`);
    if (before.version !== expectedVersion) {
      throw refused(
        'VERSION_CONFLICT',
        'expectedVersion',
        `Product ${id} is at version ${before.version}, not ${expectedVersion}: read it again, then retry.`,
      );
    }
    const product: Product = {
      ...before,
      name: change.name ?? before.name,
      description: change.description ?? before.description,
      priceMinor: change.priceMinor ?? before.priceMinor,
      categoryId: change.categoryId === undefined ? before.categoryId : change.categoryId,
      tags: change.tags ?? before.tags,
      version: before.version + 1n,
    };
    return { product, event: catalogEvent(deps.clock.newId(), 'product_updated', product, at, call) };
  });
  if (!updated) throw noSuchProduct(id);
  return updated;
}

function requireChange(input: ProductChange) {
  return requireAll({
    id: () => requireUuid('id', input.id),
    expectedVersion: () => requireVersion(input.expectedVersion),
    name: () => ifGiven(input.name, requireName),
    description: () => ifGiven(input.description, requireDescription),
    priceMinor: () => ifGiven(input.priceMinor, requirePrice),
    categoryId: () => ifGiven(input.categoryId, (categoryId) => requireCategoryId('categoryId', categoryId)),
    tags: () => ifGiven(input.tags, ({ values }) => requireTags('tags', values)),
  });
}

function requireVersion(version: bigint): bigint {
  if (version < 1n) throw invalid('expectedVersion', 'must be at least 1');
  return version;
}

function ifGiven<T, R>(value: T | undefined, check: (value: T) => R): R | undefined {
  return value === undefined ? undefined : check(value);
}
