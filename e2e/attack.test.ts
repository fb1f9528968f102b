import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { waitForOutput, spawnProgram, type Program } from '#cmd/fritzy/test/program.ts';
import { createSchemas } from '#graphql/graph/schema.ts';
import { limitMemory } from '#testkit/memory-limit.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { rounds } from '#testkit/rounds.ts';
import { eventually, postGraphQL } from '#testkit/shop.ts';
import { canMeasureCost, measureCost, residentBytes, slowdown, type Cost } from './attack/cost.ts';
import { documentAttacks } from './attack/documents.ts';
import { argumentPositions, type Attack, type KnownIds } from './attack/requests.ts';
import { adversarialTexts, LENGTHS } from './attack/texts.ts';
import { bursts, largestRequests, sendConcurrently } from './attack/send-concurrently.ts';
import { percentile, startShopper, type Shopper } from './attack/shopper.ts';
import { adversarialValues } from './attack/values.ts';
import { startShopProcesses } from './service-processes.ts';

/** The maximum cost of one request for each process of the shop, on an idle machine. */
const CPU_MS_MAX = 100;
const MEGABYTES_MAX = 20;
/** A request fails only if every attempt exceeds a limit: other requests and garbage collection raise single measurements. */
const ATTEMPTS_MAX = 8;
/** The memory limit in docker-compose.yml. The gateway runs with the Node flags of the image. */
const GATEWAY_BYTES_MAX = 256 * 1_048_576;
/**
 * Each text attacks three in ten arguments, and each argument is attacked with three in ten texts. The selection differs
 * in each run; `make test-long` sends all texts to all arguments.
 */
const SELECTED = rounds(10, 3);
const OFFSET = Math.floor(Math.random() * 10);
const isSelected = (pair: number): boolean => (pair * 3 + OFFSET) % 10 < SELECTED;
const dockerfile = await readFile(new URL('../Dockerfile', import.meta.url), 'utf8');
const entrypoint = JSON.parse(/^ENTRYPOINT (.+)$/m.exec(dockerfile)?.[1] ?? '[]') as string[];
const NODE_FLAGS = entrypoint.filter((argument) => argument.startsWith('--'));
const MALLOC = Object.fromEntries(
  [...dockerfile.matchAll(/\b(MALLOC_\w+)=(\d+)/g)].map(([, name = '', value = '']) => [name, value]),
);
/** Child processes inherit NODE_V8_COVERAGE. Coverage keeps the code of every compiled document in memory. */
const NO_COVERAGE = { NODE_V8_COVERAGE: '' };

const schema = createSchemas(2).schema;
const isMeasured = canMeasureCost();
const stack = new AsyncDisposableStack();
let gatewayProgram: Program | undefined;
const limit = limitMemory(`fritzy-attack-${process.pid}`, GATEWAY_BYTES_MAX);

suite('attacks on the API', { skip: isMeasured ? false : 'needs a writable Linux /proc' }, () => {
  let shop: Shop;
  let ids: KnownIds;
  let unloaded: readonly number[];
  let shopper: Shopper | undefined;
  /** The number of shopper requests before the concurrent attacks. */
  let sequentialCount = 0;

  before(async () => {
    // The first runs compile the reference work.
    for (let run = 0; run < 5; run++) slowdown();
    assert.ok(NODE_FLAGS.length > 0 && 'MALLOC_ARENA_MAX' in MALLOC, 'cannot parse the Dockerfile');
    shop = await startShop();
    ids = await createTestData(shop.url);
    for (const { body } of documentAttacks(schema, ids)) await send(shop.url, body);
    await using alone = startShopper(shop.url, ids);
    await eventually(() => assert.ok(alone.latencies.length >= 300), 120_000);
    unloaded = [...alone.latencies];
    shopper = startShopper(shop.url, ids);
  });
  after(async () => {
    await shopper?.[Symbol.asyncDispose]();
    await stack.disposeAsync();
  });

  test('an adversarial text in any argument of any field stays within the limits', async () => {
    const texts = LENGTHS.flatMap(adversarialTexts);
    const attacks = argumentPositions(schema, ids).flatMap((position, place) =>
      texts
        .filter((_, index) => isSelected(place + index))
        .map(([name, text]) => ({
          name: `${position.name}: ${name}`,
          get body() {
            return position.request(text);
          },
        })),
    );
    for (const [name] of texts)
      assert.ok(attacks.filter((attack) => attack.name.endsWith(`: ${name}`)).length > 10, name);
    assert.deepEqual(await findExpensive(shop, attacks), []);
  });

  test('a list or object with too many items in any argument of any field stays within the limits', async () => {
    const values = adversarialValues();
    const attacks = argumentPositions(schema, ids).flatMap((position) =>
      values.map(([name, value]) => ({
        name: `${position.name}: ${name}`,
        body: position.request(value),
      })),
    );
    assert.deepEqual(await findExpensive(shop, attacks), []);
  });

  test('the largest allowed document for each field stays within the limits', async () => {
    assert.deepEqual(await findExpensive(shop, documentAttacks(schema, ids)), []);
  });

  test('the gateway withstands the largest requests on 64 connections, a third of which read no answer', async () => {
    sequentialCount = shopper?.latencies.length ?? 0;
    await sendConcurrently(
      shop.url,
      largestRequests(documentAttacks(schema, ids), argumentPositions(schema, ids)),
    );
  });

  test('the gateway withstands bursts of cheap requests: different documents, compressed answers, pipelined headers', async () => {
    for (const burst of bursts(ids)) await sendConcurrently(shop.url, burst.bodies, burst);
  });

  test(`the gateway withstands all attacks in ${GATEWAY_BYTES_MAX / 1_048_576} MiB, and the shopper sees no error`, async (context) => {
    assert.ok(shopper);
    await shopper[Symbol.asyncDispose]();
    assert.equal((await fetch(`${shop.url}/healthz`)).status, 200);
    const p99 = (latencies: readonly number[]): string => `${percentile(latencies, 99).toFixed(1)} ms`;
    context.diagnostic(
      `p99 latency of the shopper: ${p99(unloaded)} without attacks, ${p99(shopper.latencies.slice(0, sequentialCount))} during sequential attacks, ` +
        `${p99(shopper.latencies.slice(sequentialCount))} during concurrent attacks`,
    );
    if (limit) {
      context.diagnostic(`peak memory of the gateway: ${(limit.peakBytes() / 1_048_576).toFixed(0)} MiB`);
      assert.equal(limit.kills(), 0);
    } else {
      context.diagnostic('cannot create control groups: checking resident memory instead');
      assert.ok(residentBytes(shop.pids['gateway'] ?? 0) < GATEWAY_BYTES_MAX);
    }
  });

  test('known-bad twin: a regular expression with quadratic time and an unbounded answer are caught', async () => {
    await using program = spawnProgram('e2e/attack/known-bad-server.ts', {});
    const [, port] = await waitForOutput(program, /"http_port":(\d+)/);
    const knownBad = { url: `http://127.0.0.1:${port}`, pids: { knownBad: program.pid } };
    const attacks = [
      { name: 'zeros', body: JSON.stringify(`0.${'0'.repeat(25_000)}1`) },
      { name: 'large', body: '"large"' },
      { name: 'small', body: '"small"' },
    ];
    const found = await findExpensive(knownBad, attacks);
    assert.deepEqual(
      found.map((description) => description.slice(0, 5)),
      ['zeros', 'large'],
    );
  });
});

/** Sends each attack and describes those that exceed a limit in every attempt. */
async function findExpensive({ url, pids }: Shop, attacks: Iterable<Attack>): Promise<string[]> {
  const found: string[] = [];
  for (const { name, body } of attacks) {
    let least: Record<string, Cost> | undefined;
    for (let attempt = 0; attempt < ATTEMPTS_MAX && (!least || exceedsLimits(least)); attempt++)
      least = minimum(least, await normalizedCost(pids, () => send(url, body)));
    if (least && exceedsLimits(least)) found.push(`${name}: ${describeCost(least)}`);
  }
  return found;
}

/** The cost on an idle machine, if it exceeds a limit on this one. */
async function normalizedCost(pids: Shop['pids'], work: () => Promise<void>): Promise<Record<string, Cost>> {
  const cost = await measureCost(pids, work);
  if (!exceedsLimits(cost)) return cost;
  const factor = slowdown();
  return Object.fromEntries(
    Object.entries(cost).map(([name, { cpuMs, megabytes }]) => [name, { cpuMs: cpuMs / factor, megabytes }]),
  );
}

interface Shop {
  readonly url: string;
  readonly pids: Readonly<Record<string, number>>;
}

async function startShop(): Promise<Shop> {
  const postgres = stack.use(await openTestPostgres());
  const tokenKeys = await mkdtemp(join(tmpdir(), 'fritzy-keys-'));
  stack.defer(() => rm(tokenKeys, { recursive: true, force: true }));
  if (limit) stack.use(limit);
  const { account, catalog, order, gateway, url } = await startShopProcesses(stack, postgres, {
    env: { ...NO_COVERAGE, NODE_ENV: 'production', MAIL_URL: 'log:', TOKEN_KEYS: tokenKeys },
    // While other tests run, the largest orders of the test data take seconds.
    gatewayEnv: { ...MALLOC, REQUEST_TIMEOUT_MS: '30000' },
    all: { nodeFlags: NODE_FLAGS },
    gateway: { cgroup: limit?.processesFile },
  });
  gatewayProgram = gateway;
  await eventually(async () => assert.equal((await fetch(`${url}/readyz`)).status, 200));
  return {
    url,
    pids: {
      gateway: gateway.pid,
      account: account.program.pid,
      catalog: catalog.program.pid,
      order: order.program.pid,
    },
  };
}

/** Creates products with the longest descriptions, and accounts with large orders of them. */
async function createTestData(url: string): Promise<KnownIds> {
  const create = async (query: string, variables: Record<string, unknown> = {}): Promise<string> => {
    const { data, errors } = await postGraphQL(url, { query, variables });
    assert.equal(errors, undefined);
    return (Object.values(data)[0] as { id: string }).id;
  };
  const createCategory = async (input: object): Promise<string> => {
    const query =
      'mutation($input: CreateCategoryInput!) { createCategory(input: $input) { category { id } } }';
    const { data, errors } = await postGraphQL(url, { query, variables: { input } });
    assert.equal(errors, undefined);
    return data.createCategory.category.id;
  };
  const Category = await createCategory({ name: 'Heavy' });
  const description = 'é'.repeat(10_000);
  const newProduct =
    'mutation($n: String!, $d: String!, $c: ID!) { createProduct(product: { name: $n, description: $d, price: 1, categoryId: $c, tags: ["a", "b"] }) { id } }';
  const products: string[] = [];
  for (let index = 0; index < 100; index++)
    products.push(await create(newProduct, { n: `Heavy phone ${index}`, d: description, c: Category }));
  const accounts: string[] = [];
  for (let index = 0; index < 20; index++)
    accounts.push(await create(`mutation { createAccount(account: { name: "Account ${index}" }) { id } }`));
  for (let index = 0; index < 100; index++)
    await createCategory({ name: `Child ${index}`, parentId: Category });
  let Order = '';
  for (const accountId of accounts)
    for (let index = 0; index < 5; index++) {
      const lines = products
        .slice(index * 20, index * 20 + 20)
        .map((productId) => ({ productId, quantity: 1 }));
      Order = await create('mutation($o: OrderInput!) { createOrder(order: $o) { id } }', {
        o: { accountId, products: lines },
      });
    }
  const [Account = ''] = accounts;
  // Orders with the maximum number of lines, one of them of a product with a short description.
  const light = await create(newProduct, { n: 'Light', d: '', c: Category });
  const lines = products.slice(0, 99).map((productId) => ({ productId, quantity: 1 }));
  for (let index = 0; index < 30; index++)
    await create('mutation($o: OrderInput!) { createOrder(order: $o) { id } }', {
      o: { accountId: Account, products: [...lines, { productId: light, quantity: 1 }] },
    });
  const [Product = ''] = products;
  return { Account, Product, Order, Category };
}

/** Sends a request and asserts that the answer is neither a 5xx nor an INTERNAL error. */
async function send(url: string, body: string): Promise<void> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  }).catch((cause: unknown) => {
    const state = `${limit?.kills() ?? 0} kills; stderr of the gateway: ${gatewayProgram?.stderr().slice(-2_000)}`;
    throw new Error(`${state}\n${body.slice(0, 300)}`, { cause });
  });
  const text = await response.text();
  assert.ok(response.status < 500, `${response.status} ${text.slice(0, 500)}`);
  assert.ok(!text.includes('"code":"INTERNAL"'), text.slice(0, 500));
}

function exceedsLimits(cost: Record<string, Cost>): boolean {
  return Object.values(cost).some(({ cpuMs, megabytes }) => cpuMs > CPU_MS_MAX || megabytes > MEGABYTES_MAX);
}

function minimum(one: Record<string, Cost> | undefined, other: Record<string, Cost>): Record<string, Cost> {
  if (!one) return other;
  return Object.fromEntries(
    Object.entries(other).map(([name, { cpuMs, megabytes }]) => [
      name,
      {
        cpuMs: Math.min(cpuMs, one[name]?.cpuMs ?? cpuMs),
        megabytes: Math.min(megabytes, one[name]?.megabytes ?? megabytes),
      },
    ]),
  );
}

function describeCost(cost: Record<string, Cost>): string {
  return Object.entries(cost)
    .map(([name, { cpuMs, megabytes }]) => `${name} ${cpuMs.toFixed(0)} ms ${megabytes.toFixed(0)} MB`)
    .join(', ');
}
