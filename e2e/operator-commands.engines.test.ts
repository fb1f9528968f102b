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

/** `make` in the project's folder, with nothing of the developer's own settings. */
async function make(...args: readonly string[]): Promise<{ failed: boolean; output: string }> {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  return new Promise((resolve) => {
    execFile('make', [...args], { cwd: ROOT, env }, (error, stdout, stderr) =>
      resolve({ failed: error !== null, output: stdout + stderr }),
    );
  });
}

suite('operator commands beside an embedded shop', { skip, timeout: 240_000 }, () => {
  test('find its databases by FRITZY_DATA; the search engine is the one that is named, and no other', async () => {
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

    const here = `FRITZY_DATA=${folder}`;
    // The shop itself may still be building its first index, which is refused to a second one.
    const { output } = await eventually(async () => {
      const rebuilt = await make('reindex', here, `SEARCH_URL=${searchUrl}`);
      assert.ok(!rebuilt.failed, rebuilt.output);
      return rebuilt;
    }, 60_000);
    assert.match(output, /is now .*: 3 products in /);
    assert.match((await make('dlq', here)).output, /0 dead letters are pending, 0 were replayed/);

    const unnamed = await make('reindex', here);
    assert.ok(unnamed.failed);
    assert.match(unnamed.output, /SEARCH_URL does not name a search engine/);
  });
});
