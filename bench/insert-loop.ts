import pg from 'pg';

/**
 * The reference for writes: a loop of durable single-row inserts with one commit each, on as many connections as the
 * createOrder benchmark has callers. Equivalent to `pgbench -c N -f` with one INSERT, but with the same driver.
 * Usage: node bench/insert-loop.ts <url> <connections> <seconds>. Prints inserts per second.
 */
const [url = '', connections = '', seconds = ''] = process.argv.slice(2);
const insert = { name: 'insert', text: 'INSERT INTO bench_insert (a, b, c) VALUES ($1, $2, $3)' };

const setup = new pg.Client(url);
await setup.connect();
await setup.query(
  'CREATE TABLE IF NOT EXISTS bench_insert (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a bigint, b text, c timestamptz)',
);
await setup.end();

const deadline = performance.now() + Number(seconds) * 1_000;
let inserts = 0;
const startedAt = performance.now();
await Promise.all(
  Array.from({ length: Number(connections) }, async (_, index) => {
    const client = new pg.Client(url);
    await client.connect();
    while (performance.now() < deadline) {
      await client.query({
        ...insert,
        values: [index, 'a row of a few dozen bytes, as small tables have', new Date()],
      });
      inserts += 1;
    }
    await client.end();
  }),
);
console.log(JSON.stringify({ insertsPerSecond: (inserts * 1_000) / (performance.now() - startedAt) }));
