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
 * Reindexes a large catalogue while it changes and is searched: `make bench-reindex`, or node bench/reindex.ts [products]
 * [updates a second] [elasticsearch|opensearch]. Prints what it took, and ends with status 1 if an update was lost, a
 * search saw an empty or half index, the updates were fewer than that, or the process took more memory than it may.
 */
const PRODUCTS = Number(process.argv[2] ?? 100_000);
const UPDATES_A_SECOND = Number(process.argv[3] ?? 200);
const KIND = process.argv[4] === 'opensearch' ? 'opensearch' : 'elasticsearch';
/** How far the updates may be behind their rate in the end. */
const BEHIND_MS_MAX = 1_000;
/** What a rebuild may take above one of an empty catalogue, whatever the number of products. */
const ABOVE_EMPTY_MB_MAX = 150;
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
  const bar = new SingleBar(
    { format: 'inserted {bar} {value}/{total}', noTTYOutput: true, notTTYSchedule: 2_000 },
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

/** `make reindex` as a process of its own, which shows how far it is, and the most memory that it had. */
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
  if (code !== 0) throw new Error(`make reindex ended with ${code}: ${output}`);
  return { seconds: (performance.now() - startedMs) / 1_000, peakMb };
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
    seen: () => ({ updates, searches, totals: new Map(totals) }),
  };
}

await using stack = new AsyncDisposableStack();
console.log(`starting PostgreSQL and ${KIND} ...`);
const engine = stack.use(await openTestEngine(KIND));
const shop = await openEngineCatalog(engine.url, stack);
console.log('an empty catalogue:');
const empty = await reindex(shop);
console.log(`${empty.seconds.toFixed(1)} s, ${empty.peakMb.toFixed(0)} MB`);
const ids = await fill(shop);
console.log(`${PRODUCTS} products, nothing else going on:`);
const quiet = await reindex(shop);
console.log(`${quiet.seconds.toFixed(1)} s, ${quiet.peakMb.toFixed(0)} MB`);
const { total: whole } = await shop.catalog.searchProducts(
  { query: QUERY, size: 1, withTotal: true },
  testCall(),
);

console.log(`${PRODUCTS} products, ${UPDATES_A_SECOND} updates/s and searches:`);
const stop = new AbortController();
const load = trouble(shop, ids, stop.signal);
const startedMs = performance.now();
const busy = await reindex(shop);
const { updates, searches, totals } = load.seen();
const tookMs = performance.now() - startedMs;
stop.abort();
await load.ended;
const aboveMb = busy.peakMb - empty.peakMb;
console.log(
  `${busy.seconds.toFixed(1)} s, ${busy.peakMb.toFixed(0)} MB, ${aboveMb.toFixed(0)} MB above the empty catalogue`,
);
const seen = [...totals].map(([total, count]) => `${total} × ${count}`).join(', ');
console.log(
  `meanwhile ${updates} updates (${((updates * 1_000) / tookMs).toFixed(0)}/s), ${searches} searches; totals seen: ${seen}`,
);

const problems: string[] = [];
const mustHold = (holds: boolean, problem: string): void => void (holds || problems.push(problem));
console.log("comparing every product's version in the index with the table's ...");
await shop.settle().then(
  () => console.log('0 updates lost'),
  (error: unknown) => problems.push(`an update was lost: ${messageOf(error)}`),
);
const { values: fallbacks } = await catalogMetrics(shop.deps.telemetry.registry).fallbacks.get();
const elsewhere = fallbacks.reduce((sum, { value }) => sum + value, 0);
mustHold(
  elsewhere === 0,
  `${elsewhere} searches were answered by PostgreSQL, which says nothing of the index`,
);
mustHold(whole > 0 && searches > 0, 'no search found anything before or meanwhile');
mustHold(totals.size === 1 && totals.has(whole), `a search found something else than all ${whole}: ${seen}`);
const due = (UPDATES_A_SECOND * (tookMs - BEHIND_MS_MAX)) / 1_000;
mustHold(updates >= due, `${updates} updates were made, but ${due.toFixed(0)} were due`);
mustHold(
  aboveMb <= ABOVE_EMPTY_MB_MAX,
  `it took ${aboveMb.toFixed(0)} MB above the empty catalogue, ${ABOVE_EMPTY_MB_MAX} are allowed`,
);
for (const problem of problems) console.error(`failed: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
