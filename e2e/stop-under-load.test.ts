import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test, type TestContext } from 'node:test';
import pg from 'pg';
import { spawnProgram, startShop, type Program } from '#cmd/fritzy/test/program.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { eventually } from '#testkit/shop.ts';
import { createOrderFixtures, orderRequest, startLoad } from './load-clients.ts';
import { runAllSettings, startAll } from './run-all-program.ts';

/** Stopping the shop under load resets no connection, and every stored order was acknowledged. */

const CLIENTS = 20;
const ORDERS_BEFORE_STOP = 400;
const DEADLINE_MS = 60_000;

const postgres = await openTestPostgres();
after(() => postgres[Symbol.asyncDispose]());

async function newDatabases() {
  return {
    ACCOUNT_DATABASE_URL: await postgres.createDatabase('account'),
    CATALOG_DATABASE_URL: await postgres.createDatabase('catalog'),
    ORDER_DATABASE_URL: await postgres.createDatabase('order'),
    EVENTS_URL: await postgres.createDatabase('events'),
  };
}

async function storedOrders(url: string): Promise<Set<string>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>('SELECT id FROM orders');
    return new Set(rows.map(({ id }) => id));
  } finally {
    await client.end();
  }
}

/** Places orders from many clients, calls `stop` while they run, and returns when the shop has stopped. */
async function stopUnderLoad(
  t: TestContext,
  shop: { url: string; orders: string },
  stop: () => Promise<void>,
): Promise<void> {
  const fixtures = await createOrderFixtures(shop.url);
  const acknowledged = new Set<string>();
  const load = startLoad({
    urls: [shop.url],
    clients: CLIENTS,
    refusedMax: 0,
    next: (client, count) => orderRequest(fixtures, 1 + ((client + count) % 9), acknowledged),
  });
  await eventually(() => assert.ok(acknowledged.size >= ORDERS_BEFORE_STOP), DEADLINE_MS);
  await stop();
  const { answered, resets, failures } = await load.ended;
  const stored = await storedOrders(shop.orders);
  const unacknowledged = [...stored].filter((id) => !acknowledged.has(id));
  t.diagnostic(
    `${answered} orders; ${resets.length} resets, ${failures.length} failures, ${unacknowledged.length} unacknowledged`,
  );
  assert.deepEqual(
    {
      resets: resets.slice(0, 3),
      failures: failures.slice(0, 3),
      unacknowledged: unacknowledged.slice(0, 3),
    },
    { resets: [], failures: [], unacknowledged: [] },
  );
  assert.equal(stored.size, acknowledged.size, 'every acknowledged order is stored');
}

suite('stopping the shop while 20 clients place orders', () => {
  test('make stop: every request is answered, and every stored order was acknowledged', async (t) => {
    const databases = await newDatabases();
    using own = await runAllSettings(databases);
    await using program = await startAll(own);
    await stopUnderLoad(t, { url: own.url, orders: databases.ORDER_DATABASE_URL }, async () => {
      await using stop = spawnProgram('scripts/stop.ts', own.env);
      assert.equal(await stop.ended, 0, stop.stderr());
      assert.equal(await program.ended, 0, program.stderr());
    });
  });

  async function stopEmbedded(t: TestContext, stop: (shop: Program) => Promise<void>): Promise<void> {
    const databases = await newDatabases();
    const folder = mkdtempSync(join(tmpdir(), 'fritzy-stop-'));
    try {
      await using shop = await startShop(folder, databases);
      await stopUnderLoad(t, { url: shop.url, orders: databases.ORDER_DATABASE_URL }, () => stop(shop));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  test('SIGTERM to the single-process shop: every request is answered, and every stored order was acknowledged', (t) =>
    stopEmbedded(t, async (shop) => {
      shop.signal('SIGTERM');
      assert.equal(await shop.ended, 0, shop.stderr());
    }));

  test('known-bad twin: killing the shop is caught', (t) =>
    assert.rejects(
      stopEmbedded(t, async (shop) => {
        shop.signal('SIGKILL');
        await shop.ended;
      }),
      { name: 'AssertionError' },
    ));
});
