import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { searchBody } from '#catalog/search/engine-query.ts';
import { createDocumentStore, type DocumentStore } from '#catalog/search/document-store.ts';
import { openEngine, type Engine } from '#catalog/search/engine.ts';
import { missingEngine, openTestEngine } from '#testkit/engines.ts';
import { openEngineCatalog, type EngineCatalog } from './engine-catalog.ts';
import { openPlanner } from './open-planner.ts';
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
    const { clear, lexicon, database } = openPlanner(shop.databaseUrl, stack);
    const documents = createDocumentStore(database, lexicon);
    return {
      ...shop,
      settle: () => writeAll(shop, documents),
      async clear() {
        await clear();
        await removeAll(engine, shop.index.alias);
      },
      async firstWithoutPhrases(text) {
        const whole = searchBody(firstHitOf(text), await openPlanner(shop.databaseUrl, stack).planOf(text));
        const body = JSON.parse(JSON.stringify(whole), withoutPhrases) as object;
        assert.notDeepEqual(body, whole);
        const { hits } = await engine.send<{ hits: { hits: { _id: string }[] } }>({
          method: 'POST',
          path: `/${shop.index.searchAlias}/_search`,
          body,
          timeoutMs: 10_000,
        });
        const [row] = await shop.rows<{ name: string }>('SELECT name FROM product WHERE id = $1', [
          hits.hits[0]?._id,
        ]);
        return row?.name;
      },
    };
  });
}

/** Writes all products to the index without waiting for their events. */
async function writeAll({ rows, index }: EngineCatalog, documents: DocumentStore): Promise<void> {
  const ids = (await rows<{ id: string }>('SELECT id FROM product')).map(({ id }) => id);
  assert.deepEqual(await index.write(await index.names(), await documents.byIds(ids)), []);
  await index.refresh(index.alias);
}

async function removeAll(engine: Engine, alias: string): Promise<void> {
  const path = `/${alias}/_delete_by_query?refresh=true&conflicts=proceed`;
  await engine.send({ method: 'POST', path, body: { query: { match_all: {} } }, timeoutMs: 30_000 });
}

/** Reviver for JSON.parse: removes the scores of adjacent words from lists of clauses. */
function withoutPhrases(_: string, value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.filter(
    (clause: { constant_score?: { filter: object } }) =>
      !JSON.stringify(clause.constant_score?.filter ?? {}).includes('"#'),
  );
}
