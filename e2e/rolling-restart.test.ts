import assert from 'node:assert/strict';
import { after, suite, test, type TestContext } from 'node:test';
import { SERVICES, urlSetting } from '#cmd/services.ts';
import { waitForOutput, spawnProgram, type Program } from '#cmd/fritzy/test/program.ts';
import { findFreePorts } from '#testkit/free-ports.ts';
import { createShopDatabases, databaseEnvironment, openTestPostgres } from '#testkit/postgres.ts';
import { eventually, postGraphQL } from '#testkit/shop.ts';
import { createOrderFixtures, orderRequest, startLoad, type LoadRequest } from './load-clients.ts';

/** Replaces two instances of each service and of the gateway one by one while clients read and order. */

const CLIENTS = 32;
const REQUESTS = 20_000;
/** One of this number of requests is an order. */
const ORDER_EVERY = 10;
const DEADLINE_MS = 120_000;

const postgres = await openTestPostgres();
after(() => postgres[Symbol.asyncDispose]());

interface Instance {
  readonly name: string;
  start(): Promise<void>;
  /** Ends the process with the signal and starts a replacement; resolves when the replacement is ready. */
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
      const status = await program.ended;
      if (signal === 'SIGTERM') assert.equal(status, 0, program.stderr());
      await start();
    },
  };
}

/** Starts two instances of each service and of the gateway on plain PostgreSQL. They end with the stack. */
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

/** Queries that reach every service. The account has one order. */
async function createReads(url: string): Promise<readonly string[]> {
  const fixtures = await createOrderFixtures(url);
  const { query, variables } = orderRequest(fixtures, 1, new Set());
  await postGraphQL(url, { query, variables });
  return [
    '{ products(pagination: { skip: 0, take: 2 }) { id name price } }',
    '{ accounts(pagination: { skip: 0, take: 2 }) { id name } }',
    `{ accounts(id: "${fixtures.accountId}") { id orders { id totalPrice } } }`,
  ];
}

/** Restarts the selected instances one by one under load. Returns the first resets and failures of the clients. */
async function restartUnderLoad(
  t: TestContext,
  plan: {
    signal: NodeJS.Signals;
    requests: number;
    env: Readonly<Record<string, string>>;
    isRestarted: (name: string) => boolean;
  },
) {
  await using stack = new AsyncDisposableStack();
  const { urls, instances } = await startPairs(stack, plan.env);
  const [url = ''] = urls;
  const fixtures = await createOrderFixtures(url);
  const reads = await createReads(url);
  const acknowledged = new Set<string>();
  const next = (client: number, count: number): LoadRequest =>
    (client + count) % ORDER_EVERY === 0
      ? orderRequest(fixtures, 1 + (count % 9), acknowledged)
      : { query: reads[(client + count) % reads.length] ?? '' };
  const load = startLoad({ urls, clients: CLIENTS, refusedMax: 100, next });
  const startedMs = performance.now();
  for (const instance of instances.filter(({ name }) => plan.isRestarted(name))) {
    const before = load.stats.answered;
    await eventually(() => assert.ok(load.stats.answered >= before + 10 * CLIENTS), DEADLINE_MS);
    await instance.restart(plan.signal);
  }
  await eventually(() => assert.ok(load.stats.answered >= plan.requests), DEADLINE_MS);
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
    const outcome = await restartUnderLoad(t, {
      signal: 'SIGTERM',
      requests: REQUESTS,
      env: {},
      isRestarted: () => true,
    });
    assert.deepEqual(outcome, { resets: [], failures: [] });
  });

  test('known-bad twin: killing the instances makes requests fail', async (t) => {
    const isRestarted = (name: string): boolean => name === 'order' || name === 'graphql';
    const env = { DRAIN_DELAY_MS: '0' };
    const outcome = await restartUnderLoad(t, { signal: 'SIGKILL', requests: 0, env, isRestarted });
    assert.notDeepEqual(outcome, { resets: [], failures: [] });
  });
});
