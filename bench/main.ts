import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Result } from '#bench/load.ts';
import { canPin, cpuSeconds, residentMiB, runProgram, startProgram, type Program } from '#bench/processes.ts';
import { startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';
import { postGraphQL } from '#testkit/shop.ts';

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
 */
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '2' }, rounds: { type: 'string', default: '9' } },
});
/** As many callers as keep one core busy and no more than a small server has to expect. */
const CONNECTIONS = 64;
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

interface Measured extends Result {
  readonly cpuMicrosPerRequest: number;
}

/** CPU of the server's process over one load run, the generator on the other core where there is one. */
async function measure(
  server: Program,
  bodiesFile: string,
  generatorCore: number | undefined,
  seconds: string,
): Promise<Measured> {
  const before = await cpuSeconds(server.pid);
  const args = [here('load.ts'), String(server.port), String(CONNECTIONS), seconds, bodiesFile];
  const result = await runProgram<Result>(args, generatorCore);
  if (result.failures > 0) throw new Error(`${result.failures} of ${result.requests} requests failed`);
  return {
    ...result,
    cpuMicrosPerRequest: (((await cpuSeconds(server.pid)) - before) * 1e6) / result.requests,
  };
}

/** Creates entities over the API, 50 mutations at a time; returns their ids. */
async function fill(
  url: string,
  count: number,
  mutation: (nr: number) => string,
  field: string,
): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const chunk = Array.from({ length: Math.min(50, count - ids.length) }, (_, nr) => ids.length + nr);
    const results = await Promise.all(chunk.map((nr) => postGraphQL(url, { query: mutation(nr) })));
    ids.push(...results.map((result) => String(result.data[field].id)));
  }
  return ids;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The flags of `make run`, for the reference too. */
const flags = (await readFile(here('../cmd/fritzy/node-flags'), 'utf8')).trim().split('\n');

await using stack = new AsyncDisposableStack();
const work = await mkdtemp(join(tmpdir(), 'fritzy-bench-'));
stack.defer(() => rm(work, { recursive: true, force: true }));

note(
  `${cpus().length} cores (${cpus()[0]?.model}), Node ${process.version}, ${canPin ? 'pinned apart' : 'not pinned'}`,
);
note('Starting the shop with durable settings, filling it ...');
const bodies = join(work, 'bodies.json');
const orders = join(work, 'orders.json');
const query = JSON.stringify({ query: '{ products(pagination: { take: 10 }) { id name price } }' });
await writeFile(bodies, JSON.stringify([query]));
const pages = join(work, 'pages.json');
const paged = 'query Page($skip: Int!) { products(pagination: { skip: $skip, take: 10 }) { id name price } }';
const pageBodies = Array.from({ length: 500 }, (_, skip) =>
  JSON.stringify({ query: paged, variables: { skip } }),
);
await writeFile(pages, JSON.stringify(pageBodies));

const postgres = stack.use(
  await startEmbeddedPostgres({ folder: join(work, 'postgres'), settings: { max_connections: '200' } }),
);
const names = ['account', 'catalog', 'order', 'events', 'bench'];
await Promise.all(names.map((name) => postgres.ensureDatabase(name)));
const env = {
  PORT: '0',
  LOG_LEVEL: 'warn',
  FRITZY_DATA: join(work, 'shop'),
  ...Object.fromEntries(
    names.map((name) => [
      name === 'events' ? 'EVENTS_URL' : `${name.toUpperCase()}_DATABASE_URL`,
      postgres.url(name),
    ]),
  ),
};

const reads: Pick<Round, 'a' | 'b'>[] = [];
const differentPages: Pick<Round, 'a' | 'b2'>[] = [];
const writes: Pick<Round, 'c' | 'd'>[] = [];
const count = Number(values.rounds);
const { seconds } = values;
let idleMiB: number;
let size: number;
{
  await using shop = await startProgram([...flags, here('../cmd/fritzy/main.ts')], { env });
  idleMiB = await residentMiB(shop.pid);
  const url = `http://127.0.0.1:${shop.port}`;
  const products = await fill(
    url,
    PRODUCTS,
    (nr) =>
      `mutation { createProduct(product: { name: "Product ${nr}", description: "One of a thousand", price: ${nr}.99 }) { id } }`,
    'createProduct',
  );
  const accounts = await fill(
    url,
    ACCOUNTS,
    (nr) => `mutation { createAccount(account: { name: "Account ${nr}" }) { id } }`,
    'createAccount',
  );
  const pick = (from: readonly string[], nr: number): string => from[nr % from.length] ?? '';
  const document =
    'mutation Order($order: OrderInput!) { createOrder(order: $order) { id totalPrice createdAt } }';
  const orderBodies = Array.from({ length: 1_000 }, (_, nr) => {
    const lines = [7, 11, 13].map((step, line) => ({
      productId: pick(products, nr * step + line),
      quantity: line + 1,
    }));
    return JSON.stringify({
      query: document,
      variables: { order: { accountId: pick(accounts, nr), products: lines } },
    });
  });
  await writeFile(orders, JSON.stringify(orderBodies));
  size = (
    await (
      await fetch(`${url}/graphql`, {
        method: 'POST',
        body: query,
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
  await measure(shop, bodies, 1, '4');
  await measure(bare, bodies, 1, '2');
  for (let round = 1; round <= count; round++) {
    note(`Round ${round} of ${count}: reads on one core ...`);
    const a = await measure(bare, bodies, 1, seconds);
    const b = await measure(shop, bodies, 1, seconds);
    reads.push({ a, b });
  }
  await measure(shop, pages, 1, '4');
  for (let round = 1; round <= count; round++) {
    note(`Round ${round} of ${count}: different pages on one core ...`);
    const a = await measure(bare, bodies, 1, seconds);
    const b2 = await measure(shop, pages, 1, seconds);
    differentPages.push({ a, b2 });
  }
}
{
  await using shop = await startProgram([...flags, here('../cmd/fritzy/main.ts')], { env });
  note('Warming up ...');
  await measure(shop, orders, undefined, '4');
  for (let round = 1; round <= count; round++) {
    note(`Round ${round} of ${count}: writes on all cores ...`);
    const args = [here('insert-loop.ts'), postgres.url('bench'), String(CONNECTIONS), seconds];
    const d = await runProgram<{ insertsPerSecond: number }>(args);
    const c = await measure(shop, orders, undefined, seconds);
    writes.push({ c, d });
  }
}

const perSecond = (of: readonly { requestsPerSecond: number }[]): number =>
  median(of.map((one) => one.requestsPerSecond));
const ratios = {
  productsToBare: reads.map(({ a, b }) => b.requestsPerSecond / a.requestsPerSecond),
  differentPagesToBare: differentPages.map(({ a, b2 }) => b2.requestsPerSecond / a.requestsPerSecond),
  createOrderToInsert: writes.map(({ c, d }) => c.requestsPerSecond / d.insertsPerSecond),
};

function row(name: string, rate: number, runs: readonly Measured[], against: string): string {
  const cpu = runs.length === 0 ? '' : median(runs.map((run) => run.cpuMicrosPerRequest)).toFixed(1);
  const p95 = runs.length === 0 ? '' : median(runs.map((run) => run.p95)).toFixed(2);
  const cells = [Math.round(rate).toLocaleString('en').padStart(9), cpu.padStart(12), p95.padStart(8)];
  return [name.padEnd(62), ...cells, `  ${against}`].join('  ');
}

function spread(all: readonly number[], reference: string): string {
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return `${median(all).toFixed(2)} × (${reference})   ${low.toFixed(2)} to ${high.toFixed(2)}`;
}

const a = reads.map((round) => round.a);
const b = reads.map((round) => round.b);
const b2 = differentPages.map((round) => round.b2);
const c = writes.map((round) => round.c);
console.log(
  [
    '',
    [''.padEnd(62), 'per s'.padStart(9), 'CPU µs each'.padStart(12), 'p95 ms'.padStart(8), '  ratio'].join(
      '  ',
    ),
    row('(a)  bare node:http, same body and answer size, one core', perSecond(a), a, ''),
    row(
      '(b)  products(take: 10) { id name price }, one core',
      perSecond(b),
      b,
      spread(ratios.productsToBare, 'a'),
    ),
    row(
      '(b2) the same, 500 different pages in turn, one core',
      perSecond(b2),
      b2,
      spread(ratios.differentPagesToBare, 'a'),
    ),
    row(
      '(d)  single-row durable inserts, bare loop, all cores',
      median(writes.map(({ d }) => d.insertsPerSecond)),
      [],
      '',
    ),
    row(
      '(c)  createOrder with three lines, all cores',
      perSecond(c),
      c,
      spread(ratios.createOrderToInsert, 'd'),
    ),
    '',
    `Idle memory of the shop's Node process: ${Math.round(idleMiB)} MiB.`,
    `Medians of ${count} slices of ${seconds} s that take turns; ratios are of neighbouring slices, with their range. ${CONNECTIONS} connections.`,
  ].join('\n'),
);
const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, pinned: canPin };
await mkdir(here('results'), { recursive: true });
await writeFile(
  here('results/latest.json'),
  `${JSON.stringify({ machine, ratios, idleMiB, reads, differentPages, writes }, null, 2)}\n`,
);
