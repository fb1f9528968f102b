import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { suite, test, type TestContext } from 'node:test';
import { newFolder } from '#platform/test/embedded-server-owner.ts';
import { startShop } from '#cmd/fritzy/test/program.ts';
import { eventually } from '#testkit/shop.ts';
import { createBuyer, databaseOf, databasePid, readOrders, type Acknowledged } from './crash-buyer.ts';

const ROUNDS = 10;
const CALLS = 1_000;
const CONCURRENCY = 32;

/** Numbers from 0 up to 1 that the seed decides (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The guarantee: what was acknowledged can be read, with its total. */
async function assertAllThere(url: string, acknowledged: Acknowledged): Promise<void> {
  const found = await readOrders(url, [...acknowledged.keys()]);
  const lost = [...acknowledged].filter(([id, total]) => found.get(id) !== total);
  assert.equal(
    lost.length,
    0,
    `${lost.length} of ${acknowledged.size} acknowledged orders are lost: ${lost[0]?.[0]}`,
  );
}

/**
 * The guarantee: each order, acknowledged or not, has each of its events, in the end in the log. One that lies there
 * twice has the same id both times, by which consumers know it.
 */
async function assertEventsOnce(folder: string, acknowledged: Acknowledged): Promise<void> {
  await using orders = await databaseOf(folder, 'order');
  await using events = await databaseOf(folder, 'events');
  await eventually(async () => {
    assert.deepEqual(await orders.rows('SELECT count(*)::int AS waiting FROM outbox'), [{ waiting: 0 }]);
  });
  const stored = new Set((await orders.rows<{ id: string }>('SELECT id FROM orders')).map(({ id }) => id));
  const log = await events.rows<{ key: string; topics: string }>(
    `SELECT key, string_agg(topic, ' ' ORDER BY position) AS topics
     FROM (SELECT DISTINCT ON (ce_id) key, topic, position FROM event WHERE topic LIKE 'order.%' ORDER BY ce_id, position) e
     GROUP BY key`,
  );
  const [notified] = await events.rows<{ orders: number }>(
    `SELECT count(DISTINCT value->>'message')::int AS orders FROM event WHERE topic = 'notifications'`,
  );
  assert.equal(notified?.orders, stored.size, 'orders of which the buyer is told');
  for (const { key, topics } of log) {
    assert.ok(stored.has(key), `an event tells of order ${key}, which is not there`);
    assert.equal(topics, 'order.events order.created', `events of order ${key}`);
  }
  const told = new Set(log.map(({ key }) => key));
  for (const id of [...stored, ...acknowledged.keys()])
    assert.ok(told.has(id), `no event tells of order ${id}`);
}

/** The guarantee: what was sold is counted from the events, each order exactly once. */
async function assertSoldOnce(folder: string): Promise<void> {
  await using orders = await databaseOf(folder, 'order');
  await using catalog = await databaseOf(folder, 'catalog');
  const ordered = await orders.rows(
    'SELECT product_id, sum(quantity)::int AS units FROM order_line GROUP BY product_id ORDER BY product_id',
  );
  const counted = (): Promise<object[]> =>
    catalog.rows('SELECT product_id, units::int AS units FROM product_sales ORDER BY product_id');
  await eventually(async () => assert.deepEqual(await counted(), ordered, 'units sold'), 30_000);
}

suite('kill -9', () => {
  test('at random during 1,000 createOrder calls, ten times: every acknowledged order is there after restart', async (t: TestContext) => {
    const seed = Number(process.env['FRITZY_TEST_SEED'] ?? randomInt(2 ** 31));
    t.diagnostic(`seed ${seed}: repeat with FRITZY_TEST_SEED=${seed}`);
    const random = randomOf(seed);
    const folder = newFolder();
    const all: Acknowledged = new Map();
    let shop = await startShop(folder, { LOG_LEVEL: 'error' });
    try {
      const buyer = await createBuyer(shop.url);
      for (let round = 1; round <= ROUNDS; round += 1) {
        const killAfter = Math.floor(random() * CALLS);
        const killServerToo = round % 3 === 0;
        const program = shop;
        const acknowledged = await buyer.order(shop.url, {
          calls: CALLS,
          concurrency: CONCURRENCY,
          afterEach: (count) => {
            if (count !== killAfter + 1) return;
            const pid = killServerToo ? databasePid(folder) : undefined;
            program.signal('SIGKILL');
            if (pid !== undefined) process.kill(pid, 'SIGKILL');
          },
        });
        assert.equal(await program.ended, 'SIGKILL');
        assert.ok(acknowledged.size > killAfter, `seed ${seed}: ${acknowledged.size} of ${killAfter + 1}`);
        shop = await startShop(folder, { LOG_LEVEL: 'error' });
        await assertAllThere(shop.url, acknowledged);
        for (const [id, total] of acknowledged) all.set(id, total);
        t.diagnostic(
          `round ${round}: ${acknowledged.size} acknowledged${killServerToo ? ', server killed too' : ''}`,
        );
      }
      await assertAllThere(shop.url, all);
      await assertEventsOnce(folder, all);
      await assertSoldOnce(folder);

      await t.test('known-bad twin: orders acknowledged before their commit are missed', async () => {
        const early: Acknowledged = new Map([...all, [crypto.randomUUID(), 1]]);
        await assert.rejects(assertAllThere(shop.url, early), /1 of \d+ acknowledged orders are lost/);
        await assert.rejects(assertEventsOnce(folder, early), /no event tells of order/);
      });

      await t.test('known-bad twin: an event that was published twice or never is caught', async () => {
        await using events = await databaseOf(folder, 'events');
        const [id = ''] = all.keys();
        const again = `INSERT INTO event (topic, key, ce_id, headers, value)
          SELECT topic, key, gen_random_uuid(), headers, value FROM event WHERE key = $1 AND topic = 'order.created'`;
        await events.rows(again, [id]);
        await assert.rejects(assertEventsOnce(folder, all), new RegExp(`events of order ${id}`));
        await events.rows('DELETE FROM event WHERE key = $1', [id]);
        await assert.rejects(assertEventsOnce(folder, all), new RegExp(`no event tells of order ${id}`));
      });
    } catch (error) {
      throw new Error(`failed with FRITZY_TEST_SEED=${seed}`, { cause: error });
    } finally {
      await shop[Symbol.asyncDispose]();
    }
  });
});
