import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure, perSecond, row, spread, type Measured } from '#bench/measure.ts';
import { startProgram } from '#bench/processes.ts';
import { searchBody } from '#catalog/search/engine-query.ts';
import { openPlanner } from '#catalog/test/open-planner.ts';
import { firstHitOf } from '#catalog/test/search-fixtures.ts';
import { productOf } from '#bench/products.ts';
import { startElasticsearch } from '#testkit/engines.ts';
import { postGraphQL } from '#testkit/shop.ts';

/** (g) Searches through gateway and catalog, and the same queries sent directly to Elasticsearch, on all cores. */
export interface SearchRound {
  readonly engine: Measured;
  readonly gateway: Measured;
}

const ALIAS = 'bench-products';
/** Different queries, so that callers share no reads. */
const QUERIES = 1_000;
const SIZE = 10;
const DOCUMENT = `query Search($query: String!) {
  searchProducts(query: $query, first: ${SIZE}) { edges { node { id name price } } } }`;
const INSERT_COUNT = 5_000;
const INDEXED_TIMEOUT_MS = 60_000;

export async function measureSearch(options: {
  readonly flags: readonly string[];
  readonly env: Record<string, string>;
  readonly folder: string;
  readonly rounds: number;
  readonly seconds: string;
}): Promise<SearchRound[]> {
  const { flags, env, folder, seconds } = options;
  await using engine = await startElasticsearch();
  await using shop = await startProgram(
    [...flags, fileURLToPath(new URL('../cmd/fritzy/main.ts', import.meta.url))],
    { env: { ...env, SEARCH_URL: `${engine.url}/${ALIAS}` } },
  );
  await fill(`http://127.0.0.1:${shop.port}`, engine.url);
  await using stack = new AsyncDisposableStack();
  const { planOf } = openPlanner(env['CATALOG_DATABASE_URL'] ?? '', stack);
  const texts = Array.from({ length: QUERIES }, (_, index) => queryText(index));
  const files = { gateway: join(folder, 'searches.json'), engine: join(folder, 'engine-searches.json') };
  await writeFile(
    files.gateway,
    JSON.stringify(texts.map((query) => JSON.stringify({ query: DOCUMENT, variables: { query } }))),
  );
  await writeFile(
    files.engine,
    JSON.stringify(
      await Promise.all(
        texts.map(async (text) =>
          JSON.stringify(searchBody({ ...firstHitOf(text), size: SIZE }, await planOf(text))),
        ),
      ),
    ),
  );
  const alias = await searchAliasOf(engine.url);
  const path = `/${alias}/_search?allow_partial_search_results=false`;
  const measureEngine = (length = seconds): Promise<Measured> =>
    measure(engine, { bodiesFile: files.engine, seconds: length, path });
  const measureGateway = (length = seconds): Promise<Measured> =>
    measure(shop, { bodiesFile: files.gateway, seconds: length });
  // Warm-up: the JVM compiles the query code for some seconds.
  await measureEngine('5');
  await measureGateway('5');
  const before = await fallbacks(shop.port);
  const rounds: SearchRound[] = [];
  for (let round = 0; round < options.rounds; round++)
    rounds.push({ engine: await measureEngine(), gateway: await measureGateway() });
  const fallbackCount = (await fallbacks(shop.port)) - before;
  if (fallbackCount > 0)
    throw new Error(`${fallbackCount} searches fell back to PostgreSQL, which is not measured here`);
  return rounds;
}

/** The number of searches that fell back to PostgreSQL. */
async function fallbacks(port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const counts = text.matchAll(/^fritzy_search_fallbacks_total\{.*\} (\d+)$/gm);
  return Array.from(counts, ([, count]) => Number(count)).reduce((sum, count) => sum + count, 0);
}

/**
 * Some or all words of the name of an existing product, sometimes with a truncated last word. All 1,000 texts differ. Each
 * has a match, because the gateway sends a second query to the engine if the first finds no product.
 */
function queryText(index: number): string {
  const words = productOf((index * 7_919) % INSERT_COUNT).name.split(' ');
  const kept = index % 3 === 0 ? words.slice(0, 2) : words;
  return index % 5 === 0 ? kept.join(' ').slice(0, -2) : kept.join(' ');
}

async function fill(url: string, engineUrl: string): Promise<void> {
  for (let from = 0; from < INSERT_COUNT; from += 50) {
    await Promise.all(
      Array.from({ length: 50 }, (_, at) => {
        const { name, description, price } = productOf(from + at);
        return postGraphQL(url, {
          query: 'mutation Fill($product: ProductInput!) { createProduct(product: $product) { id } }',
          variables: { product: { name, description, price } },
        });
      }),
    );
  }
  const deadline = performance.now() + INDEXED_TIMEOUT_MS;
  for (;;) {
    await fetch(`${engineUrl}/${ALIAS}/_refresh`, { method: 'POST' });
    const response = await fetch(`${engineUrl}/${ALIAS}/_count`);
    const { count = 0 } = (await response.json()) as { count?: number };
    if (count >= INSERT_COUNT) return;
    if (performance.now() > deadline)
      throw new Error(`only ${count} of ${INSERT_COUNT} products are in the index`);
    await new Promise((resolve) => void setTimeout(resolve, 100));
  }
}

/** The alias of searches: the one beside ALIAS. */
async function searchAliasOf(engineUrl: string): Promise<string> {
  const answer = await fetch(`${engineUrl}/${ALIAS}/_alias`);
  const indices = (await answer.json()) as Record<string, { aliases: Record<string, object> }>;
  const aliases = Object.values(indices).flatMap((index) => Object.keys(index.aliases));
  const found = aliases.find((alias) => alias.startsWith(`${ALIAS}-`) && !alias.endsWith('-write'));
  if (!found) throw new Error(`no alias of searches beside ${ALIAS}: ${aliases.join(', ')}`);
  return found;
}

export function searchRows(rounds: readonly SearchRound[]): string[] {
  const engine = rounds.map((round) => round.engine);
  const gateway = rounds.map((round) => round.gateway);
  const ratios = rounds.map((round) => round.gateway.requestsPerSecond / round.engine.requestsPerSecond);
  return [
    row('(g1) searches sent directly to Elasticsearch, all cores', perSecond(engine), { runs: engine }),
    row('(g)  the same 1,000 queries through the gateway, all cores', perSecond(gateway), {
      runs: gateway,
      against: spread(ratios, 'g1'),
    }),
  ];
}
