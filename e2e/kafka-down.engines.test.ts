import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase, type Statement } from '#platform/postgres/pool.ts';
import { systemClock } from '#platform/clock.ts';
import { brokersOf } from '#platform/events/events-url.ts';
import { asAdmin, kafkaCluster } from '#platform/events/kafka-cluster.ts';
import { kafkaEventLog } from '#platform/events/kafka.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { missingEngine, startKafka } from '#testkit/engines.ts';
import { eventually, memoryLogger, startTestShop, type TestShop } from '#testkit/shop.ts';

const skip = missingEngine('kafka', { own: true });

const ORDERS_PER_SECOND = 50;
const TOPICS = ['order.events', 'order.created'];
const DOWN_MS = 60_000;
/** Requests under way at most; more is a shop that stands still. */
const IN_FLIGHT_MAX = 1_000;
const SAMPLE_MS = 50;

const WAITING: Statement = { name: 'count_waiting', text: 'SELECT count(*)::int AS waiting FROM outbox' };

/** Buyers who come at a steady pace, whether the shop answers or not. */
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
        if (inFlight >= IN_FLIGHT_MAX) failures.push('the shop stands still');
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

const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length * share)] ?? Number.NaN;

/** How fast the outbox empties, from its fullest on, while orders go on coming. */
async function assertDrains(waiting: () => Promise<number>, buyers: Buyers, t: TestContext): Promise<void> {
  const sample = async () => ({
    waiting: await waiting(),
    orders: buyers.ids.size,
    atMs: performance.now(),
  });
  let fullest = await sample();
  const emptied = await eventually(async () => {
    await delay(SAMPLE_MS);
    const now = await sample();
    if (now.waiting > fullest.waiting) fullest = now;
    assert.ok(now.waiting < ORDERS_PER_SECOND * TOPICS.length, 'the backlog stays');
    return now;
  }, 180_000);
  const seconds = (emptied.atMs - fullest.atMs) / 1_000;
  const arrivalRate = ((emptied.orders - fullest.orders) * TOPICS.length) / seconds;
  const drainRate = (fullest.waiting - emptied.waiting) / seconds;
  t.diagnostic(
    `a backlog of ${fullest.waiting} events shrank by ${Math.round(drainRate)}/s ` +
      `while ${Math.round(arrivalRate)}/s arrived, and was gone after ${seconds.toFixed(1)} s`,
  );
  const expected = ((DOWN_MS / 1_000) * ORDERS_PER_SECOND * TOPICS.length) / 2;
  assert.ok(fullest.waiting > expected, 'Kafka was not down under load');
  assert.ok(drainRate >= 2 * arrivalRate, 'the backlog shrank too slowly');
}

test(
  'Kafka down for 60 s: every order is accepted, the backlog drains at twice the arrival rate or more, no event is lost',
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
    t.diagnostic(
      `Kafka is started again ${Math.round((performance.now() - downMs) / 1_000)} s after its death`,
    );
    const started = Promise.all(kafka.brokers.map((broker) => broker.start()));
    await Promise.all([started, assertDrains(waiting, buyers, t)]);

    await buyers[Symbol.asyncDispose]();
    t.diagnostic(
      `${buyers.ids.size} orders, ${buyers.failures.length} failed; ` +
        `half answered within ${Math.round(percentile(buyers.latenciesMs, 0.5))} ms, ` +
        `99 of 100 within ${Math.round(percentile(buyers.latenciesMs, 0.99))} ms`,
    );
    assert.deepEqual(buyers.failures.slice(0, 3), []);
    await eventually(async () => assert.equal(await waiting(), 0), 60_000);
    const { logger } = memoryLogger();
    const deps = { brokers: brokersOf(kafka.url), logger, newId: systemClock.newId };
    await using log = kafkaEventLog(deps);
    const all = await asAdmin(kafkaCluster(deps), (admin) => admin.listTopics());
    for (const topic of TOPICS) {
      // A shop under test has topics of its own, with a name before the real one.
      const own = all.find((name) => name.endsWith(`.${topic}`)) ?? topic;
      const messages = await Array.fromAsync(log.read(own));
      assert.deepEqual(new Set(messages.map(({ key }) => key)), buyers.ids, `the events in ${topic}`);
      const doubled = messages.length - new Set(messages.map(({ id }) => id)).size;
      t.diagnostic(`${topic}: ${messages.length} events, ${doubled} of them doubled on the wire`);
    }
  },
);
