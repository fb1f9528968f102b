import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CONNECTIONS, HEADINGS, measure, perSecond, row, spread, type Measured } from '#bench/measure.ts';
import { canPin, startProgram, type Program } from '#bench/processes.ts';
import { productBodies } from '#bench/product-reads.ts';
import {
  fillAccounts,
  fillProducts,
  nodeFlags,
  orderBodies,
  PAGE_BODY,
  shopEnvironment,
} from '#bench/shop.ts';
import { startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';

/**
 * Compares the throughput of this checkout with that of another revision. Both are measured in alternating short slices
 * of one run; the result is the median of the paired ratios. `node bench/compare.ts <revision> [--seconds 2] [--rounds 15] [--rows bfc]`.
 * The rows are those of bench/main.ts: (b) the same page for all callers and (f) product(id) on one core, (c) createOrder
 * on all cores. Both revisions use the packages of this checkout.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '15' },
    rows: { type: 'string', default: 'bfc' },
  },
});
const [revision = 'HEAD~1'] = positionals;
const PRODUCTS = 1_000;
const ACCOUNTS = 100;
const root = fileURLToPath(new URL('..', import.meta.url));
const log = (text: string): void => void process.stderr.write(`${text}\n`);

interface Shop {
  readonly main: string;
  readonly env: Record<string, string>;
}

await using stack = new AsyncDisposableStack();
const work = await mkdtemp(join(tmpdir(), 'fritzy-compare-'));
stack.defer(() => rm(work, { recursive: true, force: true }));
const before = join(work, 'before');
execFileSync('git', ['-C', root, 'worktree', 'add', '--quiet', '--detach', before, revision]);
stack.defer(() => void execFileSync('git', ['-C', root, 'worktree', 'remove', '--force', before]));
await symlink(join(root, 'node_modules'), join(before, 'node_modules'));
const flags = await nodeFlags();
const postgres = stack.use(
  await startEmbeddedPostgres({ folder: join(work, 'postgres'), settings: { max_connections: '300' } }),
);

const prepare = async (name: string, folder: string): Promise<Shop> => ({
  main: join(folder, 'cmd/fritzy/main.ts'),
  env: await shopEnvironment(postgres, join(work, name), `${name}_`),
});
const shops = { before: await prepare('before', before), now: await prepare('now', root) };
const start = ({ main, env }: Shop, core?: number): Promise<Program> =>
  startProgram([...flags, main], { env, ...(core !== undefined && { core }) });

/** Writes the request bodies of each row for a shop, because the ids differ between the shops. Returns the file names. */
async function bodiesOf(name: 'before' | 'now'): Promise<Record<'b' | 'f' | 'c', string>> {
  await using shop = await start(shops[name]);
  const url = `http://127.0.0.1:${shop.port}`;
  const products = await fillProducts(url, PRODUCTS);
  const accounts = await fillAccounts(url, ACCOUNTS);
  const rows = { b: [PAGE_BODY], f: productBodies(products), c: orderBodies(products, accounts) };
  const files = { b: '', f: '', c: '' };
  for (const [key, bodies] of Object.entries(rows)) {
    const file = join(work, `${name}-${key}.json`);
    await writeFile(file, JSON.stringify(bodies));
    files[key as keyof typeof files] = file;
  }
  return files;
}

log(
  `${cpus().length} cores (${cpus()[0]?.model}), Node ${process.version}, compared with ${revision}. Adding data to both shops ...`,
);
const files = { before: await bodiesOf('before'), now: await bodiesOf('now') };
const lines = ['', HEADINGS];
for (const [key, title, core] of [
  ['b', 'products(take: 10) { id name price }, one core', 0],
  ['f', 'product(id) of 1,000, Zipf-distributed, cached, one core', 0],
  ['c', 'createOrder with three lines, all cores', undefined],
] as const) {
  if (!values.rows.includes(key)) continue;
  await using one = await start(shops.before, core);
  await using other = await start(shops.now, core);
  const slice = (shop: Program, name: 'before' | 'now', seconds = values.seconds): Promise<Measured> =>
    measure(shop, { bodiesFile: files[name][key], seconds, ...(core !== undefined && { core: 1 }) });
  await slice(one, 'before', '4');
  await slice(other, 'now', '4');
  const runs = { before: [] as Measured[], now: [] as Measured[] };
  for (let round = 1; round <= Number(values.rounds); round++) {
    log(`(${key}) round ${round} of ${values.rounds} ...`);
    // Alternates which revision is measured first.
    for (const name of round % 2 === 0 ? (['before', 'now'] as const) : (['now', 'before'] as const))
      runs[name].push(await slice(name === 'before' ? one : other, name));
  }
  const ratios = runs.now.map(
    (run, index) => run.requestsPerSecond / (runs.before[index]?.requestsPerSecond ?? 0),
  );
  lines.push(
    row(`(${key}) ${title}: before`, perSecond(runs.before), { runs: runs.before }),
    row(`(${key}) ${title}: now`, perSecond(runs.now), { runs: runs.now, against: spread(ratios, 'before') }),
  );
}
lines.push(
  '',
  `Medians of ${values.rounds} alternating slices of ${values.seconds} s; ratios of adjacent slices. ${CONNECTIONS} connections, ${canPin ? 'processes pinned to separate cores' : 'processes not pinned'}.`,
);
console.log(lines.join('\n'));
