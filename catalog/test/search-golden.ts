import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCall } from '#testkit/shop.ts';
import { GOLDEN_SHOPS } from './golden-shops.ts';
import type { GoldenShop } from './golden-shops/golden-shop.ts';
import type { Search, SearchBench } from './search-bench.ts';

/** Each golden shop has only its own products. */
export function goldenShopsContract(bench: () => SearchBench, fetchPage: Search): void {
  const namesFor = async (query: string): Promise<string[]> => {
    const pages = await Promise.all([0, 100].map((skip) => fetchPage({ query, size: 100, skip })));
    return pages.flatMap(({ products }) => products.map(({ name }) => name));
  };

  const count = GOLDEN_SHOPS.reduce((sum, { queries }) => sum + queries.length, 0);
  test(`returns the expected product first for the ${count} queries of ${GOLDEN_SHOPS.length} golden shops`, async () => {
    assert.ok(count >= 200);
    const missed: string[] = [];
    for (const [index, shop] of GOLDEN_SHOPS.entries()) {
      await bench().clear();
      await fillShop(bench(), shop, index);
      missed.push(...(await missedIn(shop, namesFor)));
    }
    assert.deepEqual(missed, []);
    const [shop] = GOLDEN_SHOPS;
    assert.ok(shop);
    const nothing = async (): Promise<string[]> => [];
    assert.notDeepEqual(await missedIn(shop, nothing), [], 'known-bad twin: a search that finds nothing');
  });
}

async function fillShop({ catalog, settle }: SearchBench, shop: GoldenShop, index: number): Promise<void> {
  const categoryIds = new Map<string, string>();
  // A new category also makes the catalog read the names of categories again.
  for (const path of [[`Z${index}`], ...shop.products.map(categoryOf)])
    for (const [depth, name] of path.entries()) {
      const key = path.slice(0, depth + 1).join('\n');
      if (categoryIds.has(key)) continue;
      const parentId = categoryIds.get(path.slice(0, depth).join('\n')) ?? '';
      const { category } = await catalog.createCategory({ name, parentId }, testCall());
      categoryIds.set(key, category?.id ?? '');
    }
  for (const product of shop.products) {
    const { name, description = '', tags = [] } = typeof product === 'string' ? { name: product } : product;
    const categoryId = categoryIds.get(categoryOf(product).join('\n')) ?? '';
    await catalog.createProduct({ name, description, tags: [...tags], categoryId }, testCall());
  }
  await settle();
}

function categoryOf(product: GoldenShop['products'][number]): readonly string[] {
  return typeof product === 'string' ? [] : (product.category ?? []);
}

async function missedIn(
  { why, queries }: GoldenShop,
  namesFor: (query: string) => Promise<string[]>,
): Promise<string[]> {
  const missed: string[] = [];
  for (const [query, first, also = []] of queries) {
    const names = await namesFor(query);
    const absent = also.filter((name) => !names.includes(name));
    if ((names[0] ?? null) !== first)
      missed.push(`${why}: ${query} returned ${names.slice(0, 3).join(' | ') || 'nothing'}, not ${first}`);
    else if (absent.length > 0) missed.push(`${why}: ${query} did not return ${absent.join(' | ')}`);
  }
  return missed;
}
