import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { eventRows, measureEvents } from '#bench/events.ts';
import {
  CONNECTIONS,
  HEADINGS,
  measure,
  median,
  perSecond,
  row,
  spread,
  type Measured,
} from '#bench/measure.ts';
import { measureProductReads, productReadRows } from '#bench/product-reads.ts';
import { canPin, residentMiB, runProgram, startProgram } from '#bench/processes.ts';
import { measureSearch, searchRows } from '#bench/search.ts';
import {
  fillAccounts,
  fillProducts,
  nodeFlags,
  orderBodies,
  PAGE_BODY,
  shopEnvironment,
} from '#bench/shop.ts';
import { startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';
import { installProblem } from '#testkit/engine-cache.ts';

/**
 * Measures the throughput of the shop and of references in one run and prints their ratios. Absolute figures depend on
 * the machine and its other load, so reference and shop are measured in alternating short slices, and the result
 * is the median of the paired ratios. `node bench/main.ts [--seconds 2] [--rounds 9]`. Writes all slices to
 * bench/results/latest.json.
 *
 * (a)  node:http that reads the body and sends a constant of the same size             one core
 * (b)  products(pagination: { take: 10 }) { id name price } through the gateway        one core; PostgreSQL on the other
 * (b2) the same with 500 different pages, so that callers share no reads               as (b)
 * (d)  a loop of durable single-row inserts into the same PostgreSQL                   two cores in total
 * (c)  createOrder with three lines                                                    two cores in total
 * (f)  product(id) with and without the cache, and (a) with a response of that size    one core
 * (e)  events from the outbox through three Kafka brokers to an effect,
 *      and (e1) the Kafka client alone                                                 two cores in total
 * (g)  searchProducts, and (g1) the same queries sent directly to Elasticsearch        two cores in total
 */
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '2' }, rounds: { type: 'string', default: '9' } },
});
const PRODUCTS = 1_000;
const ACCOUNTS = 100;
const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const log = (text: string): void => void process.stderr.write(`${text}\n`);

/** The slices of one round. */
interface Round {
  readonly a: Measured;
  readonly b: Measured;
  readonly b2: Measured;
  readonly c: Measured;
  readonly d: { readonly insertsPerSecond: number };
}

/** Also used for the references. */
const flags = await nodeFlags();

await using stack = new AsyncDisposableStack();
const work = await mkdtemp(join(tmpdir(), 'fritzy-bench-'));
stack.defer(() => rm(work, { recursive: true, force: true }));

log(
  `${cpus().length} cores (${cpus()[0]?.model}), Node ${process.version}, ${canPin ? 'processes pinned to separate cores' : 'processes not pinned'}`,
);
log('Starting the shop with durable settings and adding data ...');
const bodies = join(work, 'bodies.json');
const orders = join(work, 'orders.json');
await writeFile(bodies, JSON.stringify([PAGE_BODY]));
const pages = join(work, 'pages.json');
const paged = 'query Page($skip: Int!) { products(pagination: { skip: $skip, take: 10 }) { id name price } }';
const pageBodies = Array.from({ length: 500 }, (_, skip) =>
  JSON.stringify({ query: paged, variables: { skip } }),
);
await writeFile(pages, JSON.stringify(pageBodies));

const postgres = stack.use(
  await startEmbeddedPostgres({ folder: join(work, 'postgres'), settings: { max_connections: '200' } }),
);
await postgres.ensureDatabase('bench');
const env = await shopEnvironment(postgres, join(work, 'shop'));

const reads: Pick<Round, 'a' | 'b'>[] = [];
const differentPages: Pick<Round, 'a' | 'b2'>[] = [];
const writes: Pick<Round, 'c' | 'd'>[] = [];
const count = Number(values.rounds);
const { seconds } = values;
/** The number of slices of the rows (e), (f) and (g), which start their own engines or programs. */
const fewerRounds = Math.ceil(count / 3);
let idleMiB: number;
let productIds: readonly string[];
let size: number;
{
  await using shop = await startProgram([...flags, pathOf('../cmd/fritzy/main.ts')], { env });
  idleMiB = await residentMiB(shop.pid);
  const url = `http://127.0.0.1:${shop.port}`;
  const products = await fillProducts(url, PRODUCTS);
  productIds = products;
  const accounts = await fillAccounts(url, ACCOUNTS);
  await writeFile(orders, JSON.stringify(orderBodies(products, accounts)));
  size = (
    await (
      await fetch(`${url}/graphql`, {
        method: 'POST',
        body: PAGE_BODY,
        headers: { 'content-type': 'application/json' },
      })
    ).text()
  ).length;
}
{
  // The shop and the reference server share one core.
  await using shop = await startProgram([...flags, pathOf('../cmd/fritzy/main.ts')], { core: 0, env });
  await using bare = await startProgram([...flags, pathOf('bare-server.ts')], {
    core: 0,
    env: { SIZE: String(size) },
  });
  log('Warming up ...');
  await measure(shop, { bodiesFile: bodies, core: 1, seconds: '4' });
  await measure(bare, { bodiesFile: bodies, core: 1, seconds: '2' });
  for (let round = 1; round <= count; round++) {
    log(`Round ${round} of ${count}: reads on one core ...`);
    const a = await measure(bare, { bodiesFile: bodies, core: 1, seconds: seconds });
    const b = await measure(shop, { bodiesFile: bodies, core: 1, seconds: seconds });
    reads.push({ a, b });
  }
  await measure(shop, { bodiesFile: pages, core: 1, seconds: '4' });
  for (let round = 1; round <= count; round++) {
    log(`Round ${round} of ${count}: different pages on one core ...`);
    const a = await measure(bare, { bodiesFile: bodies, core: 1, seconds: seconds });
    const b2 = await measure(shop, { bodiesFile: pages, core: 1, seconds: seconds });
    differentPages.push({ a, b2 });
  }
}
{
  await using shop = await startProgram([...flags, pathOf('../cmd/fritzy/main.ts')], { env });
  log('Warming up ...');
  await measure(shop, { bodiesFile: orders, seconds: '4' });
  for (let round = 1; round <= count; round++) {
    log(`Round ${round} of ${count}: writes on all cores ...`);
    const args = [pathOf('insert-loop.ts'), postgres.url('bench'), String(CONNECTIONS), seconds];
    const d = await runProgram<{ insertsPerSecond: number }>(args);
    const c = await measure(shop, { bodiesFile: orders, seconds: seconds });
    writes.push({ c, d });
  }
}

log('Reads of single products ...');
const productReads = await measureProductReads({
  ids: productIds,
  flags,
  env,
  bodiesFile: join(work, 'product-ids.json'),
  rounds: fewerRounds,
  seconds,
});

/** The result of `run`, or, if the engine is missing, the reason with the remedy for the table. */
async function runIfInstalled<T>(
  kind: 'kafka' | 'elasticsearch',
  run: () => Promise<T>,
): Promise<T | string> {
  const problem = installProblem(kind);
  if (problem !== false) return problem;
  log(`Starting ${kind} ...`);
  return run();
}
const events = await runIfInstalled('kafka', () => measureEvents({ postgres, flags, rounds: fewerRounds }));
const searches = await runIfInstalled('elasticsearch', () =>
  measureSearch({ flags, env, folder: work, rounds: fewerRounds, seconds }),
);

const ratios = {
  productsToBare: reads.map(({ a, b }) => b.requestsPerSecond / a.requestsPerSecond),
  differentPagesToBare: differentPages.map(({ a, b2 }) => b2.requestsPerSecond / a.requestsPerSecond),
  createOrderToInsert: writes.map(({ c, d }) => c.requestsPerSecond / d.insertsPerSecond),
};

const a = reads.map((round) => round.a);
const b = reads.map((round) => round.b);
const b2 = differentPages.map((round) => round.b2);
const c = writes.map((round) => round.c);
const lines = [
  '',
  HEADINGS,
  row('(a)  bare node:http, same request and response size, one core', perSecond(a), { runs: a }),
  row('(b)  products(take: 10) { id name price }, one core', perSecond(b), {
    runs: b,
    against: spread(ratios.productsToBare, 'a'),
  }),
  row('(b2) the same, 500 different pages, one core', perSecond(b2), {
    runs: b2,
    against: spread(ratios.differentPagesToBare, 'a'),
  }),
  row(
    '(d)  durable single-row inserts in a loop, all cores',
    median(writes.map(({ d }) => d.insertsPerSecond)),
  ),
  row('(c)  createOrder with three lines, all cores', perSecond(c), {
    runs: c,
    against: spread(ratios.createOrderToInsert, 'd'),
  }),
  ...productReadRows(productReads),
  ...(typeof events === 'string' ? [`(e)  not measured: ${events}`] : eventRows(events)),
  ...(typeof searches === 'string' ? [`(g)  not measured: ${searches}`] : searchRows(searches)),
  '',
  `Memory of the idle Node process of the shop: ${Math.round(idleMiB)} MiB.`,
  `Medians of ${count} alternating slices of ${seconds} s (e, f, g: ${fewerRounds}); ratios of adjacent slices, with their range. ${CONNECTIONS} connections.`,
];
console.log(lines.join('\n'));
const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, pinned: canPin };
await mkdir(pathOf('results'), { recursive: true });
await writeFile(
  pathOf('results/latest.json'),
  `${JSON.stringify({ machine, ratios, idleMiB, reads, differentPages, writes, productReads, events, searches }, null, 2)}\n`,
);
