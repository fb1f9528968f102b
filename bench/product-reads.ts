import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { measure, perSecond, row, spread, type Measured } from '#bench/measure.ts';
import { startProgram } from '#bench/processes.ts';
import { postGraphQL } from '#testkit/shop.ts';

/** (f) product(id) through the gateway on one core: with the cache, and with a cache of one entry as the uncached case. */
export interface ProductReads {
  readonly bare: Measured;
  readonly cached: Measured;
  readonly uncached: Measured;
}

const DOCUMENT = 'query Product($id: ID!) { product(id: $id) { id name description price } }';
/** The number of different request bodies. The most popular of 1,000 products gets 1 / ln 1,000 of them (Zipf's law). */
const BODIES = 5_000;
const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export async function measureProductReads(options: {
  readonly ids: readonly string[];
  readonly flags: readonly string[];
  readonly env: Record<string, string>;
  readonly bodiesFile: string;
  readonly rounds: number;
  readonly seconds: string;
}): Promise<ProductReads[]> {
  const { ids, flags, env, bodiesFile, seconds } = options;
  await writeFile(bodiesFile, JSON.stringify(productBodies(ids)));
  const main = pathOf('../cmd/fritzy/main.ts');
  await using cached = await startProgram([...flags, main], { core: 0, env });
  await using uncached = await startProgram([...flags, main], {
    core: 0,
    env: { ...env, CACHE_ENTRIES_MAX: '1' },
  });
  const answer = await postGraphQL(`http://127.0.0.1:${cached.port}`, {
    query: DOCUMENT,
    variables: { id: ids[0] },
  });
  const size = Buffer.byteLength(JSON.stringify(answer));
  await using bare = await startProgram([...flags, pathOf('bare-server.ts')], {
    core: 0,
    env: { SIZE: String(size) },
  });
  const slice = (server: { pid: number; port: number }, length = seconds): Promise<Measured> =>
    measure(server, { bodiesFile, seconds: length, core: 1 });
  for (const server of [cached, uncached, bare]) await slice(server, '3');
  const rounds: ProductReads[] = [];
  for (let round = 0; round < options.rounds; round++)
    rounds.push({
      bare: await slice(bare),
      cached: await slice(cached),
      uncached: await slice(uncached),
    });
  return rounds;
}

/** The request bodies of row (f), with Zipf-distributed ids. */
export function productBodies(ids: readonly string[]): string[] {
  const randomId = (): string => ids[Math.floor(ids.length ** Math.random()) - 1] ?? '';
  return Array.from({ length: BODIES }, () =>
    JSON.stringify({ query: DOCUMENT, variables: { id: randomId() } }),
  );
}

export function productReadRows(rounds: readonly ProductReads[]): string[] {
  const of = (key: keyof ProductReads): Measured[] => rounds.map((round) => round[key]);
  const ratios = (key: keyof ProductReads): number[] =>
    rounds.map((round) => round.cached.requestsPerSecond / round[key].requestsPerSecond);
  return [
    row('(f1) bare node:http, same request and response size, one core', perSecond(of('bare')), {
      runs: of('bare'),
    }),
    row('(f2) product(id) of 1,000, Zipf-distributed, no cache, one core', perSecond(of('uncached')), {
      runs: of('uncached'),
    }),
    row('(f)  the same with the cache', perSecond(of('cached')), {
      runs: of('cached'),
      against: `${spread(ratios('bare'), 'f1')}, ${spread(ratios('uncached'), 'f2')}`,
    }),
  ];
}
