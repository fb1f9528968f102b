import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startShop } from '#cmd/fritzy/test/program.ts';
import { systemClock } from '#platform/clock.ts';
import { missingEngine, openTestEngine } from '#testkit/engines.ts';
import { eventually, postGraphQL } from '#testkit/shop.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const skip = missingEngine('elasticsearch');
const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());

/** Runs `make` in the project folder without the settings of the developer. */
async function make(...args: readonly string[]): Promise<{ failed: boolean; output: string }> {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  return new Promise((resolve) => {
    execFile('make', [...args], { cwd: ROOT, env }, (error, stdout, stderr) =>
      resolve({ failed: error !== null, output: stdout + stderr }),
    );
  });
}

suite('operator commands for a running embedded shop', { skip, timeout: 240_000 }, () => {
  test('find its databases through FRITZY_DATA, and use only the search engine that SEARCH_URL names', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fritzy-operator-'));
    stack.defer(() => rmSync(folder, { recursive: true, force: true }));
    const engine = stack.use(await openTestEngine('elasticsearch'));
    const searchUrl = `${engine.url}/test-${systemClock.newId()}`;
    const shop = stack.use(await startShop(folder, { SEARCH_URL: searchUrl }));
    for (const name of ['Lamp', 'Kettle', 'Chair']) {
      const product = { name, description: '', price: 1 };
      const query = 'mutation ($product: ProductInput!) { createProduct(product: $product) { id } }';
      assert.equal((await postGraphQL(shop.url, { query, variables: { product } })).errors, undefined);
    }

    const dataSetting = `FRITZY_DATA=${folder}`;
    // While the shop builds its first index, a second rebuild is rejected.
    const { output } = await eventually(async () => {
      const rebuilt = await make('reindex', dataSetting, `SEARCH_URL=${searchUrl}`);
      assert.ok(!rebuilt.failed, rebuilt.output);
      return rebuilt;
    }, 60_000);
    assert.match(output, /is now .*: 3 products in /);
    assert.match((await make('dlq', dataSetting)).output, /0 dead letters are pending, 0 were replayed/);

    const withoutEngine = await make('reindex', dataSetting);
    assert.ok(withoutEngine.failed);
    assert.match(withoutEngine.output, /SEARCH_URL does not name a search engine/);
  });
});
