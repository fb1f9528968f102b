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
import { whatIsMissing } from '#testkit/engine-cache.ts';

/**
 * Measures the shop against named references in one run and prints ratios: absolute figures depend on the machine and
 * on who else uses it, so reference and shop take turns in short slices and the median of the paired ratios counts.
 * `node bench/main.ts [--seconds 2] [--rounds 9]`. All slices also go to bench/results/latest.json.
 *
 * (a) bare node:http that reads the body and sends a constant of the same size    on one core
 * (b) the gateway's products(pagination:{take:10}){id name price}                 on one core; PostgreSQL on the other
 * (b2) the same, 500 different pages in turn: nobody asks for the same             as (b)
 * (d) a bare loop of single-row durable inserts into the same PostgreSQL          all on two cores
 * (c) createOrder with three lines                                                all on two cores
 * (f) product(id) with and without the cache, and (a) of that size                on one core
 * (e) events from the outbox over three Kafka brokers to an effect, and (e1) the bare client      all on two cores
 * (g) searchProducts, and (g1) the same queries sent to Elasticsearch itself       all on two cores
 */
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '2' }, rounds: { type: 'string', default: '9' } },
});
const PRODUCTS = 1_000;
const ACCOUNTS = 100;
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const note = (text: string): void => void process.stderr.write(`${text}\n`);

/** One slice of everything, one after the other. */
interface Round {
  readonly a: Measured;
  readonly b: Measured;
  readonly b2: Measured;
  readonly c: Measured;
  readonly d: { readonly insertsPerSecond: number };
}

/** For the reference too. */
const flags = await nodeFlags();

await using stack = new AsyncDisposableStack();
const work = await mkdtemp(join(tmpdir(), 'fritzy-bench-'));
stack.defer(() => rm(work, { recursive: true, force: true }));

note(
  `${cpus().length} cores (${cpus()[0]?.model}), Node ${process.version}, ${canPin ? 'pinned apart' : 'not pinned'}`,
);
note('Starting the shop with durable settings, filling it ...');
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
/** Slices of the rows that have engines or programs of their own to start. */
const fewer = Math.ceil(count / 3);
let idleMiB: number;
let productIds: readonly string[];
let size: number;
{
  await using shop = await startProgram([...flags, here('../cmd/fritzy/main.ts')], { env });
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
  // On one core: the gateway with its services, and the bare server.
  await using shop = await startProgram([...flags, here('../cmd/fritzy/main.ts')], { core: 0, env });
  await using bare = await startProgram([...flags, here('bare-server.ts')], {
    core: 0,
    env: { SIZE: String(size) },
  });
  note('Warming up ...');
  await measure(shop, { bodiesFile: bodies, core: 1, seconds: '4' });
  await measure(bare, { bodiesFile: bodies, core: 1, seconds: '2' });
  for (let round = 1; round <= count; round++) {
    note(`Round ${round} of ${count}: reads on one core ...`);
    const a = await measure(bare, { bodiesFile: bodies, core: 1, seconds: seconds });
    const b = await measure(shop, { bodiesFile: bodies, core: 1, seconds: seconds });
    reads.push({ a, b });
  }
  await measure(shop, { bodiesFile: pages, core: 1, seconds: '4' });
  for (let round = 1; round <= count; round++) {
    note(`Round ${round} of ${count}: different pages on one core ...`);
    const a = await measure(bare, { bodiesFile: bodies, core: 1, seconds: seconds });
    const b2 = await measure(shop, { bodiesFile: pages, core: 1, seconds: seconds });
    differentPages.push({ a, b2 });
  }
}
{
  await using shop = await startProgram([...flags, here('../cmd/fritzy/main.ts')], { env });
  note('Warming up ...');
  await measure(shop, { bodiesFile: orders, seconds: '4' });
  for (let round = 1; round <= count; round++) {
    note(`Round ${round} of ${count}: writes on all cores ...`);
    const args = [here('insert-loop.ts'), postgres.url('bench'), String(CONNECTIONS), seconds];
    const d = await runProgram<{ insertsPerSecond: number }>(args);
    const c = await measure(shop, { bodiesFile: orders, seconds: seconds });
    writes.push({ c, d });
  }
}

note('Reads of single products ...');
const productReads = await measureProductReads({
  ids: productIds,
  flags,
  env,
  bodiesFile: join(work, 'product-ids.json'),
  rounds: fewer,
  seconds,
});

/** A missing engine is said in the table, with what to do about it. */
async function unlessMissing<T>(kind: 'kafka' | 'elasticsearch', run: () => Promise<T>): Promise<T | string> {
  const problem = whatIsMissing(kind);
  if (problem !== false) return problem;
  note(`Starting ${kind} ...`);
  return run();
}
const events = await unlessMissing('kafka', () => measureEvents({ postgres, flags, rounds: fewer }));
const searches = await unlessMissing('elasticsearch', () =>
  measureSearch({ flags, env, folder: work, rounds: fewer, seconds }),
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
  row('(a)  bare node:http, same body and answer size, one core', perSecond(a), { runs: a }),
  row('(b)  products(take: 10) { id name price }, one core', perSecond(b), {
    runs: b,
    against: spread(ratios.productsToBare, 'a'),
  }),
  row('(b2) the same, 500 different pages in turn, one core', perSecond(b2), {
    runs: b2,
    against: spread(ratios.differentPagesToBare, 'a'),
  }),
  row(
    '(d)  single-row durable inserts, bare loop, all cores',
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
  `Idle memory of the shop's Node process: ${Math.round(idleMiB)} MiB.`,
  `Medians of ${count} slices of ${seconds} s that take turns (e, f, g: ${fewer}); ratios are of neighbouring slices, with their range. ${CONNECTIONS} connections.`,
];
console.log(lines.join('\n'));
const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, pinned: canPin };
await mkdir(here('results'), { recursive: true });
await writeFile(
  here('results/latest.json'),
  `${JSON.stringify({ machine, ratios, idleMiB, reads, differentPages, writes, productReads, events, searches }, null, 2)}\n`,
);
