import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, suite, test, type TestContext } from 'node:test';
import pg from 'pg';
import { eventually } from '#testkit/shop.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { rounds } from '#testkit/rounds.ts';
import { createOrderFixtures, ORDER } from './load-clients.ts';
import { startGateway, startService, type ServiceProcess } from './service-processes.ts';

/** Requests with idempotency keys, with one process per service: two instances of the order service and of the gateway. */

const KEYS = 2_000;
const DUPLICATES = 10;
/** Each takes two seconds. */
const KILLS = rounds(50, 3);
const ORDERS_PER_KILL = 16;

const stack = new AsyncDisposableStack();
const agent = new Agent({ keepAlive: true, maxSockets: 128 });
let orders: pg.Client;
let urls: readonly string[];
let orderEnv: Record<string, string>;
let accounts: ServiceProcess;
let products: ServiceProcess;
let input: { accountId: string; products: { productId: string; quantity: number }[] };

before(async () => {
  const postgres = stack.use(await openTestPostgres());
  const [account, catalog, order, events] = await Promise.all(
    (['account', 'catalog', 'order', 'events'] as const).map((kind) => postgres.createDatabase(kind)),
  );
  const env = { EVENTS_URL: String(events), LOG_LEVEL: 'warn' };
  // The ports are read from the log.
  const info = { ...env, LOG_LEVEL: 'info' };
  [accounts, products] = await Promise.all([
    startService(stack, 'account', { ...info, ACCOUNT_DATABASE_URL: String(account) }),
    startService(stack, 'catalog', { ...info, CATALOG_DATABASE_URL: String(catalog) }),
  ]);
  orderEnv = {
    ...info,
    ACCOUNT_URL: accounts.url,
    CATALOG_URL: products.url,
    ORDER_DATABASE_URL: String(order),
  };
  const started = await Promise.all([startPair(), startPair()]);
  urls = started.map(({ url }) => url);
  const { accountId, productIds } = await createOrderFixtures(urls[0] ?? '');
  input = { accountId, products: [{ productId: productIds[0], quantity: 1 }] };
  orders = new pg.Client({ connectionString: String(order) });
  stack.defer(() => orders.end());
  await orders.connect();
});
after(async () => {
  agent.destroy();
  await stack.disposeAsync();
});

/** An order service and a gateway that calls it. */
async function startPair() {
  const service = await startService(stack, 'order', orderEnv);
  const gateway = await startGateway(stack, {
    LOG_LEVEL: 'info',
    ACCOUNT_URL: accounts.url,
    CATALOG_URL: products.url,
    ORDER_URL: service.url,
  });
  return { url: gateway.url, programs: [service.program, gateway.program] };
}

/** Places an order with a key. Returns the body of the answer, undefined if the connection is lost. */
function place(url: string, key: string): Promise<string | undefined> {
  const body = JSON.stringify({ query: ORDER, variables: { order: input } });
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    request(`${url}/graphql`, { method: 'POST', agent, headers }, (response) => {
      text(response).then(resolve, () => resolve(undefined));
    })
      .on('error', () => resolve(undefined))
      .end(body);
  });
}

const idOf = (answer: string): string => {
  const { data, errors } = JSON.parse(answer) as {
    data?: { createOrder: { id: string } };
    errors?: object[];
  };
  assert.ok(data, JSON.stringify(errors));
  return data.createOrder.id;
};

const countOrders = async (): Promise<number> =>
  Number((await orders.query('SELECT count(*) FROM orders')).rows[0].count);

/** Runs `work` for each index with at most `concurrency` at a time. */
async function forEachIndex(
  count: number,
  concurrency: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

/** The guarantee: all answers of a key are equal, and no two keys have the same order. Returns the ids. */
function assertOncePerKey(answers: ReadonlyMap<string, readonly string[]>): Set<string> {
  const ids = new Set<string>();
  for (const [key, its] of answers) {
    assert.equal(new Set(its).size, 1, `${key} has ${new Set(its).size} different answers`);
    const id = idOf(its[0] ?? '');
    assert.ok(!ids.has(id), `${key} has the order of another key`);
    ids.add(id);
  }
  return ids;
}

suite('orders with idempotency keys', { timeout: 600_000 }, () => {
  test(`${KEYS} keys with ${DUPLICATES} simultaneous requests each, through two gateways, are ${KEYS} orders`, async () => {
    const before = await countOrders();
    const answers = new Map<string, string[]>();
    await forEachIndex(KEYS, 12, async (index) => {
      const key = `duplicate ${index}`;
      const its = await Promise.all(
        Array.from({ length: DUPLICATES }, (_, copy) => place(urls[copy % 2] ?? '', key)),
      );
      assert.ok(
        its.every((answer) => answer !== undefined),
        key,
      );
      answers.set(key, its);
    });
    assert.equal(assertOncePerKey(answers).size, KEYS);
    assert.equal(await countOrders(), before + KEYS);
  });

  test('known-bad twin: check, then insert', async () => {
    const checked = new Map<string, string>();
    const checkThenInsert = async (url: string, key: string): Promise<string> => {
      const known = checked.get(key);
      if (known !== undefined) return known;
      const answer = (await place(url, crypto.randomUUID())) ?? '';
      checked.set(key, answer);
      return answer;
    };
    const its = await Promise.all(urls.map((url) => checkThenInsert(url, 'twin')));
    assert.throws(() => assertOncePerKey(new Map([['twin', its]])), /twin has 2 different answers/);
  });

  test(`after kill -9 of the order service and the gateway between effect and answer, ${KILLS} times, a retry gets the first order`, async (t: TestContext) => {
    const before = await countOrders();
    await orders.query(`
      CREATE FUNCTION notify_placed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY placed; RETURN NULL; END $$;
      CREATE TRIGGER placed AFTER INSERT ON orders FOR EACH STATEMENT EXECUTE FUNCTION notify_placed();
      LISTEN placed`);
    let unanswered = 0;
    let next: ReturnType<typeof startPair> | undefined;
    for (let round = 0; round < KILLS; round++) {
      const { url, programs } = await (next ?? startPair());
      // The next pair starts while this one works.
      next = round + 1 < KILLS ? startPair() : undefined;
      await next;
      const stored = await countOrders();
      const keys = Array.from({ length: ORDERS_PER_KILL }, (_, index) => `kill ${round} ${index}`);
      // PostgreSQL notifies after the commit.
      orders.once('notification', () => {
        for (const program of programs) program.signal('SIGKILL');
      });
      const first = await Promise.all(keys.map((key) => place(url, key)));
      for (const program of programs) assert.equal(await program.ended, 'SIGKILL');
      const effects = (await countOrders()) - stored;
      unanswered += effects - first.filter((answer) => answer !== undefined).length;
      const retried = await Promise.all(keys.map((key) => place(urls[round % 2] ?? '', key)));
      const answers = keys.map((key, index): [string, string[]] => {
        const its = [first[index], retried[index]].filter((answer) => answer !== undefined);
        return [key, its];
      });
      assert.equal(assertOncePerKey(new Map(answers)).size, ORDERS_PER_KILL);
      await eventually(async () => assert.equal(await countOrders(), stored + ORDERS_PER_KILL));
    }
    t.diagnostic(`${unanswered} orders were stored without an answer`);
    assert.ok(unanswered >= KILLS, `only ${unanswered} orders were stored without an answer`);
    assert.equal(await countOrders(), before + KILLS * ORDERS_PER_KILL);
  });
});
