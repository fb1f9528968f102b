import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SearchMatch } from '#catalog/pb/catalog_pb.js';
import type { Search } from './search-bench.ts';

/** What the hits of a search match, on every backend. */
export function matchedContract(fetchPage: Search): void {
  test('matched distinguishes hits of all words, of the corrected query and of most words, for every selection', async () => {
    for (const [query, matched, didYouMean] of [
      ['', SearchMatch.ALL_WORDS, ''],
      ['espresso machine', SearchMatch.ALL_WORDS, ''],
      ['zither', SearchMatch.ALL_WORDS, ''],
      ['?!', SearchMatch.ALL_WORDS, ''],
      ['xyzzy', SearchMatch.ALL_WORDS, ''],
      ['espresso machne', SearchMatch.CORRECTED, 'espresso machine'],
      ['espresso tolkien', SearchMatch.MOST_WORDS, ''],
      ['espresso mashine kettle', SearchMatch.MOST_WORDS, 'espresso machine kettle'],
    ] as const) {
      for (const parts of [{}, { withoutProducts: true }, { withoutProducts: true, withTotal: true }]) {
        const found = await fetchPage({ query, ...parts });
        assert.deepEqual([found.matched, found.didYouMean], [matched, didYouMean], query);
      }
      // The filter excludes all products that match, not the match.
      for (const part of [{ filter: { priceMinMinor: 1_000_000_000n } }, { skip: 100 }, { skip: 10_000 }]) {
        const found = await fetchPage({ query, ...part });
        assert.deepEqual([found.products, found.matched], [[], matched], query);
      }
      const { endCursor } = await fetchPage({ query, size: 1 });
      if (endCursor !== '') assert.equal((await fetchPage({ query, after: endCursor })).matched, matched);
    }
  });
}
