import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute, parse } from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import { createSchemas } from '#graphql/graph/schema.ts';
import { orderPlaced } from '#order/events.ts';
import { lineIdOf } from '#order/line-id.ts';
import { transition } from '#order/order-status.ts';
import type { Order } from '#order/order.ts';
import { createStore, insertOrders } from '#order/store.ts';
import { systemClock } from '#platform/clock.ts';
import { OUTBOX_MIGRATIONS } from '#platform/events/outbox.ts';
import { shareReads } from '#platform/group.ts';
import { encodeArray } from '#platform/postgres/array-literal.ts';
import { startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';
import { migrate } from '#platform/postgres/migrate.ts';
import { openDatabase } from '#platform/postgres/pool.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { testCall } from '#testkit/shop.ts';

/**
 * The measurements of docs/decisions/: each line compares our implementation with the simple alternative in one run.
 * Usage: node bench/decisions.ts. Prints calls per second and their ratio.
 */
const CALLERS = 64;
const SECONDS = 4;

/** The calls per second of `work` with `callers` concurrent callers in a closed loop. */
async function rate(work: () => Promise<unknown>, callers = CALLERS): Promise<number> {
  const run = async (seconds: number): Promise<number> => {
    const deadline = performance.now() + seconds * 1_000;
    let calls = 0;
    const startedMs = performance.now();
    await Promise.all(
      Array.from({ length: callers }, async () => {
        while (performance.now() < deadline) {
          await work();
          calls += 1;
        }
      }),
    );
    return (calls * 1_000) / (performance.now() - startedMs);
  };
  await run(1);
  return run(SECONDS);
}

function report(title: string, plain: number, ours: number): void {
  const number = (value: number): string => Math.round(value).toLocaleString('en').padStart(9);
  console.log(`${title.padEnd(66)} ${number(plain)} ${number(ours)}  ${(ours / plain).toFixed(1)} ×`);
}

await using stack = new AsyncDisposableStack();
const work = await mkdtemp(join(tmpdir(), 'fritzy-bench-'));
stack.defer(() => rm(work, { recursive: true, force: true }));
const postgres = stack.use(await startEmbeddedPostgres({ folder: work }));
await postgres.ensureDatabase('order');
const url = postgres.url('order');
await migrate(url, {
  outbox: OUTBOX_MIGRATIONS,
  order: fileURLToPath(new URL('../order/migrations', import.meta.url)),
});
const database = stack.use(openDatabase({ url, name: 'order', telemetry: createTelemetry() }));
const store = createStore(database);
const call = testCall({ timeoutMs: 600_000 });

const lineOf = (orderId: string, number: number): Order['lines'][number] => ({
  id: lineIdOf(orderId, number),
  productId: systemClock.newId(),
  name: 'Product',
  description: 'One of many',
  priceMinor: 1_999n,
  quantity: 1,
});
function newOrder(): Order {
  const id = systemClock.newId();
  const lines = [0, 1, 2].map((number) => lineOf(id, number));
  const createdAt = new Date();
  return {
    id,
    accountId: systemClock.newId(),
    totalPriceMinor: 5_997n,
    createdAt,
    lines,
    ...transition(undefined, 'PLACED'),
  };
}
console.log(`${'calls per second'.padEnd(66)} ${'plain'.padStart(9)} ${'ours'.padStart(9)}`);
report(
  `durable order inserts, ${CALLERS} callers: one commit each / group commit`,
  await rate(() => {
    const order = newOrder();
    return insertOrders(database, [order], orderPlaced(systemClock.newId, order, call));
  }),
  await rate(() => {
    const order = newOrder();
    return store.insert(order, orderPlaced(systemClock.newId, order, call), call);
  }),
);

const { prepareValue } = createRequire(import.meta.url)('pg/lib/utils') as {
  prepareValue(value: unknown): unknown;
};
const group = Array.from({ length: 20 }, newOrder);
/** Strings of the same content, because V8 keeps results of regular expressions for a string. */
const columnsOf = (): unknown[] => [
  group.flatMap(({ lines }) => lines.map(({ productId }) => `${productId.slice(0, 8)}${productId.slice(8)}`)),
  group.flatMap(({ lines }) => lines.map(({ priceMinor }) => priceMinor)),
  group.map((order) => JSON.stringify({ id: order.id, names: order.lines.map(({ name }) => name) })),
];
report(
  'array parameters of 20 orders: encoded by pg / encodeArray',
  await rate(async () => columnsOf().map(prepareValue), 1),
  await rate(async () => columnsOf().map(encodeArray), 1),
);

const page = { size: 10, skip: 0, afterId: null, beforeId: null, fromEnd: false };
const accountId = systemClock.newId();
await insertOrders(
  database,
  Array.from({ length: 10 }, () => ({ ...newOrder(), accountId })),
  [],
);
const signal = new AbortController().signal;
const shared = shareReads<string, unknown>(
  (id) => id,
  (id, { signal }) => store.byAccounts([id], page, signal),
);
report(
  `a page of ten orders, ${CALLERS} callers: one read each / shared reads`,
  await rate(() => store.byAccounts([accountId], page, signal)),
  await rate(() => shared(accountId, call)),
);

const schema = createSchemas(2).schema;
const document = parse('{ products(pagination: { take: 10 }) { id name price } }');
const compiled = compileQuery(schema, document);
if (!isCompiledQuery(compiled)) throw new Error('the document cannot be compiled');
const products = Array.from({ length: 10 }, (_, index) => ({
  id: String(index),
  name: `Product ${index}`,
  priceMinor: 1_999n,
}));
const contextValue = { clients: { catalog: { listProducts: async () => ({ products }) } } };
report(
  'products(take: 10) { id name price } executed: graphql-js / graphql-jit',
  await rate(async () => execute({ schema, document, contextValue }), 1),
  await rate(async () => compiled.query(undefined, contextValue, {}), 1),
);
