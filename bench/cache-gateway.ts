import { AccountService } from '#account/pb/account_pb.js';
import { CatalogService } from '#catalog/pb/catalog_pb.js';
import { cacheEntities } from '#graphql/cached-clients.ts';
import { OrderService } from '#order/pb/order_pb.js';
import { systemClock } from '#platform/clock.ts';
import { connect } from '#platform/rpc-grpc-client.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { memoryLogger, testCall } from '#testkit/shop.ts';

/** The measurements of one gateway of bench/cache-gateways.ts. */
export interface GatewayResult {
  readonly reads: number;
  readonly cpuMs: number;
  readonly p99Ms: number;
  readonly memory: Hits;
  readonly redis: Hits;
}

export interface Hits {
  readonly hit: number;
  readonly miss: number;
}

/** A gateway process, started by bench/cache-gateways.ts: reads products at a fixed rate and prints a GatewayResult. */
const [, , grpcUrl = '', cacheUrl = '', rate = '', seconds = '', products = ''] = process.argv;
const IDS_PER_READ = 10;
const TICK_MS = 10;

await using stack = new AsyncDisposableStack();
const { logger } = memoryLogger();
const plain = {
  accounts: stack.use(connect(AccountService, grpcUrl, { logger })).client,
  catalog: stack.use(connect(CatalogService, grpcUrl, { logger })).client,
  orders: stack.use(connect(OrderService, grpcUrl, { logger })).client,
};
const telemetry = createTelemetry();
const config = { url: cacheUrl, entriesMax: 20_000, bytesMax: 64_000_000 };
const deps = { logger, telemetry, clock: systemClock, changes: undefined };
const { catalog } = cacheUrl === 'none' ? plain : await cacheEntities(config, plain, deps, stack);
const call = testCall({ timeoutMs: 600_000 });

const ids: string[] = [];
while (ids.length < Number(products)) {
  const page = { size: 100, skip: 0, afterId: ids.at(-1) ?? '', beforeId: '', fromEnd: false };
  const { products: found } = await plain.catalog.listProducts({ page }, call);
  if (found.length === 0) throw new Error('the catalog has too few products');
  ids.push(...found.map(({ id }) => id));
}

/** A random id, Zipf-distributed. */
const randomId = (): string => ids[Math.floor(ids.length ** Math.random()) - 1] ?? '';

const latencies: number[] = [];
async function read(): Promise<void> {
  const startedMs = performance.now();
  await catalog.batchGetProducts({ ids: Array.from({ length: IDS_PER_READ }, randomId) }, call);
  latencies.push(performance.now() - startedMs);
}

await new Promise((resolve) => void setTimeout(resolve, 1_000));
const cpu = process.cpuUsage();
const startedMs = performance.now();
const pending: Promise<void>[] = [];
for (let due = 0; due < Number(rate) * Number(seconds);) {
  await new Promise((resolve) => void setTimeout(resolve, TICK_MS));
  const elapsedMs = performance.now() - startedMs;
  for (; due < Math.min(elapsedMs / 1_000, Number(seconds)) * Number(rate); due += 1) pending.push(read());
}
await Promise.all(pending);
const { user, system } = process.cpuUsage(cpu);
const { values } = await telemetry.cache.lookups.get();
const count = (layer: string, result: string): number =>
  values.find(({ labels }) => labels.layer === layer && labels.result === result)?.value ?? 0;
const hitsOf = (layer: string): Hits => ({ hit: count(layer, 'hit'), miss: count(layer, 'miss') });
const result: GatewayResult = {
  reads: latencies.length,
  cpuMs: (user + system) / 1_000,
  p99Ms: latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? 0,
  memory: hitsOf('memory'),
  redis: hitsOf('redis'),
};
console.log(JSON.stringify(result));
