import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { searchBody } from '#catalog/search/engine-query.ts';
import { openEngine } from '#catalog/search/engine.ts';
import { parseSearch } from '#catalog/search/search-terms.ts';
import { missingEngine, openTestEngine } from '#testkit/engines.ts';
import { openEngineCatalog } from './engine-catalog.ts';
import { firstHitOf } from './search-fixtures.ts';
import { searchContract } from './search-contract.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());

for (const kind of ['elasticsearch', 'opensearch'] as const) {
  const skip = missingEngine(kind);
  if (skip) {
    test(`search on ${kind}`, { skip }, () => {});
    continue;
  }
  searchContract(kind, async () => {
    const { url } = stack.use(await openTestEngine(kind));
    const shop = await openEngineCatalog(url, stack);
    const engine = stack.use(openEngine(url));
    return {
      ...shop,
      async firstWithoutPhrases(text) {
        const whole = searchBody(firstHitOf(text), parseSearch(text) ?? null, 'fits');
        const body = JSON.parse(JSON.stringify(whole), withoutPhrases) as object;
        assert.notDeepEqual(body, whole);
        const { hits } = await engine.send<{ hits: { hits: { _source: { name: string } }[] } }>({
          method: 'POST',
          path: `/${shop.index.alias}/_search`,
          body: { ...body, _source: ['name'] },
          timeoutMs: 10_000,
        });
        return hits.hits[0]?._source.name;
      },
    };
  });
}

/** Reviver for JSON.parse: removes the phrase clause from lists of clauses. */
function withoutPhrases(_: string, value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.filter(
    (clause: { match_phrase?: { everything?: object } }) => !clause.match_phrase?.everything,
  );
}
