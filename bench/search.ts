import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure, perSecond, row, spread, type Measured } from '#bench/measure.ts';
import { startProgram } from '#bench/processes.ts';
import { searchBody } from '#catalog/search/engine-query.ts';
import { parseSearch } from '#catalog/search/search-terms.ts';
import { productOf } from '#bench/products.ts';
import { startElasticsearch } from '#testkit/engines.ts';
import { postGraphQL } from '#testkit/shop.ts';

/** (g) Searches through gateway and catalog against the same queries sent straight to Elasticsearch, on all cores. */
export interface SearchRound {
  readonly engine: Measured;
  readonly gateway: Measured;
}

const ALIAS = 'bench-products';
/** Different queries in turn, so that nobody asks for the same at the same time. */
const QUERIES = 1_000;
const SIZE = 10;
const DOCUMENT = `query Search($query: String!) {
  searchProducts(query: $query, first: ${SIZE}) { edges { node { id name price } } } }`;
const INSERT_COUNT = 5_000;
const INDEXED_TIMEOUT_MS = 60_000;
const FILTER = { priceMin: null, priceMax: null, categoryId: null, tags: [], id: null };
const WANTS = { hits: true, total: false, facets: false, didYouMean: false };

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
  const texts = Array.from({ length: QUERIES }, (_, nr) => queryText(nr));
  const files = { gateway: join(folder, 'searches.json'), engine: join(folder, 'engine-searches.json') };
  await writeFile(
    files.gateway,
    JSON.stringify(texts.map((query) => JSON.stringify({ query: DOCUMENT, variables: { query } }))),
  );
  await writeFile(
    files.engine,
    JSON.stringify(
      texts.map((text) =>
        JSON.stringify(
          searchBody(
            {
              text,
              filter: FILTER,
              sort: 'relevance',
              size: SIZE,
              skip: 0,
              backward: false,
              after: null,
              until: null,
              wants: WANTS,
            },
            parseSearch(text) ?? null,
            'fits',
          ),
        ),
      ),
    ),
  );
  const path = `/${ALIAS}/_search?allow_partial_search_results=false`;
  const askEngine = (length = seconds): Promise<Measured> =>
    measure(engine, { bodiesFile: files.engine, seconds: length, path });
  const askGateway = (length = seconds): Promise<Measured> =>
    measure(shop, { bodiesFile: files.gateway, seconds: length });
  // The engine compiles its queries for some seconds.
  await askEngine('5');
  await askGateway('5');
  const before = await fallbacks(shop.port);
  const rounds: SearchRound[] = [];
  for (let round = 0; round < options.rounds; round++)
    rounds.push({ engine: await askEngine(), gateway: await askGateway() });
  const answered = (await fallbacks(shop.port)) - before;
  if (answered > 0)
    throw new Error(`${answered} searches were answered by PostgreSQL, which is not measured here`);
  return rounds;
}

/** How many searches the shop's PostgreSQL has answered in the engine's place. */
async function fallbacks(port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const counts = text.matchAll(/^fritzy_search_fallbacks_total\{.*\} (\d+)$/gm);
  return Array.from(counts, ([, count]) => Number(count)).reduce((sum, count) => sum + count, 0);
}

/**
 * Two or three words of a product's name, or the beginning of one: no two of a thousand are the same. Of a product that is
 * there: for one that nothing fits the gateway would ask the engine once more, for what comes near it.
 */
function queryText(nr: number): string {
  const words = productOf((nr * 7_919) % INSERT_COUNT).name.split(' ');
  const kept = nr % 3 === 0 ? words.slice(0, 2) : words;
  return nr % 5 === 0 ? kept.join(' ').slice(0, -2) : kept.join(' ');
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
    if (performance.now() > deadline) throw new Error(`only ${count} products are in the index`);
    await new Promise((resolve) => void setTimeout(resolve, 100));
  }
}

export function searchRows(rounds: readonly SearchRound[]): string[] {
  const engine = rounds.map((round) => round.engine);
  const gateway = rounds.map((round) => round.gateway);
  const ratios = rounds.map((round) => round.gateway.requestsPerSecond / round.engine.requestsPerSecond);
  return [
    row('(g1) searches, straight to Elasticsearch, all cores', perSecond(engine), { runs: engine }),
    row('(g)  the same 1,000 queries through the gateway, all cores', perSecond(gateway), {
      runs: gateway,
      against: spread(ratios, 'g1'),
    }),
  ];
}
