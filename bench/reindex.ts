import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Presets, SingleBar } from 'cli-progress';
import { catalogMetrics } from '#catalog/metrics.ts';
import { openEngineCatalog, type EngineCatalog } from '#catalog/test/engine-catalog.ts';
import { systemClock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import { productOf } from '#bench/products.ts';
import { openTestEngine } from '#testkit/engines.ts';
import { testCall } from '#testkit/shop.ts';

/**
 * Rebuilds the search index of a large catalog under updates and searches: `make bench-reindex`, or node bench/reindex.ts
 * [products] [updates per second] [elasticsearch|opensearch]. Prints duration and memory. Exits with status 1 if an update
 * was lost, a search saw an incomplete index, the update rate was not reached or the memory limit was exceeded.
 */
const PRODUCTS = Number(process.argv[2] ?? 100_000);
const UPDATES_PER_SECOND = Number(process.argv[3] ?? 200);
const KIND = process.argv[4] === 'opensearch' ? 'opensearch' : 'elasticsearch';
/** The maximum delay of the updates at the end. */
const BEHIND_MS_MAX = 1_000;
/** The maximum memory above that of rebuilding an empty catalog, for any number of products. */
const ABOVE_EMPTY_MB_MAX = 150;
/** Matches one product in a thousand by all three words. */
const QUERY = 'Aurora Wireless Kettle';
const MAIN = fileURLToPath(new URL('../catalog/cmd/reindex/main.ts', import.meta.url));

const INSERT = `
  INSERT INTO product (id, name, description, price_minor, created_at)
  SELECT id, name, description, price_minor, now()
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[]) AS p(id, name, description, price_minor)`;

/** Inserts products directly into the table; createProduct is not measured here. */
async function fill(shop: EngineCatalog): Promise<string[]> {
  const ids: string[] = [];
  const bar = new SingleBar(
    { format: 'products {bar} {value}/{total}', noTTYOutput: true, notTTYSchedule: 2_000 },
    Presets.shades_classic,
  );
  bar.start(PRODUCTS, 0);
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
    bar.update(ids.length);
  }
  bar.stop();
  await shop.rows('ANALYZE product');
  return ids;
}

interface Reindexed {
  readonly seconds: number;
  readonly peakMb: number;
}

/** Runs `make reindex` as a separate process, prints its progress and returns its duration and peak memory. */
async function reindex(shop: EngineCatalog): Promise<Reindexed> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, CATALOG_DATABASE_URL: shop.databaseUrl, SEARCH_URL: shop.searchUrl },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    process.stdout.write(chunk);
  });
  let peakMb = 0;
  const timer = setInterval(() => {
    readFile(`/proc/${child.pid}/status`, 'utf8').then(
      (status) => (peakMb = Math.max(peakMb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024)),
      () => {},
    );
  }, 50);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearInterval(timer);
  if (code !== 0) throw new Error(`make reindex exited with ${code}: ${output}`);
  return { seconds: (performance.now() - startedMs) / 1_000, peakMb };
}

/** Updates products at a fixed rate and searches in a loop until `stop` aborts. */
function startLoad(shop: EngineCatalog, ids: readonly string[], stop: AbortSignal) {
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
    for (let index = 0; !stop.aborted; index++) {
      const aheadMs = (index * 1_000) / UPDATES_PER_SECOND - (performance.now() - startedMs);
      if (aheadMs > 0) await new Promise((resolve) => void setTimeout(resolve, aheadMs));
      await update(ids[(index * 7_919) % ids.length] ?? '');
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
    seen: () => ({ updates, searches, totals: new Map(totals) }),
  };
}

await using stack = new AsyncDisposableStack();
console.log(`starting PostgreSQL and ${KIND} ...`);
const engine = stack.use(await openTestEngine(KIND));
const shop = await openEngineCatalog(engine.url, stack);
console.log('empty catalog:');
const empty = await reindex(shop);
console.log(`${empty.seconds.toFixed(1)} s, ${empty.peakMb.toFixed(0)} MB`);
const ids = await fill(shop);
console.log(`${PRODUCTS} products, no other load:`);
const quiet = await reindex(shop);
console.log(`${quiet.seconds.toFixed(1)} s, ${quiet.peakMb.toFixed(0)} MB`);
const { total: whole } = await shop.catalog.searchProducts(
  { query: QUERY, size: 1, withTotal: true },
  testCall(),
);

console.log(`${PRODUCTS} products, ${UPDATES_PER_SECOND} updates/s and searches:`);
const stop = new AbortController();
const load = startLoad(shop, ids, stop.signal);
const startedMs = performance.now();
const busy = await reindex(shop);
const { updates, searches, totals } = load.seen();
const tookMs = performance.now() - startedMs;
stop.abort();
await load.ended;
const aboveMb = busy.peakMb - empty.peakMb;
console.log(
  `${busy.seconds.toFixed(1)} s, ${busy.peakMb.toFixed(0)} MB, ${aboveMb.toFixed(0)} MB above the empty catalog`,
);
const seen = [...totals].map(([total, count]) => `${total} × ${count}`).join(', ');
console.log(
  `during the rebuild: ${updates} updates (${((updates * 1_000) / tookMs).toFixed(0)}/s), ${searches} searches; totals: ${seen}`,
);

const problems: string[] = [];
const check = (holds: boolean, problem: string): void => void (holds || problems.push(problem));
console.log('comparing the version of each product in the index and in the table ...');
await shop.settle().then(
  () => console.log('0 updates lost'),
  (error: unknown) => problems.push(`updates were lost: ${messageOf(error)}`),
);
const { values: fallbacks } = await catalogMetrics(shop.deps.telemetry.registry).fallbacks.get();
const fallbackCount = fallbacks.reduce((sum, { value }) => sum + value, 0);
check(fallbackCount === 0, `${fallbackCount} searches fell back to PostgreSQL and did not test the index`);
check(whole > 0 && searches > 0, 'no search before or during the rebuild found a product');
check(totals.size === 1 && totals.has(whole), `a search did not find all ${whole} products: ${seen}`);
const due = (UPDATES_PER_SECOND * (tookMs - BEHIND_MS_MAX)) / 1_000;
check(updates >= due, `only ${updates} of ${due.toFixed(0)} updates were made`);
check(
  aboveMb <= ABOVE_EMPTY_MB_MAX,
  `the rebuild used ${aboveMb.toFixed(0)} MB above the empty catalog; the limit is ${ABOVE_EMPTY_MB_MAX}`,
);
for (const problem of problems) console.error(`failed: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
