import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findDatabases } from '#cmd/fritzy/databases.ts';
import { startServices } from '#cmd/fritzy/shop.ts';
import { cacheEntities } from '#graphql/cached-clients.ts';
import type { Clients } from '#graphql/graph/clients.ts';
import { systemClock } from '#platform/clock.ts';
import { startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';
import { openEventLog } from '#platform/service.ts';
import { createTelemetry, type Telemetry } from '#platform/telemetry.ts';
import { memoryLogger, testCall } from '#testkit/shop.ts';

/**
 * The measurement of docs/decisions/0005-entity-caches.md: reads products by id through the clients of the gateway, with
 * and without caches, while prices change. Usage: node bench/cache.ts [redis://host:port]. Prints reads per second.
 */
const PRODUCTS = 10_000;
const IDS_PER_READ = 10;
const CALLERS = 64;
const SECONDS = 6;
const CHANGES_PER_SECOND = 50;

await using stack = new AsyncDisposableStack();
const folder = await mkdtemp(join(tmpdir(), 'fritzy-bench-'));
stack.defer(() => rm(folder, { recursive: true, force: true }));
const postgres = await startEmbeddedPostgres({ folder });
const { env } = await findDatabases({}, async () => postgres, stack);
const { logger } = memoryLogger();
const common = { logger, clock: systemClock };
const eventLog = await openEventLog(
  postgres.url('events'),
  { ...common, telemetry: createTelemetry() },
  stack,
);
const deps = { ...common, telemetry: createTelemetry(), eventLog };
const { clients } = await startServices(env, deps, stack);
const call = testCall({ timeoutMs: 600_000 });

const ids: string[] = [];
while (ids.length < PRODUCTS) {
  const created = await Promise.all(
    Array.from({ length: 1_000 }, (_, index) =>
      clients.catalog.createProduct(
        { name: `Product ${index}`, description: 'x'.repeat(200), priceMinor: 1n },
        call,
      ),
    ),
  );
  ids.push(...created.flatMap(({ product }) => product?.id ?? []));
}

/** A random id, Zipf-distributed: the most popular of n products gets 1 / ln n of the reads. */
const randomId = (): string => ids[Math.floor(PRODUCTS ** Math.random()) - 1] ?? '';

interface Rate {
  readonly perSecond: number;
  /** The CPU time of this process (gateway and services) per read, without PostgreSQL and Redis. */
  readonly cpuMicroseconds: number;
}

/** The rate of reads through `readers` while prices change through `writers`. */
async function rate(readers: readonly Clients[], writers: Clients): Promise<Rate> {
  const cpu = process.cpuUsage();
  const untilMs = performance.now() + SECONDS * 1_000;
  const startedMs = performance.now();
  let reads = 0;
  const changing = (async () => {
    for (let changes = 0; performance.now() < untilMs; changes++) {
      const id = randomId();
      const { product } = await writers.catalog.getProduct({ id }, call);
      const change = { id, expectedVersion: product?.version ?? 1n, priceMinor: BigInt(changes + 1) };
      await writers.catalog.updateProduct(change, call);
      const dueMs = startedMs + (changes * 1_000) / CHANGES_PER_SECOND;
      await new Promise((resolve) => void setTimeout(resolve, Math.max(0, dueMs - performance.now())));
    }
  })();
  await Promise.all(
    Array.from({ length: CALLERS }, async (_, caller) => {
      const { catalog } = readers[caller % readers.length] ?? clients;
      while (performance.now() < untilMs) {
        await catalog.batchGetProducts({ ids: Array.from({ length: IDS_PER_READ }, randomId) }, call);
        reads += 1;
      }
    }),
  );
  await changing;
  const { user, system } = process.cpuUsage(cpu);
  return {
    perSecond: (reads * 1_000) / (performance.now() - startedMs),
    cpuMicroseconds: (user + system) / reads,
  };
}

async function cached(url: string): Promise<{ clients: Clients; telemetry: Telemetry }> {
  const telemetry = createTelemetry();
  const config = { url, entriesMax: 20_000, bytesMax: 64_000_000 };
  const own = { ...common, telemetry, changes: eventLog };
  return { clients: await cacheEntities(config, clients, own, stack), telemetry };
}

async function hitRatio(telemetry: Telemetry, layer: string): Promise<string> {
  const { values } = await telemetry.cache.lookups.get();
  const of = (result: string): number =>
    values.find(
      ({ labels }) => labels.cache === 'product' && labels.layer === layer && labels.result === result,
    )?.value ?? 0;
  const all = of('hit') + of('miss');
  return all === 0 ? '-' : `${((100 * of('hit')) / all).toFixed(1)} %`;
}

const number = (value: number): string => Math.round(value).toLocaleString('en').padStart(9);
console.log(
  `${IDS_PER_READ} of ${PRODUCTS} products per read, ${CALLERS} callers, ${CHANGES_PER_SECOND} changes/s. Columns: reads/s, CPU per read, ratio, hit ratio in memory, in Redis`,
);
const plain = await rate([clients], clients);
const row = (title: string, { perSecond, cpuMicroseconds }: Rate, details: string): void =>
  console.log(`${title.padEnd(40)} ${number(perSecond)} ${number(cpuMicroseconds)} µs  ${details}`);
row('no cache', plain, '');
const urls = ['memory:', ...process.argv.slice(2, 3)];
for (const url of urls) {
  for (const count of [1, 2]) {
    const gateways = await Promise.all(Array.from({ length: count }, () => cached(url)));
    const readers = gateways.map((gateway) => gateway.clients);
    await new Promise((resolve) => void setTimeout(resolve, 500));
    const cachedRate = await rate(readers, readers[0] ?? clients);
    const { telemetry } = gateways[0] ?? { telemetry: createTelemetry() };
    const hits = `${await hitRatio(telemetry, 'memory')}, ${await hitRatio(telemetry, 'redis')}`;
    const title = `${url.split(':')[0]}, ${count} gateway${count > 1 ? 's' : ''} in one process`;
    row(title, cachedRate, `${(cachedRate.perSecond / plain.perSecond).toFixed(1)} ×  ${hits}`);
  }
}
