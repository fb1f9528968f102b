import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Result } from '#bench/load.ts';
import { runProgram, startProgram } from '#bench/processes.ts';
import { searchBody } from '#catalog/search/engine-query.ts';
import { parseSearch } from '#catalog/search/search-terms.ts';
import { openEngineCatalog } from '#catalog/test/engine-catalog.ts';
import { productOf } from '#scripts/seed-data.ts';
import { openTestEngine } from '#testkit/engines.ts';
import { postGraphQL, testCall } from '#testkit/shop.ts';

/**
 * Searches through the gateway against the bare engine on the same queries, in slices that take turns:
 * node bench/search.ts [rounds] [seconds]. 10,000 products, 64 connections, all cores. The gateway also reads what was
 * found from PostgreSQL, and asks once for equal queries that wait together.
 */
const [ROUNDS, SECONDS] = [Number(process.argv[2] ?? 5), process.argv[3] ?? '3'];
const PRODUCTS = 10_000;
const CONNECTIONS = '64';
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** A make and a thing, some with a beginning as the last word: 100 different ones. */
const WORDS = Array.from({ length: 100 }, (_, nr) => {
  const [make = '', , ...rest] = productOf(nr * 101).name.split(' ');
  return `${make} ${nr % 3 === 0 ? (rest[0] ?? '').slice(0, 4) : rest[0]}`;
});

function bodyOf(text: string): string {
  const filter = { id: null, priceMin: null, priceMax: null, categoryId: null, tags: [] };
  const wants = { hits: true, total: false, facets: false, didYouMean: false };
  const query = { text, filter, sort: 'relevance', size: 10, skip: 0, after: null, wants } as const;
  return JSON.stringify(searchBody(query, parseSearch(text) ?? null, 'fits'));
}

const document =
  'query Search($query: String) { searchProducts(query: $query, first: 10) { nodes { id name price } } }';
const requestOf = (text: string) => ({ query: document, variables: { query: text } });

await using stack = new AsyncDisposableStack();
const work = await mkdtemp(join(tmpdir(), 'fritzy-bench-search-'));
stack.defer(() => rm(work, { recursive: true, force: true }));
const engine = stack.use(await openTestEngine('elasticsearch'));
let searchUrl: string;
const flags = (await readFile(here('../cmd/fritzy/node-flags'), 'utf8')).trim().split('\n');
{
  // Only for the alias: the shop below builds its own index behind it.
  await using probe = new AsyncDisposableStack();
  ({ searchUrl } = await openEngineCatalog(engine.url, probe));
}
const env = {
  PORT: '0',
  LOG_LEVEL: 'warn',
  FRITZY_DATA: join(work, 'shop'),
  SEARCH_URL: `${searchUrl}-bench`,
};
const shop = stack.use(await startProgram([...flags, here('../cmd/fritzy/main.ts')], { env }));
const url = `http://127.0.0.1:${shop.port}`;
for (let from = 0; from < PRODUCTS; from += 100) {
  const mutation = 'mutation($product: ProductInput!) { createProduct(product: $product) { id } }';
  const chunk = Array.from({ length: 100 }, (_, at) => ({
    query: mutation,
    variables: { product: productOf(from + at) },
  }));
  await Promise.all(chunk.map((body) => postGraphQL(url, body)));
}
// Until the engine has all: it counts exactly up to there.
const path = new URL(`${searchUrl}-bench`).pathname;
for (const call = testCall({ timeoutMs: 120_000 }); ;) {
  call.throwIfEnded();
  const response = await fetch(`${engine.url}${path}/_count`).catch(() => undefined);
  const { count } = response?.ok ? ((await response.json()) as { count: number }) : { count: 0 };
  if (count === PRODUCTS) break;
  await new Promise((resolve) => void setTimeout(resolve, 200));
}

async function files(texts: readonly string[], name: string): Promise<{ bare: string; gateway: string }> {
  const [bare, gateway] = [join(work, `${name}-bare.json`), join(work, `${name}-gateway.json`)];
  await writeFile(bare, JSON.stringify(texts.map(bodyOf)));
  await writeFile(gateway, JSON.stringify(texts.map((text) => JSON.stringify(requestOf(text)))));
  return { bare, gateway };
}

const load = (port: number | string, file: string, ...more: string[]): Promise<Result> =>
  runProgram<Result>([here('load.ts'), String(port), CONNECTIONS, SECONDS, file, ...more]);
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Searches that PostgreSQL answered because the engine took too long: those would measure something else. */
async function fallbacks(): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^fritzy_search_fallbacks_total (\d+)/m.exec(metrics)?.[1] ?? Number.NaN);
}

for (const [what, texts] of [
  ['the same query', ['Aurora keyboard']],
  ['100 different queries in turn', WORDS],
] as const) {
  const { bare, gateway } = await files(texts, what.replaceAll(' ', '-'));
  const { port } = new URL(engine.url);
  const runs: { engine: Result; shop: Result }[] = [];
  await load(port, bare, `${path}/_search`);
  await load(shop.port, gateway);
  for (let round = 0; round < ROUNDS; round++)
    runs.push({ engine: await load(port, bare, `${path}/_search`), shop: await load(shop.port, gateway) });
  const ratios = runs.map((run) => run.shop.requestsPerSecond / run.engine.requestsPerSecond);
  const failures = runs.reduce((sum, run) => sum + run.shop.failures + run.engine.failures, 0);
  console.log(
    `${what}: bare engine ${median(runs.map((run) => run.engine.requestsPerSecond)).toFixed(0)}/s, ` +
      `gateway ${median(runs.map((run) => run.shop.requestsPerSecond)).toFixed(0)}/s, ` +
      `ratio ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}), ` +
      `p95 ${median(runs.map((run) => run.shop.p95)).toFixed(1)} ms, ${failures} failures, ${await fallbacks()} answered by PostgreSQL so far`,
  );
}
