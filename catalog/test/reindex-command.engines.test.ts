import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { missingEngine, openTestEngine } from '#testkit/engines.ts';
import { testCall } from '#testkit/shop.ts';
import { openEngineCatalog } from './engine-catalog.ts';

const skip = missingEngine('elasticsearch');
const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());

let engineUrl = '';
if (!skip) engineUrl = stack.use(await openTestEngine('elasticsearch')).url;

async function command(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const main = fileURLToPath(new URL('../cmd/reindex/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main], { env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => void (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

suite('the reindex command', { skip, timeout: 240_000 }, () => {
  test('prints its result, or one line with the reason of an expected failure', async () => {
    const shop = await openEngineCatalog(engineUrl, stack);
    for (let n = 0; n < 30; n++) await shop.catalog.createProduct({ name: `Thing ${n}` }, testCall());
    const env = { CATALOG_DATABASE_URL: shop.databaseUrl, SEARCH_URL: shop.searchUrl };
    assert.match((await command(env)).output, /is now .*: 30 products in [\d.]+ s\./);
    for (const [problem, changed] of [
      [/does not name a search engine/, { SEARCH_URL: 'postgres:' }],
      [/no catalog database found/, { CATALOG_DATABASE_URL: '', FRITZY_DATA: '/nonexistent' }],
      [/ECONNREFUSED|connect/, { SEARCH_URL: 'http://127.0.0.1:9' }],
      [/database cannot be reached/, { CATALOG_DATABASE_URL: 'postgres://127.0.0.1:9/none' }],
    ] as const) {
      const { code, output } = await command({ ...env, ...changed });
      assert.equal(code, 1);
      assert.match(output, problem);
      assert.doesNotMatch(output, /\n +at /, 'no stack');
    }
  });
});
