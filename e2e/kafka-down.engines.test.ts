import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase, type Statement } from '#platform/postgres/pool.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { missingEngine, startKafka } from '#testkit/engines.ts';
import { rounds } from '#testkit/rounds.ts';
import { eventually, startTestShop, type TestShop } from '#testkit/shop.ts';

const skip = missingEngine('kafka', { own: true });

const ORDERS_PER_SECOND = 50;
const TOPICS = ['order.events', 'order.created'];
/** One per topic, and the notification of the buyer. */
const EVENTS_PER_ORDER = 3;
const DOWN_MS = rounds(60_000, 3);
/** More concurrent requests mean that the shop does not answer. */
const IN_FLIGHT_MAX = 1_000;
const SAMPLE_MS = 50;

const WAITING: Statement = { name: 'count_waiting', text: 'SELECT count(*)::int AS waiting FROM outbox' };

/** Sends orders at a constant rate that does not depend on the answers (open-loop load). */
function startBuyers(shop: TestShop, accountId: string, productId: string) {
  const stop = new AbortController();
  const ids = new Set<string>();
  const failures: string[] = [];
  const latenciesMs: number[] = [];
  let inFlight = 0;
  async function buy(): Promise<void> {
    inFlight += 1;
    const startedMs = performance.now();
    try {
      const { status, data, errors } = await shop.graphql(
        `mutation { createOrder(order: { accountId: "${accountId}", products: [{ productId: "${productId}", quantity: 1 }] }) { id } }`,
      );
      if (errors === undefined) ids.add(data.createOrder.id);
      else failures.push(`${status} ${errors[0]?.message}`);
    } catch (error) {
      failures.push(String(error));
    } finally {
      inFlight -= 1;
      latenciesMs.push(performance.now() - startedMs);
    }
  }
  const buying = (async () => {
    const orders: Promise<void>[] = [];
    const startedMs = performance.now();
    while (!stop.signal.aborted) {
      const due = Math.floor(((performance.now() - startedMs) / 1_000) * ORDERS_PER_SECOND);
      while (orders.length < due) {
        if (inFlight >= IN_FLIGHT_MAX) failures.push('the shop does not answer');
        else orders.push(buy());
      }
      await delay(1_000 / ORDERS_PER_SECOND);
    }
    await Promise.all(orders);
  })();
  return {
    ids,
    failures,
    latenciesMs,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await buying;
    },
  };
}
type Buyers = ReturnType<typeof startBuyers>;

const percentile = (values: readonly number[], fraction: number): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length * fraction)] ?? Number.NaN;

/** Asserts that the outbox drains from its peak to almost empty while orders arrive, and measures the rate. */
async function assertDrains(waiting: () => Promise<number>, buyers: Buyers, t: TestContext): Promise<void> {
  const sample = async () => ({
    waiting: await waiting(),
    orders: buyers.ids.size,
    atMs: performance.now(),
  });
  let peak = await sample();
  const emptied = await eventually(async () => {
    await delay(SAMPLE_MS);
    const now = await sample();
    if (now.waiting > peak.waiting) peak = now;
    assert.ok(now.waiting < ORDERS_PER_SECOND * EVENTS_PER_ORDER, 'the backlog has not drained');
    return now;
  }, 180_000);
  const seconds = (emptied.atMs - peak.atMs) / 1_000;
  const arrivalRate = ((emptied.orders - peak.orders) * EVENTS_PER_ORDER) / seconds;
  const drainRate = (peak.waiting - emptied.waiting) / seconds;
  t.diagnostic(
    `the backlog of ${peak.waiting} events shrank by ${Math.round(drainRate)}/s ` +
      `while ${Math.round(arrivalRate)}/s arrived, and drained in ${seconds.toFixed(1)} s`,
  );
  const expected = ((DOWN_MS / 1_000) * ORDERS_PER_SECOND * EVENTS_PER_ORDER) / 2;
  assert.ok(peak.waiting > expected, 'the backlog is too small for an outage under load');
  assert.ok(drainRate >= 2 * arrivalRate, 'the backlog drained too slowly');
}

test(
  `Kafka down for ${DOWN_MS / 1_000} s: every order is accepted, the backlog drains at least at twice the arrival rate, and no event is lost`,
  { skip },
  async (t) => {
    await using kafka = await startKafka();
    await using shop = await startTestShop({ eventsUrl: kafka.url });
    await using orders = openDatabase({
      url: shop.databaseUrls.order,
      name: 'test',
      telemetry: createTelemetry(),
    });
    const waiting = async (): Promise<number> =>
      (await orders.query<{ waiting: number }>(WAITING, []))[0]?.waiting ?? 0;
    const { data: account } = await shop.graphql(`mutation { createAccount(account: { name: "A" }) { id } }`);
    const { data: product } = await shop.graphql(
      `mutation { createProduct(product: { name: "P", price: 1 }) { id } }`,
    );
    await using buyers = startBuyers(shop, account.createAccount.id, product.createProduct.id);
    await eventually(async () => {
      assert.ok(buyers.ids.size > 100);
      assert.ok((await waiting()) < buyers.ids.size, 'events are published');
    }, 60_000);

    await Promise.all(kafka.brokers.map((broker) => broker.kill()));
    const downMs = performance.now();
    await eventually(() => assert.ok(performance.now() - downMs >= DOWN_MS), DOWN_MS * 2);
    t.diagnostic(`restarting Kafka ${Math.round((performance.now() - downMs) / 1_000)} s after the kill`);
    const started = Promise.all(kafka.brokers.map((broker) => broker.start()));
    await Promise.all([started, assertDrains(waiting, buyers, t)]);

    await buyers[Symbol.asyncDispose]();
    t.diagnostic(
      `${buyers.ids.size} orders, ${buyers.failures.length} failed; ` +
        `p50 latency ${Math.round(percentile(buyers.latenciesMs, 0.5))} ms, ` +
        `p99 ${Math.round(percentile(buyers.latenciesMs, 0.99))} ms`,
    );
    assert.deepEqual(buyers.failures.slice(0, 3), []);
    await eventually(async () => assert.equal(await waiting(), 0), 60_000);
    for (const topic of TOPICS) {
      const messages = await Array.fromAsync(shop.eventLog.read(topic));
      assert.deepEqual(new Set(messages.map(({ key }) => key)), buyers.ids, `the events in ${topic}`);
      const duplicates = messages.length - new Set(messages.map(({ id }) => id)).size;
      t.diagnostic(`${topic}: ${messages.length} events, ${duplicates} of them duplicates`);
    }
  },
);
