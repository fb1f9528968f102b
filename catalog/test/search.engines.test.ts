import { after, test } from 'node:test';
import { missingEngine, openTestEngine } from '#testkit/engines.ts';
import { openEngineCatalog } from './engine-catalog.ts';
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
    const engine = stack.use(await openTestEngine(kind));
    return openEngineCatalog(engine.url, stack);
  });
}
