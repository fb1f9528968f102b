import type { Clients } from '#graphql/graph/clients.ts';
import {
  foundById,
  sizePaths,
  toConnection,
  toPage,
  toSlice,
  type ConnectionArguments,
} from '#graphql/graph/connection.ts';
import { cursorList } from '#graphql/graph/cursor.ts';
import {
  effectiveSort,
  foundProducts,
  toFilterRequest,
  type ProductFilter,
  type ProductSort,
} from '#graphql/graph/product-filter.ts';
import { withArgumentPaths } from '#graphql/graph/violations.ts';
import type { Call } from '#platform/call.ts';

/**
 * Returns products on sale that match a filter. The list of all products, newest first, is read from the catalog's table;
 * any other list is read from its search index. Throws INVALID_ARGUMENT, INVALID_CURSOR.
 */
export async function productsConnection(
  { filter, sort, ...args }: ConnectionArguments & { filter?: ProductFilter; sort: ProductSort },
  clients: Clients,
  call: Call,
) {
  const order = effectiveSort(sort, '');
  const list = cursorList('productsConnection', { filter, order });
  const slice = toSlice(args, list);
  const conditions = toFilterRequest(filter, order);
  if (order === 'NEWEST' && isEmpty(filter)) {
    const listed = clients.catalog.listProducts({ page: toPage(slice) }, call);
    const { products, hasMore } = await withArgumentPaths(sizePaths(slice), listed);
    return toConnection(list, slice, foundById(products, hasMore));
  }
  const request = { ...conditions, ...slice };
  const paths = { filter: 'filter', after: 'after', before: 'before', ...sizePaths(slice) };
  const found = await withArgumentPaths(paths, clients.catalog.searchProducts(request, call));
  return toConnection(list, slice, foundProducts(found));
}

function isEmpty(filter: ProductFilter): boolean {
  return Object.values(filter ?? {}).every(
    (value) => value == null || (Array.isArray(value) && value.length === 0),
  );
}
