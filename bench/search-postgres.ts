import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Presets, SingleBar } from 'cli-progress';
import { CATEGORIES, searchProductOf } from '#bench/search-products.ts';
import { GROUPS, type BenchQuery } from '#bench/search-queries.ts';
import { SEARCH_POOL } from '#catalog/config.ts';
import { SEARCH_LANGUAGE_DEFAULT } from '#catalog/search/language.ts';
import { fillSearchTables } from '#catalog/search/postgres/fill-tables.ts';
import { openPostgresSearch } from '#catalog/search/postgres/open-search.ts';
import { createSearchRows } from '#catalog/search/postgres/rows.ts';
import { NO_FILTER, type SearchIndex, type SearchResult } from '#catalog/search/search-index.ts';
import { SEARCH_SETTINGS } from '#catalog/service.ts';
import { systemClock } from '#platform/clock.ts';
import { createLogger } from '#platform/logger.ts';
import { startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';
import { migrate } from '#platform/postgres/migrate.ts';
import { openDatabase, type Database } from '#platform/postgres/pool.ts';
import { serviceMigrations } from '#platform/service.ts';
import { createTelemetry } from '#platform/telemetry.ts';

/**
 * Measures searches in PostgreSQL, one at a time, in process: `make bench-search`, or node bench/search-postgres.ts
 * [products] [part of the kinds to measure]. Exits with status 1 if the median of a query exceeds the limit.
 */
const PRODUCTS = Number(process.argv[2] ?? 100_000);
const ONLY = process.argv[3] ?? '';
const RUNS = 30;
const MEDIAN_MS_MAX = 50;
const PAGE_SIZE = 20;
const BATCH = 5_000;

const INSERT = {
  name: 'insert_products',
  text: `
  INSERT INTO product (id, name, description, price_minor, created_at, category_id, tags)
  SELECT p.id, p.name, description, price_minor, now(), category.id, string_to_array(tags, '|')
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[])
    AS p(id, name, description, price_minor, tags, category) LEFT JOIN category ON category.name = p.category`,
};
const INSERT_CATEGORY = {
  name: 'insert_category',
  text: 'INSERT INTO category (id, name, path, created_at) VALUES ($1, $2, ARRAY[$1::uuid], now())',
};

async function fill(database: Database): Promise<void> {
  for (const [name] of CATEGORIES) await database.query(INSERT_CATEGORY, [systemClock.newId(), name]);
  const bar = new SingleBar(
    { format: 'products {bar} {value}/{total}', noTTYOutput: true, notTTYSchedule: 5_000 },
    Presets.shades_classic,
  );
  bar.start(PRODUCTS, 0);
  for (let from = 0; from < PRODUCTS; from += BATCH) {
    const products = Array.from({ length: Math.min(BATCH, PRODUCTS - from) }, (_, at) =>
      searchProductOf(from + at),
    );
    await database.query(INSERT, [
      products.map(() => systemClock.newId()),
      products.map(({ name }) => name),
      products.map(({ description }) => description),
      products.map(({ priceMinor }) => priceMinor),
      products.map(({ tags }) => tags.join('|')),
      products.map(({ category }) => category),
    ]);
    bar.update(from + products.length);
  }
  bar.stop();
}

/** The reference: the search of a shop without an index, for a word of 10,000 products. */
const PATTERN_SEARCH = {
  name: 'pattern_search',
  text: `
  SELECT id FROM product WHERE name ILIKE '%aurora%' OR description ILIKE '%aurora%' ORDER BY name, id LIMIT ${PAGE_SIZE}`,
};

interface Timings {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

function timingsOf(durationsMs: readonly number[]): Timings {
  const sorted = durationsMs.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}

/** Returns the result of a first run, and the durations of RUNS further runs, in ms. */
async function timeRuns<T>(run: () => Promise<T>): Promise<{ durationsMs: readonly number[]; result: T }> {
  const result = await run();
  const durationsMs: number[] = [];
  for (let count = 0; count < RUNS; count++) {
    const startedMs = performance.now();
    await run();
    durationsMs.push(performance.now() - startedMs);
  }
  return { durationsMs, result };
}

function measure(
  { text, counts = false }: BenchQuery,
  indexOf: () => SearchIndex,
): Promise<{ durationsMs: readonly number[]; result: SearchResult }> {
  const include = { hits: true, total: counts, facets: counts, didYouMean: true };
  const page = { size: PAGE_SIZE, skip: 0, backward: false, after: null, until: null };
  const { signal } = new AbortController();
  const search = (): Promise<SearchResult> =>
    indexOf().search({ text, filter: NO_FILTER, sort: 'relevance', ...page, include }, signal);
  return timeRuns(search);
}

const columns = ({ p50, p95, max }: Timings): string =>
  [p50, p95, max].map((ms) => ms.toFixed(1).padStart(7)).join('');
const clip = (text: string): string => (text.length > 34 ? `${text.slice(0, 33)}…` : text);

await using stack = new AsyncDisposableStack();
const folder = await mkdtemp(join(tmpdir(), 'fritzy-search-'));
stack.defer(() => rm(folder, { recursive: true, force: true }));
const postgres = stack.use(await startEmbeddedPostgres({ folder }));
await postgres.ensureDatabase('catalog');
const url = postgres.url('catalog');
await migrate(
  url,
  serviceMigrations('catalog', fileURLToPath(new URL('../catalog/migrations', import.meta.url))),
);
const own = { url, name: 'catalog', telemetry: createTelemetry(), settings: SEARCH_SETTINGS };
const database = stack.use(openDatabase({ ...own, ...SEARCH_POOL, statementTimeoutMs: 30_000 }));
const open = () => openPostgresSearch(database, SEARCH_LANGUAGE_DEFAULT);
const { tables, lexicon, index: warm } = open();
await fill(database);
const startedMs = performance.now();
const logger = await createLogger({ service: 'bench', level: 'warn', format: 'text' });
const filling = stack.use(openDatabase({ ...own, statementTimeoutMs: 600_000 }));
await fillSearchTables({ database: filling, tables, rows: createSearchRows(tables, lexicon), logger });
console.log(`search tables filled in ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`);
await filling.query({ name: 'vacuum', text: 'VACUUM ANALYZE' }, []);

console.log(`\n${PRODUCTS} products, ${RUNS} searches each, in ms; cold: with an empty cache of words`);
const title = `${'kind'.padEnd(36)}${'query'.padEnd(36)}${'matched'.padEnd(11)}hits`;
console.log(`${title}     p50    p95    max   cold    p95    max`);
const reference = timingsOf((await timeRuns(() => database.query(PATTERN_SEARCH, []))).durationsMs);
const referenceText = 'reference: ILIKE over all products';
console.log(`${referenceText.padEnd(88)}${columns(reference)}\n`);
let slow = 0;
for (const [group, queries] of Object.entries(GROUPS)) {
  const all: number[] = [];
  for (const query of queries.filter(({ kind }) => kind.includes(ONLY))) {
    const { durationsMs, result } = await measure(query, () => warm);
    all.push(...durationsMs);
    const timings = timingsOf(durationsMs);
    const cold = timingsOf((await measure(query, () => open().index)).durationsMs);
    const isSlow = Math.max(timings.p50, cold.p50) > MEDIAN_MS_MAX;
    if (isSlow) slow += 1;
    const hits = String(result.hits.length).padStart(4);
    const matched = result.hits.length > 0 ? result.matched : 'none';
    const text = `${query.kind.padEnd(36)}${clip(query.text).padEnd(36)}${matched.padEnd(11)}${hits}`;
    console.log(`${text} ${columns(timings)}${columns(cold)}${isSlow ? '  SLOW' : ''}`);
  }
  const timings = timingsOf(all);
  const ratio = (timings.p95 / reference.p50).toFixed(2);
  console.log(`${`all ${group}`.padEnd(88)}${columns(timings)}  p95: ${ratio} × the reference\n`);
}
if (slow > 0) {
  console.error(`failed: ${slow} queries have a median above ${MEDIAN_MS_MAX} ms`);
  process.exitCode = 1;
}
