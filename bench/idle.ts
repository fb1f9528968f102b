import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { cpuSecondsBelow, startProgram } from '#bench/processes.ts';
import { fillProducts, nodeFlags, shopEnvironment } from '#bench/shop.ts';
import { ADVISORY_LOCKS } from '#platform/postgres/advisory-locks.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '#platform/postgres/embedded-server.ts';

/**
 * Measures the CPU time of PostgreSQL in an idle shop, before and after many orders:
 * `node bench/idle.ts [--orders 100000] [--seconds 20]`. Writes the events of the orders directly into their tables: the
 * event log, the inbox of the consumer, and the outbox as dead rows that are not vacuumed yet. Linux only.
 */
const { values } = parseArgs({
  options: { orders: { type: 'string', default: '100000' }, seconds: { type: 'string', default: '20' } },
});
const orders = Number(values.orders);
/** Products created before ANALYZE, so that the statistics contain only events that each gateway watches. */
const PRODUCTS = 200;
const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const FILL = {
  // Topics without a consumer group, so that all consumers stay idle.
  events: `
    INSERT INTO event (topic, key, ce_id, headers, value)
    SELECT topic, 'key-' || n % 1000, gen_random_uuid(), '{"aggregate_version": "1"}', '{}'
    FROM (SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.eventLogAppend})) AS locked, generate_series(1, $1::integer) AS n,
      unnest(ARRAY['order.events', 'notifications', 'notifications']) AS topic`,
  catalog: `
    INSERT INTO inbox (consumer, event_id)
    SELECT 'catalog-sales', gen_random_uuid() FROM generate_series(1, $1::integer)`,
  order: `
    INSERT INTO outbox (event_id, topic, key, event_type, occurred_at, aggregate_version, traceparent, payload)
    SELECT gen_random_uuid(), 'order.events', 'key-' || n, 'order_placed', now(), 1, '', '{}'
    FROM generate_series(1, 3 * $1::integer) AS n`,
};

async function fill(postgres: EmbeddedPostgres): Promise<void> {
  for (const [name, sql] of Object.entries(FILL)) {
    const client = new pg.Client({ connectionString: postgres.url(name) });
    await client.connect();
    await client.query('BEGIN');
    await client.query(sql, [orders]);
    // The rollback leaves dead rows, as a relay does that deletes them.
    await client.query(name === 'order' ? 'ROLLBACK' : 'COMMIT');
    await client.end();
  }
}

/** The CPU usage of the server in percent of one core. */
async function cpuUsageOf(postgres: EmbeddedPostgres): Promise<string> {
  await sleep(5_000);
  const [cpuBefore, startedMs] = [await cpuSecondsBelow(postgres.pid), performance.now()];
  await sleep(Number(values.seconds) * 1_000);
  const cpuSeconds = (await cpuSecondsBelow(postgres.pid)) - cpuBefore;
  return `${((100_000 * cpuSeconds) / (performance.now() - startedMs)).toFixed(1)} %`;
}

await using stack = new AsyncDisposableStack();
const work = await mkdtemp(join(tmpdir(), 'fritzy-idle-'));
stack.defer(() => rm(work, { recursive: true, force: true }));
const postgres = stack.use(
  // Without autovacuum, so that the dead rows stay.
  await startEmbeddedPostgres({ folder: join(work, 'postgres'), settings: { autovacuum: 'off' } }),
);
const env = await shopEnvironment(postgres, join(work, 'shop'));
const flags = await nodeFlags();
const start = () => startProgram([...flags, pathOf('../cmd/fritzy/main.ts')], { env });

{
  await using shop = await start();
  await fillProducts(`http://127.0.0.1:${shop.port}`, PRODUCTS);
  const client = new pg.Client({ connectionString: postgres.url('events') });
  await client.connect();
  await client.query('ANALYZE');
  await client.end();
  console.log(`${await cpuUsageOf(postgres)} of one core: idle shop without orders`);
}
{
  await using _shop = await start();
  await sleep(1_000);
  await fill(postgres);
  console.log(`${await cpuUsageOf(postgres)} of one core: after the events of ${orders} orders`);
}
{
  await using _shop = await start();
  console.log(`${await cpuUsageOf(postgres)} of one core: the same after a restart`);
}
