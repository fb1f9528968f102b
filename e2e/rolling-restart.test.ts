import assert from 'node:assert/strict';
import { after, suite, test, type TestContext } from 'node:test';
import { SERVICES, urlSetting } from '#cmd/services.ts';
import { waitForOutput, spawnProgram, type Program } from '#cmd/fritzy/test/program.ts';
import { findFreePorts } from '#testkit/free-ports.ts';
import { createShopDatabases, databaseEnvironment, openTestPostgres } from '#testkit/postgres.ts';
import { eventually, postGraphQL } from '#testkit/shop.ts';
import { createGoods, orderRequest, startLoad, type LoadRequest } from './load-clients.ts';

/** Two instances of everything, of which one after the other is replaced while clients read and order. */

const CLIENTS = 32;
/** Requests in all, and one in so many is an order. */
const REQUESTS = 20_000;
const ORDER_EVERY = 10;
const DEADLINE_MS = 120_000;

const postgres = await openTestPostgres();
after(() => postgres[Symbol.asyncDispose]());

interface Instance {
  readonly name: string;
  start(): Promise<void>;
  /** Ends the process by the signal and starts another in its place; resolves when that is ready. */
  restart(signal: NodeJS.Signals): Promise<void>;
}

function instanceOf(
  stack: AsyncDisposableStack,
  { service, readyUrl, env }: { service: string; readyUrl: string; env: Readonly<Record<string, string>> },
): Instance {
  let program: Program | undefined;
  const start = async (): Promise<void> => {
    program = stack.use(spawnProgram(`${service}/cmd/server/main.ts`, env));
    await waitForOutput(program, /"serving"/);
    await eventually(async () => assert.equal((await fetch(`${readyUrl}/readyz`)).status, 200), 30_000);
  };
  return {
    name: service,
    start,
    restart: async (signal) => {
      assert.ok(program);
      program.signal(signal);
      const how = await program.ended;
      if (signal === 'SIGTERM') assert.equal(how, 0, program.stderr());
      await start();
    },
  };
}

/** Two instances of each service and of the gateway, on plain PostgreSQL. They end with the stack. */
async function startPairs(stack: AsyncDisposableStack, common: Readonly<Record<string, string>>) {
  const ports = await findFreePorts(14);
  const next = (): number => ports.pop() ?? assert.fail('too few ports');
  const services = SERVICES.map(({ name }) => name);
  const listens = Object.fromEntries(services.map((name) => [name, [next(), next()]]));
  const urlOf = (name: string): string =>
    `grpc://${listens[name]?.map((port) => `127.0.0.1:${port}`).join()}`;
  const shared = {
    ...common,
    ...databaseEnvironment(await createShopDatabases(postgres)),
    ...Object.fromEntries(services.map((name) => [urlSetting(name), urlOf(name)])),
  };
  const instances = services.flatMap((service) =>
    (listens[service] ?? []).map((port) => {
      const adminPort = String(next());
      const env = { ...shared, LISTEN: `127.0.0.1:${port}`, ADMIN_PORT: adminPort };
      return instanceOf(stack, { service, readyUrl: `http://127.0.0.1:${adminPort}`, env });
    }),
  );
  const urls = [next(), next()].map((port) => `http://127.0.0.1:${port}`);
  const gateways = urls.map((url) =>
    instanceOf(stack, { service: 'graphql', readyUrl: url, env: { ...shared, PORT: new URL(url).port } }),
  );
  const all = [...instances, ...gateways];
  await Promise.all(all.map(({ start }) => start()));
  return { urls, instances: all };
}

/** Reads that reach every service. The account has one order. */
async function createReads(url: string): Promise<readonly string[]> {
  const goods = await createGoods(url);
  const { query, variables } = orderRequest(goods, 1, new Set());
  await postGraphQL(url, { query, variables });
  return [
    '{ products(pagination: { skip: 0, take: 2 }) { id name price } }',
    '{ accounts(pagination: { skip: 0, take: 2 }) { id name } }',
    `{ accounts(id: "${goods.accountId}") { id orders { id totalPrice } } }`,
  ];
}

/** Restarts every instance in turn under load. Returns what clients saw. */
async function roll(
  t: TestContext,
  plan: {
    signal: NodeJS.Signals;
    requests: number;
    env: Readonly<Record<string, string>>;
    which: (name: string) => boolean;
  },
) {
  await using stack = new AsyncDisposableStack();
  const { urls, instances } = await startPairs(stack, plan.env);
  const [url = ''] = urls;
  const goods = await createGoods(url);
  const reads = await createReads(url);
  const acknowledged = new Set<string>();
  const next = (client: number, count: number): LoadRequest =>
    (client + count) % ORDER_EVERY === 0
      ? orderRequest(goods, 1 + (count % 9), acknowledged)
      : { query: reads[(client + count) % reads.length] ?? '' };
  const load = startLoad({ urls, clients: CLIENTS, refusedMax: 100, next });
  const startedMs = performance.now();
  for (const instance of instances.filter(({ name }) => plan.which(name))) {
    const before = load.tally.answered;
    await eventually(() => assert.ok(load.tally.answered >= before + 10 * CLIENTS), DEADLINE_MS);
    await instance.restart(plan.signal);
  }
  await eventually(() => assert.ok(load.tally.answered >= plan.requests), DEADLINE_MS);
  const { answered, resets, failures, slowestMs } = await load.stop();
  const seconds = (performance.now() - startedMs) / 1_000;
  t.diagnostic(
    `${answered} requests in ${seconds.toFixed(1)} s, ${acknowledged.size} of them orders; ` +
      `${resets.length} resets, ${failures.length} failures; the slowest took ${slowestMs.toFixed(0)} ms`,
  );
  return { resets: resets.slice(0, 3), failures: failures.slice(0, 3) };
}

suite('a rolling restart', () => {
  test(`of two instances of each service and of the gateway fails none of ${REQUESTS} requests`, async (t) => {
    const seen = await roll(t, { signal: 'SIGTERM', requests: REQUESTS, env: {}, which: () => true });
    assert.deepEqual(seen, { resets: [], failures: [] });
  });

  test('known-bad twin: instances that are killed make requests fail', async (t) => {
    const which = (name: string): boolean => name === 'order' || name === 'graphql';
    const env = { DRAIN_DELAY_MS: '0' };
    const seen = await roll(t, { signal: 'SIGKILL', requests: 0, env, which });
    assert.notDeepEqual(seen, { resets: [], failures: [] });
  });
});
