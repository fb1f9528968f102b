import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openEngineCatalog, type EngineCatalog } from '#catalog/test/engine-catalog.ts';
import { systemClock } from '#platform/clock.ts';
import { productOf } from '#scripts/seed-data.ts';
import { openTestEngine } from '#testkit/engines.ts';
import { testCall } from '#testkit/shop.ts';

/**
 * Reindexes a large catalogue while it changes and is searched: node bench/reindex.ts [products] [updates a second]
 * [elasticsearch|opensearch]. Prints what it took and fails if an update was lost or a search saw half an index.
 */
const PRODUCTS = Number(process.argv[2] ?? 100_000);
const UPDATES_A_SECOND = Number(process.argv[3] ?? 200);
const KIND = process.argv[4] === 'opensearch' ? 'opensearch' : 'elasticsearch';
/** Found by all three words: one product of a thousand. */
const QUERY = 'Aurora Wireless Kettle';
const MAIN = fileURLToPath(new URL('../catalog/cmd/reindex/main.ts', import.meta.url));

const INSERT = `
  INSERT INTO product (id, name, description, price_minor, created_at)
  SELECT id, name, description, price_minor, now()
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[]) AS p(id, name, description, price_minor)`;

/** Straight into the table: how products come in is measured elsewhere. */
async function fill(shop: EngineCatalog): Promise<string[]> {
  const ids: string[] = [];
  for (let from = 0; from < PRODUCTS; from += 5_000) {
    const products = Array.from({ length: Math.min(5_000, PRODUCTS - from) }, (_, at) =>
      productOf(from + at),
    );
    const batch = products.map(() => systemClock.newId());
    await shop.rows(INSERT, [
      batch,
      products.map(({ name }) => name),
      products.map(({ description }) => `${description} `.repeat(5).trim()),
      products.map(({ price }) => Math.round(price * 100)),
    ]);
    ids.push(...batch);
  }
  await shop.rows('ANALYZE product');
  return ids;
}

interface Reindexed {
  readonly seconds: number;
  readonly peakMb: number;
  readonly output: string;
}

/** `make reindex` as a process of its own, and the most memory that it had. */
async function reindex(shop: EngineCatalog): Promise<Reindexed> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, CATALOG_DATABASE_URL: shop.databaseUrl, SEARCH_URL: shop.searchUrl },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => void (output += chunk.toString()));
  let peakMb = 0;
  const timer = setInterval(() => {
    readFile(`/proc/${child.pid}/status`, 'utf8').then(
      (status) => (peakMb = Math.max(peakMb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024)),
      () => {},
    );
  }, 50);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearInterval(timer);
  if (code !== 0) throw new Error(`make reindex ended with ${code}: ${output}`);
  return { seconds: (performance.now() - startedMs) / 1_000, peakMb, output };
}

/** Changes products, so many a second, and searches all the time, until it is told to stop. */
function trouble(shop: EngineCatalog, ids: readonly string[], stop: AbortSignal) {
  let updates = 0;
  let searches = 0;
  const totals = new Map<number, number>();
  const versions = new Map<string, bigint>();
  const update = async (id: string): Promise<void> => {
    const expectedVersion = versions.get(id) ?? 1n;
    const { product } = await shop.catalog.updateProduct(
      { id, expectedVersion, priceMinor: BigInt(updates + 1) },
      testCall(),
    );
    versions.set(id, product?.version ?? 0n);
    updates += 1;
  };
  const updating = (async () => {
    const startedMs = performance.now();
    for (let nr = 0; !stop.aborted; nr++) {
      const behindMs = (nr * 1_000) / UPDATES_A_SECOND - (performance.now() - startedMs);
      if (behindMs > 0) await new Promise((resolve) => void setTimeout(resolve, behindMs));
      await update(ids[(nr * 7_919) % ids.length] ?? '');
    }
  })();
  const searching = (async () => {
    while (!stop.aborted) {
      const { total } = await shop.catalog.searchProducts(
        { query: QUERY, size: 10, withTotal: true },
        testCall(),
      );
      totals.set(total, (totals.get(total) ?? 0) + 1);
      searches += 1;
    }
  })();
  return {
    ended: Promise.all([updating, searching]),
    seen: () => ({ updates, searches, totals: [...totals].map(([total, count]) => `${total} × ${count}`) }),
  };
}

await using stack = new AsyncDisposableStack();
const engine = stack.use(await openTestEngine(KIND));
const shop = await openEngineCatalog(engine.url, stack);
const empty = await reindex(shop);
console.log(`empty catalogue: ${empty.seconds.toFixed(1)} s, ${empty.peakMb.toFixed(0)} MB`);
const ids = await fill(shop);
const quiet = await reindex(shop);
console.log(
  `${PRODUCTS} products, nothing else going on: ${quiet.seconds.toFixed(1)} s, ${quiet.peakMb.toFixed(0)} MB`,
);

const stop = new AbortController();
const load = trouble(shop, ids, stop.signal);
const busy = await reindex(shop);
const { updates, searches, totals } = load.seen();
stop.abort();
await load.ended;
console.log(busy.output.trim().split('\n').at(-1));
console.log(
  `with updates and searches: ${busy.seconds.toFixed(1)} s, ${busy.peakMb.toFixed(0)} MB (${(busy.peakMb - empty.peakMb).toFixed(0)} MB above the empty one)`,
);
console.log(
  `meanwhile ${updates} updates (${(updates / busy.seconds).toFixed(0)}/s), ${searches} searches; totals seen: ${totals.join(', ')}`,
);
// Compares every product's version in the index with the table's; rejects if one stays behind.
await shop.settle();
console.log('every product is in the new index at its latest version: 0 updates lost');
if (totals.length !== 1) throw new Error('a search saw something else than the whole catalogue');
