import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SearchSort, type SearchProductsResponse } from '#catalog/pb/catalog_pb.js';
import { lineOf } from '#catalog/search/text/product-text.ts';
import { systemClock } from '#platform/clock.ts';
import { testCall } from '#testkit/shop.ts';
import type { SearchBench, SearchInput } from './search-bench.ts';

const TAG = 'sorted by name';

/** In the order of NAME_ASC. The last two are in the other order if UTF-16 units are compared. */
const NAMES = [
  '!!!',
  '100 Nails',
  '20 Nails',
  'Ångström Lamp',
  'Äpfel',
  'apple',
  'APPLE pie',
  'Apple-Pie 2',
  'Zebra',
  'ｚebra 2',
  'Омега',
  '﨎',
  '𠀀',
];

/** Names of 200 characters whose words are much longer, or that differ only at the end. */
const LONG_NAMES = [
  ...['一', '丁', '七'].map((last) => `${'中文字典'.repeat(50).slice(0, 199)}${last}`),
  Array.from({ length: 200 }, (_, index) => String.fromCodePoint(0x4e00 + ((index * 7_919) % 20_000))).join(
    '',
  ),
  Array.from({ length: 200 }, (_, index) => String.fromCodePoint(0x20000 + ((index * 7_919) % 40_000))).join(
    '',
  ),
  // Each of these characters is folded to up to six.
  Array.from({ length: 200 }, (_, index) => String.fromCodePoint(0x3300 + ((index ** 3 % 1_009) % 88))).join(
    '',
  ),
  'ﷺ'.repeat(200),
  ...['x', 'y'].map((last) => `${'a'.repeat(199)}${last}`),
];

/** The order by name on every backend. */
export function namesContract(bench: () => SearchBench): void {
  const fetchPage = (request: SearchInput, sort = SearchSort.NAME_ASC): Promise<SearchProductsResponse> =>
    bench().catalog.searchProducts({ filter: { tags: [TAG] }, size: 100, sort, ...request }, testCall());
  const namesOf = ({ products }: SearchProductsResponse): string[] => products.map(({ name }) => name);
  const create = async (names: readonly string[]): Promise<string[]> => {
    const ids: string[] = [];
    for (const name of names) {
      const { product } = await bench().catalog.createProduct({ name, tags: [TAG] }, testCall());
      ids.push(product?.id ?? '');
    }
    await bench().settle();
    return ids;
  };

  test('NAME_ASC orders by the folded words of the name, and NAME_DESC is its reverse', async () => {
    await create(NAMES.toReversed());
    assert.deepEqual(namesOf(await fetchPage({})), NAMES);
    assert.deepEqual(namesOf(await fetchPage({}, SearchSort.NAME_DESC)), NAMES.toReversed());
    assert.deepEqual(namesOf(await fetchPage({ query: 'apple' })), ['apple', 'APPLE pie', 'Apple-Pie 2']);
    const byUnits = NAMES.toSorted((one, other) => (lineOf(one) < lineOf(other) ? -1 : 1));
    assert.notDeepEqual(byUnits, NAMES, 'known-bad twin: the order of UTF-16 units');
  });

  test('pages by name have no gaps or overlaps in either direction, also for equal and for long names', async () => {
    await create([...LONG_NAMES, 'Zebra', 'zebra', 'ZEBRA!']);
    for (const sort of [SearchSort.NAME_ASC, SearchSort.NAME_DESC]) {
      const all = await fetchPage({}, sort);
      assert.equal(all.products.length, NAMES.length + LONG_NAMES.length + 3);
      const sorted = all.products.toSorted((one, other) => {
        const order =
          Buffer.compare(Buffer.from(lineOf(one.name)), Buffer.from(lineOf(other.name))) ||
          (one.id < other.id ? -1 : 1);
        return sort === SearchSort.NAME_ASC ? order : -order;
      });
      assert.deepEqual(
        namesOf(all),
        sorted.map(({ name }) => name),
      );
      assert.ok(all.cursors.every((cursor) => cursor.length < 50));
      for (const fromEnd of [false, true]) {
        const read: string[] = [];
        for (let cursor = '', hasMore = true; hasMore;) {
          const edge = fromEnd ? { before: cursor } : { after: cursor };
          const page = await fetchPage({ ...edge, fromEnd, size: 3 }, sort);
          if (fromEnd) read.unshift(...namesOf(page));
          else read.push(...namesOf(page));
          ({ hasMore } = page);
          cursor = fromEnd ? page.startCursor : page.endCursor;
        }
        assert.deepEqual(read, namesOf(all));
        const bounds = { after: all.cursors.at(2) ?? '', before: all.cursors.at(-3) ?? '', fromEnd };
        assert.deepEqual(namesOf(await fetchPage(bounds, sort)), namesOf(all).slice(3, -3));
      }
    }
  });

  test('a cursor by name of an archived product is still valid; other cursors are INVALID_CURSOR', async () => {
    const all = await fetchPage({});
    const at = namesOf(all).indexOf('apple');
    const after = all.cursors[at] ?? '';
    await bench().catalog.archiveProduct({ id: all.products[at]?.id ?? '' }, testCall());
    await bench().settle();
    assert.deepEqual(namesOf(await fetchPage({ after })), namesOf(all).slice(at + 1));
    assert.deepEqual(namesOf(await fetchPage({ before: after })), namesOf(all).slice(0, at));
    const id = all.products[0]?.id ?? '';
    for (const cursor of [
      `fa0:apple:${id}`,
      `fa0:1:${id}`,
      `fa0::${systemClock.newId()}`,
      `la0::${id}`,
      `na0::${id}`,
    ])
      for (const field of ['after', 'before'])
        for (const fromEnd of [false, true])
          await assert.rejects(
            fetchPage({ [field]: cursor, fromEnd }),
            { reason: 'INVALID_CURSOR', field },
            cursor,
          );
  });
}
