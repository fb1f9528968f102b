import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { suite, test, type TestContext } from 'node:test';
import { newFolder } from '#platform/test/embedded-server-owner.ts';
import { startShop } from '#cmd/fritzy/test/program.ts';
import { eventually } from '#testkit/shop.ts';
import { createBuyer, openDatabase, databasePid, readOrders, type Acknowledged } from './crash-buyer.ts';

const ROUNDS = 10;
const CALLS = 1_000;
const CONCURRENCY = 32;

/** A seeded generator of numbers from 0 (inclusive) to 1 (exclusive): mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The guarantee: every acknowledged order can be read and has its total. */
async function assertNoneLost(url: string, acknowledged: Acknowledged): Promise<void> {
  const found = await readOrders(url, [...acknowledged.keys()]);
  const lost = [...acknowledged].filter(([id, total]) => found.get(id) !== total);
  assert.equal(
    lost.length,
    0,
    `${lost.length} of ${acknowledged.size} acknowledged orders are lost: ${lost[0]?.[0]}`,
  );
}

/**
 * The guarantee: the log eventually has each event of every stored order, acknowledged or not. A duplicate has the id
 * of the original, so that consumers can ignore it.
 */
async function assertEventsOnce(folder: string, acknowledged: Acknowledged): Promise<void> {
  await using orders = await openDatabase(folder, 'order');
  await using events = await openDatabase(folder, 'events');
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
  assert.equal(notified?.orders, stored.size, 'orders with a notification');
  for (const { key, topics } of log) {
    assert.ok(stored.has(key), `an event refers to order ${key}, which is not stored`);
    assert.equal(topics, 'order.events order.created', `events of order ${key}`);
  }
  const withEvents = new Set(log.map(({ key }) => key));
  for (const id of [...stored, ...acknowledged.keys()])
    assert.ok(withEvents.has(id), `no event refers to order ${id}`);
}

/** The guarantee: the sales counts, which are derived from events, count each order exactly once. */
async function assertCountedOnce(folder: string): Promise<void> {
  await using orders = await openDatabase(folder, 'order');
  await using catalog = await openDatabase(folder, 'catalog');
  const ordered = await orders.rows(
    'SELECT product_id, sum(quantity)::int AS units FROM order_line GROUP BY product_id ORDER BY product_id',
  );
  const counted = (): Promise<object[]> =>
    catalog.rows('SELECT product_id, units::int AS units FROM product_sales ORDER BY product_id');
  await eventually(async () => assert.deepEqual(await counted(), ordered, 'units sold'), 30_000);
}

suite('kill -9', () => {
  test('every acknowledged order survives a kill at a random point of 1,000 createOrder calls, in each of ten rounds', async (t: TestContext) => {
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
        await assertNoneLost(shop.url, acknowledged);
        for (const [id, total] of acknowledged) all.set(id, total);
        t.diagnostic(
          `round ${round}: ${acknowledged.size} acknowledged${killServerToo ? ', server killed too' : ''}`,
        );
      }
      await assertNoneLost(shop.url, all);
      await assertEventsOnce(folder, all);
      await assertCountedOnce(folder);

      await t.test(
        'known-bad twin: an order acknowledged before its commit is reported as lost',
        async () => {
          const early: Acknowledged = new Map([...all, [crypto.randomUUID(), 1]]);
          await assert.rejects(assertNoneLost(shop.url, early), /1 of \d+ acknowledged orders are lost/);
          await assert.rejects(assertEventsOnce(folder, early), /no event refers to order/);
        },
      );

      await t.test('known-bad twin: a missing event and a duplicate with another id are caught', async () => {
        await using events = await openDatabase(folder, 'events');
        const [id = ''] = all.keys();
        const duplicate = `INSERT INTO event (topic, key, ce_id, headers, value)
          SELECT topic, key, gen_random_uuid(), headers, value FROM event WHERE key = $1 AND topic = 'order.created'`;
        await events.rows(duplicate, [id]);
        await assert.rejects(assertEventsOnce(folder, all), new RegExp(`events of order ${id}`));
        await events.rows('DELETE FROM event WHERE key = $1', [id]);
        await assert.rejects(assertEventsOnce(folder, all), new RegExp(`no event refers to order ${id}`));
      });
    } catch (error) {
      throw new Error(`failed with FRITZY_TEST_SEED=${seed}`, { cause: error });
    } finally {
      await shop[Symbol.asyncDispose]();
    }
  });
});
