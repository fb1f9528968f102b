import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GatewayResult, Hits } from '#bench/cache-gateway.ts';
import { cpuSeconds, runProgram } from '#bench/processes.ts';
import { startCatalog } from '#catalog/service.ts';
import { systemClock } from '#platform/clock.ts';
import { startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';
import { serve } from '#platform/rpc-grpc.ts';
import { inProcess } from '#platform/rpc.ts';
import { openEventLog } from '#platform/service.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { startRedis } from '#testkit/engines.ts';
import { memoryLogger, testCall } from '#testkit/shop.ts';

/**
 * Measures whether a shared Redis behind the in-memory caches of several gateways reduces CPU time
 * (docs/decisions/0005-entity-caches.md). Each gateway is a process that reads from one catalog over gRPC at a fixed rate.
 * Usage: node bench/cache-gateways.ts [gateways].
 */
const [, , gateways = '4'] = process.argv;
const PRODUCTS = 5_000;
const READS_PER_SECOND = 400;
const SECONDS = 8;
const CHANGES_PER_SECOND = 50;
const ROUNDS = 2;
const GATEWAY = fileURLToPath(new URL('./cache-gateway.ts', import.meta.url));

await using stack = new AsyncDisposableStack();
const folder = await mkdtemp(join(tmpdir(), 'fritzy-bench-'));
stack.defer(() => rm(folder, { recursive: true, force: true }));
const postgres = stack.use(await startEmbeddedPostgres({ folder }));
for (const name of ['catalog', 'events']) await postgres.ensureDatabase(name);
const own = { ...memoryLogger(), clock: systemClock, telemetry: createTelemetry() };
const deps = { ...own, eventLog: await openEventLog(postgres.url('events'), own, stack) };
const { implementation } = await startCatalog({ databaseUrl: postgres.url('catalog') }, deps, stack);
const address = { address: '127.0.0.1:0', reflection: false, newRequestId: systemClock.newId };
const server = stack.use(await serve([implementation], address));
server.setServing(true);
const catalog = inProcess(implementation);
const call = testCall({ timeoutMs: 600_000 });
const created = await Promise.all(
  Array.from({ length: PRODUCTS }, (_, index) =>
    catalog.createProduct({ name: `Product ${index}`, description: 'x'.repeat(200), priceMinor: 1n }, call),
  ),
);
const redis = stack.use(await startRedis());

async function changePrices(until: AbortSignal): Promise<void> {
  for (let change = 0; !until.aborted; change += 1) {
    const id = created[change % PRODUCTS]?.product?.id ?? '';
    const { product } = await catalog.getProduct({ id }, call);
    const expectedVersion = product?.version ?? 1n;
    await catalog.updateProduct({ id, expectedVersion, priceMinor: BigInt(change + 2) }, call);
    await new Promise((resolve) => void setTimeout(resolve, 1_000 / CHANGES_PER_SECOND));
  }
}

async function measure(cacheUrl: string): Promise<void> {
  const stopping = new AbortController();
  const changes = changePrices(stopping.signal);
  const before = { service: process.cpuUsage(), redisSeconds: await cpuSeconds(redis.pid) };
  const rate = String(READS_PER_SECOND / Number(gateways));
  const args = [
    GATEWAY,
    `grpc://127.0.0.1:${server.port}`,
    cacheUrl,
    rate,
    String(SECONDS),
    String(PRODUCTS),
  ];
  const results = await Promise.all(
    Array.from({ length: Number(gateways) }, () => runProgram<GatewayResult>(args)),
  );
  const { user, system } = process.cpuUsage(before.service);
  const redisMs = 1_000 * ((await cpuSeconds(redis.pid)) - before.redisSeconds);
  stopping.abort();
  await changes;
  const sum = (of: (result: GatewayResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0);
  const reads = sum((result) => result.reads);
  const hitRatio = (of: (result: GatewayResult) => Hits): string => {
    const hits = sum((result) => of(result).hit);
    const all = hits + sum((result) => of(result).miss);
    return all === 0 ? '-' : `${((100 * hits) / all).toFixed(0)} %`;
  };
  const perRead = (ms: number): string => `${Math.round((1_000 * ms) / reads)} µs`.padStart(8);
  const serviceMs = (user + system) / 1_000;
  const gatewayMs = sum((result) => result.cpuMs);
  const p99Ms = Math.max(...results.map((result) => result.p99Ms));
  console.log(
    cacheUrl.split(':')[0]?.padEnd(8),
    [gatewayMs, serviceMs, redisMs, gatewayMs + serviceMs + redisMs].map(perRead).join(' '),
    `${p99Ms.toFixed(1)} ms`.padStart(10),
    hitRatio((result) => result.memory).padStart(6),
    hitRatio((result) => result.redis).padStart(6),
  );
}

console.log(
  `${gateways} gateways, ${READS_PER_SECOND} reads/s, 10 of ${PRODUCTS} products per read. Columns: CPU per read of gateways, catalog, Redis, total; highest p99; hit ratio in memory, in Redis`,
);
for (let round = 0; round < ROUNDS; round += 1)
  for (const cacheUrl of ['none', 'memory:', redis.url]) await measure(cacheUrl);
