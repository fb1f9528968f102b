import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SearchSort, type SearchProductsResponse } from '#catalog/pb/catalog_pb.js';
import type { Ask } from './search-contract.ts';

type Search = (request: Ask) => Promise<SearchProductsResponse>;

const BY_KEY = [SearchSort.PRICE_ASC, SearchSort.PRICE_DESC, SearchSort.NEWEST];
const QUERIES = ['zither', 'phone', 'iphnoe', ''];
const SIZE = 7;

const idsOf = ({ products }: SearchProductsResponse): string[] => products.map(({ id }) => id);

/** Every page of a list from one end to the other. */
async function walk(ask: Search, request: Ask, backward: boolean, max: number): Promise<string[]> {
  const seen: string[] = [];
  for (let place = '', hasMore = true; hasMore;) {
    const edge = backward ? { fromEnd: true, before: place } : { after: place };
    const page = await ask({ ...request, ...edge, size: SIZE });
    if (backward) seen.unshift(...idsOf(page));
    else seen.push(...idsOf(page));
    ({ hasMore } = page);
    place = backward ? page.startCursor : page.endCursor;
    assert.ok(seen.length <= max, 'the list does not end');
  }
  return seen;
}

/** What every search backend must do alike with pages. */
export function pagesContract(ask: Search, newestOfEquals: () => string): void {
  test('pages have no gap and no overlap in any order, by cursor and by offset, also among equals', async () => {
    for (const sort of [SearchSort.RELEVANCE, ...BY_KEY]) {
      for (const query of QUERIES) {
        const all = idsOf(await ask({ query, sort }));
        assert.equal(new Set(all).size, all.length);
        const byOffset: string[] = [];
        for (let skip = 0; skip < all.length; skip += SIZE)
          byOffset.push(...idsOf(await ask({ query, sort, size: SIZE, skip })));
        assert.deepEqual(await walk(ask, { query, sort }, false, all.length), all, `${query} by cursor`);
        assert.deepEqual(byOffset, all, `${query} by offset`);
      }
    }
    const [newest] = idsOf(await ask({ query: 'zither', size: 1 }));
    assert.equal(newest, newestOfEquals(), 'the newest of equals first');
  });

  test('pages from the end are those of the same list, also of a part of it', async () => {
    for (const sort of BY_KEY) {
      for (const query of QUERIES) {
        const { products, cursors } = await ask({ query, sort });
        const all = products.map(({ id }) => id);
        assert.deepEqual(await walk(ask, { query, sort }, true, all.length), all, `${query} from the end`);
        if (all.length < 6) continue;
        const bounds = { query, sort, after: cursors.at(1) ?? '', before: cursors.at(-2) ?? '' };
        const part = all.slice(2, -2);
        for (const fromEnd of [false, true]) {
          const page = await ask({ ...bounds, fromEnd });
          assert.deepEqual([idsOf(page), page.hasMore], [part, false], `${query} between two`);
          const few = await ask({ ...bounds, fromEnd, size: part.length - 1 });
          const expected = fromEnd ? part.slice(1) : part.slice(0, -1);
          assert.deepEqual([idsOf(few), few.hasMore], [expected, true], `${query} between two, in part`);
        }
      }
    }
  });
}
