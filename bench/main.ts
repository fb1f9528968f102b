import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
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
 * on who else uses it. `node bench/main.ts [--seconds 5] [--rounds 3]`. The medians also go to bench/results/latest.json.
 *
 * (a) bare node:http that reads the body and sends a constant of the same size    on one core
 * (b) the gateway's products(pagination:{take:10}){id name price}                 on one core; PostgreSQL on the other
 * (d) a bare loop of single-row durable inserts into the same PostgreSQL          all on two cores
 * (c) createOrder with three lines                                                all on two cores
 */
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, rounds: { type: 'string', default: '3' } },
});
const CONNECTIONS = 64;
const PRODUCTS = 1_000;
const ACCOUNTS = 100;
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const note = (text: string): void => void process.stderr.write(`${text}\n`);

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

function median<T>(results: readonly T[], of: (result: T) => number): T {
  const sorted = [...results].sort((one, other) => of(one) - of(other));
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (!middle) throw new Error('nothing was measured');
  return middle;
}

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

const postgres = stack.use(await startEmbeddedPostgres({ folder: join(work, 'postgres') }));
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

const rounds: { a: Measured; b: Measured; c: Measured; d: { insertsPerSecond: number } }[] = [];
let idleMiB: number;
{
  // On one core: the gateway with its services, and the bare server.
  await using shop = await startProgram([here('../cmd/fritzy/main.ts')], { core: 0, env });
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
  const size = (
    await (
      await fetch(`${url}/graphql`, {
        method: 'POST',
        body: query,
        headers: { 'content-type': 'application/json' },
      })
    ).text()
  ).length;

  await using bare = await startProgram([here('bare-server.ts')], { core: 0, env: { SIZE: String(size) } });
  note('Warming up ...');
  for (const server of [bare, shop]) await measure(server, bodies, 1, '3');
  for (let round = 1; round <= Number(values.rounds); round++) {
    note(`Round ${round} of ${values.rounds}: reads on one core ...`);
    const a = await measure(bare, bodies, 1, values.seconds);
    const b = await measure(shop, bodies, 1, values.seconds);
    rounds.push({ a, b } as (typeof rounds)[number]);
  }
}
{
  await using shop = await startProgram([here('../cmd/fritzy/main.ts')], { env });
  note('Warming up ...');
  await measure(shop, orders, undefined, '3');
  for (const [index, round] of rounds.entries()) {
    note(`Round ${index + 1} of ${values.rounds}: writes on all cores ...`);
    const d = await runProgram<{ insertsPerSecond: number }>([
      here('insert-loop.ts'),
      postgres.url('bench'),
      String(CONNECTIONS),
      values.seconds,
    ]);
    Object.assign(round, { d, c: await measure(shop, orders, undefined, values.seconds) });
  }
}

const reads = median(rounds, (round) => round.b.requestsPerSecond / round.a.requestsPerSecond);
const writes = median(rounds, (round) => round.c.requestsPerSecond / round.d.insertsPerSecond);
const ratio = {
  productsToBare: reads.b.requestsPerSecond / reads.a.requestsPerSecond,
  createOrderToInsert: writes.c.requestsPerSecond / writes.d.insertsPerSecond,
};
const row = (
  name: string,
  perSecond: number,
  cpu: number | undefined,
  p95: number | undefined,
  against: string,
): string =>
  [
    name.padEnd(62),
    Math.round(perSecond).toLocaleString('en').padStart(9),
    (cpu === undefined ? '' : cpu.toFixed(1)).padStart(12),
    (p95 === undefined ? '' : p95.toFixed(2)).padStart(8),
    against.padStart(14),
  ].join('  ');
console.log(
  [
    '',
    [
      'what'.padEnd(62),
      'per s'.padStart(9),
      'CPU µs each'.padStart(12),
      'p95 ms'.padStart(8),
      'ratio'.padStart(14),
    ].join('  '),
    row(
      '(a) bare node:http, same body and answer size, one core',
      reads.a.requestsPerSecond,
      reads.a.cpuMicrosPerRequest,
      reads.a.p95,
      '1',
    ),
    row(
      '(b) products(take: 10) { id name price }, one core',
      reads.b.requestsPerSecond,
      reads.b.cpuMicrosPerRequest,
      reads.b.p95,
      `${ratio.productsToBare.toFixed(2)} × (a)`,
    ),
    row(
      '(d) bare loop of single-row durable inserts, two cores',
      writes.d.insertsPerSecond,
      undefined,
      undefined,
      '1',
    ),
    row(
      '(c) createOrder with three lines, two cores',
      writes.c.requestsPerSecond,
      writes.c.cpuMicrosPerRequest,
      writes.c.p95,
      `${ratio.createOrderToInsert.toFixed(2)} × (d)`,
    ),
    '',
    `Idle memory of the shop's Node process: ${Math.round(idleMiB)} MiB. Medians of ${rounds.length} rounds of ${values.seconds} s, ${CONNECTIONS} connections.`,
  ].join('\n'),
);
await mkdir(here('results'), { recursive: true });
await writeFile(
  here('results/latest.json'),
  `${JSON.stringify({ node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, ratio, idleMiB, rounds }, null, 2)}\n`,
);
