import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SearchSort, type SearchProductsResponse } from '#catalog/pb/catalog_pb.js';
import type { SearchInput, Search } from './search-bench.ts';

const BY_KEY = [
  SearchSort.PRICE_ASC,
  SearchSort.PRICE_DESC,
  SearchSort.NEWEST,
  SearchSort.NAME_ASC,
  SearchSort.NAME_DESC,
];
const QUERIES = ['zither', 'phone', 'iphnoe', ''];
const SIZE = 7;

const idsOf = ({ products }: SearchProductsResponse): string[] => products.map(({ id }) => id);

/** Reads all pages of a list in one direction. Returns the ids in list order. */
async function walk(
  fetchPage: Search,
  request: SearchInput,
  backward: boolean,
  max: number,
): Promise<string[]> {
  const seen: string[] = [];
  for (let cursor = '', hasMore = true; hasMore;) {
    const edge = backward ? { fromEnd: true, before: cursor } : { after: cursor };
    const page = await fetchPage({ ...request, ...edge, size: SIZE });
    if (backward) seen.unshift(...idsOf(page));
    else seen.push(...idsOf(page));
    ({ hasMore } = page);
    cursor = backward ? page.startCursor : page.endCursor;
    assert.ok(seen.length <= max, 'the list does not end');
  }
  return seen;
}

/** The paging behaviour that all search backends share. */
export function pagingContract(fetchPage: Search, newestOfEquals: () => string): void {
  test('pages have no gaps or overlaps in any order, by cursor and by offset, also among equal keys', async () => {
    for (const sort of [SearchSort.RELEVANCE, ...BY_KEY]) {
      for (const query of QUERIES) {
        const all = idsOf(await fetchPage({ query, sort }));
        assert.equal(new Set(all).size, all.length);
        const byOffset: string[] = [];
        for (let skip = 0; skip < all.length; skip += SIZE)
          byOffset.push(...idsOf(await fetchPage({ query, sort, size: SIZE, skip })));
        assert.deepEqual(
          await walk(fetchPage, { query, sort }, false, all.length),
          all,
          `${query} by cursor`,
        );
        assert.deepEqual(byOffset, all, `${query} by offset`);
      }
    }
    const [newest] = idsOf(await fetchPage({ query: 'zither', size: 1 }));
    assert.equal(newest, newestOfEquals(), 'the newest of equal products comes first');
  });

  test('pages from the end contain the same list, also between two cursors', async () => {
    for (const sort of BY_KEY) {
      for (const query of QUERIES) {
        const { products, cursors } = await fetchPage({ query, sort });
        const all = products.map(({ id }) => id);
        assert.deepEqual(
          await walk(fetchPage, { query, sort }, true, all.length),
          all,
          `${query} from the end`,
        );
        if (all.length < 6) continue;
        const bounds = { query, sort, after: cursors.at(1) ?? '', before: cursors.at(-2) ?? '' };
        const part = all.slice(2, -2);
        for (const fromEnd of [false, true]) {
          const page = await fetchPage({ ...bounds, fromEnd });
          assert.deepEqual([idsOf(page), page.hasMore], [part, false], `${query} between two cursors`);
          const few = await fetchPage({ ...bounds, fromEnd, size: part.length - 1 });
          const expected = fromEnd ? part.slice(1) : part.slice(0, -1);
          assert.deepEqual(
            [idsOf(few), few.hasMore],
            [expected, true],
            `${query} between two cursors, in part`,
          );
        }
      }
    }
  });
}
