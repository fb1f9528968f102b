import assert from 'node:assert/strict';
import type { CatalogService, Category } from '#catalog/pb/catalog_pb.js';
import type { Client } from '#platform/rpc.ts';
import { testCall } from '#testkit/shop.ts';

/** Calls that the tests of categories share. */
export function categoryCalls(catalog: Client<typeof CatalogService>) {
  return {
    async add(name: string, parentId = ''): Promise<Category> {
      const { category } = await catalog.createCategory({ name, parentId }, testCall());
      assert.ok(category);
      return category;
    },
    /** The names of the children of all of these parents. */
    async childrenOf(...parentIds: string[]): Promise<string[]> {
      return (await catalog.listCategories({ parentIds }, testCall())).categories.map(({ name }) => name);
    },
  };
}
