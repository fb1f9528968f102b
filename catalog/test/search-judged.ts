import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCall } from '#testkit/shop.ts';
import { CLOTHES } from './catalogs/clothes.ts';
import type { CatalogProduct } from './catalogs/catalog-product.ts';
import { HARDWARE } from './catalogs/hardware.ts';
import { JUDGED_QUERIES } from './judged-queries.ts';
import type { Search, SearchBench } from './search-bench.ts';

const RECIPROCAL_RANK_MIN = 0.95;
const CONCURRENCY = 50;
const CATALOGS = { hardware: HARDWARE, clothes: CLOTHES };

/** The mean reciprocal rank of judged queries in catalogues of 2,000 products. */
export function judgedContract(bench: () => SearchBench, fetchPage: Search): void {
  for (const [catalog, products] of Object.entries(CATALOGS))
    test(`the mean reciprocal rank in the ${catalog} catalogue is at least ${RECIPROCAL_RANK_MIN}`, async (t) => {
      await bench().clear();
      await fill(bench(), products);
      const queries = JUDGED_QUERIES.filter((judged) => judged.catalog === catalog);
      assert.ok(queries.length >= 30);
      const mean = async (asTyped: boolean): Promise<number> => {
        let sum = 0;
        for (const { query, expected } of queries) {
          const names = (
            await fetchPage({ query: asTyped ? query : firstHalf(query), size: 100 })
          ).products.map(({ name }) => name);
          const rank = names.findIndex((name) => expected.includes(name)) + 1;
          if (rank !== 1 && asTyped)
            t.diagnostic(`${query}: rank ${rank || 'none'}, first ${names[0] ?? 'nothing'}`);
          sum += rank > 0 ? 1 / rank : 0;
        }
        return sum / queries.length;
      };
      const ranked = await mean(true);
      t.diagnostic(`mean reciprocal rank of ${queries.length} queries: ${ranked.toFixed(3)}`);
      assert.ok(ranked >= RECIPROCAL_RANK_MIN, String(ranked));
      const half = await mean(false);
      assert.ok(
        half < RECIPROCAL_RANK_MIN,
        `known-bad twin: a search by the first half of the text: ${half}`,
      );
    });
}

function firstHalf(text: string): string {
  return text.slice(0, Math.ceil(text.length / 2));
}

async function fill({ catalog, settle }: SearchBench, products: readonly CatalogProduct[]): Promise<void> {
  const categoryIds = new Map<string, string>();
  for (const { category: path } of products)
    for (const [depth, name] of path.entries()) {
      const key = path.slice(0, depth + 1).join('\n');
      if (categoryIds.has(key)) continue;
      const parentId = categoryIds.get(path.slice(0, depth).join('\n')) ?? '';
      const { category } = await catalog.createCategory({ name, parentId }, testCall());
      categoryIds.set(key, category?.id ?? '');
    }
  for (let at = 0; at < products.length; at += CONCURRENCY)
    await Promise.all(
      products.slice(at, at + CONCURRENCY).map(({ name, description, priceMinor, category, tags }) => {
        const categoryId = categoryIds.get(category.join('\n')) ?? '';
        const input = { name, description, categoryId, tags: [...tags], priceMinor: BigInt(priceMinor) };
        return catalog.createProduct(input, testCall());
      }),
    );
  await settle();
}
