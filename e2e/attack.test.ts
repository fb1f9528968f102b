import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { waitForOutput, spawnProgram, type Program } from '#cmd/fritzy/test/program.ts';
import { createSchemas } from '#graphql/graph/schema.ts';
import { limitMemory } from '#testkit/memory-limit.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { eventually, postGraphQL } from '#testkit/shop.ts';
import { attackAtOnce, heaviest, waves } from './attack/at-once.ts';
import { canMeasure, costOf, residentBytes, type Cost } from './attack/cost.ts';
import { documentAttacks } from './attack/documents.ts';
import { placesOf, type Attack, type KnownIds } from './attack/requests.ts';
import { adversarialTexts, LENGTHS } from './attack/texts.ts';
import { percentile, startShopper, type Shopper } from './attack/shopper.ts';
import { adversarialValues } from './attack/values.ts';
import { startShopProcesses } from './service-processes.ts';

/** What one request may cost any process of the shop. */
const CPU_MS_MAX = 100;
const MEGABYTES_MAX = 20;
/** A cost above the bound counts if it is there each time: the work of other requests and of the collector is not. */
const ATTEMPTS_MAX = 4;
/** As Compose gives it, with the flags of the image. */
const GATEWAY_BYTES_MAX = 256 * 1_048_576;
const dockerfile = await readFile(new URL('../Dockerfile', import.meta.url), 'utf8');
const entrypoint = JSON.parse(/^ENTRYPOINT (.+)$/m.exec(dockerfile)?.[1] ?? '[]') as string[];
const NODE_FLAGS = entrypoint.filter((argument) => argument.startsWith('--'));
const MALLOC = Object.fromEntries(
  [...dockerfile.matchAll(/\b(MALLOC_\w+)=(\d+)/g)].map(([, name = '', value = '']) => [name, value]),
);
/** Node hands it to its children: measuring coverage keeps the code of every document that was ever compiled. */
const NO_COVERAGE = { NODE_V8_COVERAGE: '' };

const schema = createSchemas(2).schema;
const isMeasured = canMeasure();
const stack = new AsyncDisposableStack();
let gatewayProgram: Program | undefined;
const limit = limitMemory(`fritzy-attack-${process.pid}`, GATEWAY_BYTES_MAX);

suite('attacks on the API', { skip: isMeasured ? false : 'needs /proc of Linux, writable' }, () => {
  let shop: Shop;
  let ids: KnownIds;
  let unloaded: readonly number[];
  let shopper: Shopper | undefined;
  /** Requests of the shopper before many attacks ran at once. */
  let oneByOne = 0;

  before(async () => {
    assert.ok(NODE_FLAGS.length > 0 && 'MALLOC_ARENA_MAX' in MALLOC, 'the Dockerfile is not understood');
    shop = await startShop();
    ids = await fill(shop.url);
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

  test('adversarial texts in every argument of every field', async () => {
    const attacks = placesOf(schema, ids).flatMap((place) =>
      LENGTHS.flatMap((length) =>
        adversarialTexts(length).map(([name, text]) => ({
          name: `${place.name}: ${name}`,
          get body() {
            return place.request(text);
          },
        })),
      ),
    );
    assert.ok(attacks.length > 1_000);
    assert.deepEqual(await expensive(shop, attacks), []);
  });

  test('lists and objects of too many items in every argument of every field', async () => {
    const attacks = placesOf(schema, ids).flatMap((place) =>
      adversarialValues().map(([name, value]) => ({
        name: `${place.name}: ${name}`,
        body: place.request(value),
      })),
    );
    assert.deepEqual(await expensive(shop, attacks), []);
  });

  test('documents that ask for as much as they may, for every field', async () => {
    assert.deepEqual(await expensive(shop, documentAttacks(schema, ids)), []);
  });

  test('the heaviest of them from 64 connections at once, of which a third does not read', async () => {
    oneByOne = shopper?.latencies.length ?? 0;
    await attackAtOnce(shop.url, heaviest(documentAttacks(schema, ids), placesOf(schema, ids)));
  });

  test('many at once that are cheap one by one: documents that differ, compressed answers, pipelined headers', async () => {
    for (const wave of waves(ids)) await attackAtOnce(shop.url, wave.bodies, wave);
  });

  test(`the gateway has survived in ${GATEWAY_BYTES_MAX / 1_048_576} MiB, and the shopper saw no error meanwhile`, async (context) => {
    assert.ok(shopper);
    await shopper[Symbol.asyncDispose]();
    assert.equal((await fetch(`${shop.url}/healthz`)).status, 200);
    const p99 = (latencies: readonly number[]): string => `${percentile(latencies, 99).toFixed(1)} ms`;
    context.diagnostic(
      `p99 of the shopper: ${p99(unloaded)} alone, ${p99(shopper.latencies.slice(0, oneByOne))} beside one attack at a time, ` +
        `${p99(shopper.latencies.slice(oneByOne))} beside many at once`,
    );
    if (limit) {
      context.diagnostic(
        `memory of the gateway at its highest: ${(limit.peakBytes() / 1_048_576).toFixed(0)} MiB`,
      );
      assert.equal(limit.kills(), 0);
    } else {
      context.diagnostic('control groups cannot be made here: resident memory was watched instead');
      assert.ok(residentBytes(shop.pids['gateway'] ?? 0) < GATEWAY_BYTES_MAX);
    }
  });

  test('known-bad twin: a pattern that takes quadratic time and an answer without a bound are caught', async () => {
    await using program = spawnProgram('e2e/attack/careless-server.ts', {});
    const [, port] = await waitForOutput(program, /"http_port":(\d+)/);
    const careless = { url: `http://127.0.0.1:${port}`, pids: { careless: program.pid } };
    const attacks = [
      { name: 'zeros', body: JSON.stringify(`0.${'0'.repeat(25_000)}1`) },
      { name: 'large', body: '"large"' },
      { name: 'small', body: '"small"' },
    ];
    const found = await expensive(careless, attacks);
    assert.deepEqual(
      found.map((words) => words.slice(0, 5)),
      ['zeros', 'large'],
    );
  });
});

/** Sends each and returns those that cost too much each time. */
async function expensive({ url, pids }: Shop, attacks: Iterable<Attack>): Promise<string[]> {
  const found: string[] = [];
  for (const { name, body } of attacks) {
    let least: Record<string, Cost> | undefined;
    for (let attempt = 0; attempt < ATTEMPTS_MAX && (!least || isTooMuch(least)); attempt++)
      least = lower(least, await costOf(pids, () => send(url, body)));
    if (least && isTooMuch(least)) found.push(`${name}: ${wordsFor(least)}`);
  }
  return found;
}

interface Shop {
  readonly url: string;
  readonly pids: Readonly<Record<string, number>>;
}

async function startShop(): Promise<Shop> {
  const postgres = stack.use(await openTestPostgres());
  if (limit) stack.use(limit);
  const { account, catalog, order, gateway, url } = await startShopProcesses(stack, postgres, {
    env: { ...NO_COVERAGE, NODE_ENV: 'production' },
    // Beside other tests the heaviest orders of the shop's filling take seconds.
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

/** Products with the longest descriptions, and accounts with heavy orders of them. */
async function fill(url: string): Promise<KnownIds> {
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
  for (let nr = 0; nr < 100; nr++)
    products.push(await create(newProduct, { n: `Heavy phone ${nr}`, d: description, c: Category }));
  const accounts: string[] = [];
  for (let nr = 0; nr < 20; nr++)
    accounts.push(await create(`mutation { createAccount(account: { name: "Account ${nr}" }) { id } }`));
  for (let nr = 0; nr < 100; nr++) await createCategory({ name: `Below ${nr}`, parentId: Category });
  let Order = '';
  for (const accountId of accounts)
    for (let nr = 0; nr < 5; nr++) {
      const lines = products.slice(nr * 20, nr * 20 + 20).map((productId) => ({ productId, quantity: 1 }));
      Order = await create('mutation($o: OrderInput!) { createOrder(order: $o) { id } }', {
        o: { accountId, products: lines },
      });
    }
  const [Account = ''] = accounts;
  // As many lines as orders can have, of products with short texts.
  const light = await create(newProduct, { n: 'Light', d: '', c: Category });
  const lines = products.slice(0, 99).map((productId) => ({ productId, quantity: 1 }));
  for (let nr = 0; nr < 30; nr++)
    await create('mutation($o: OrderInput!) { createOrder(order: $o) { id } }', {
      o: { accountId: Account, products: [...lines, { productId: light, quantity: 1 }] },
    });
  const [Product = ''] = products;
  return { Account, Product, Order, Category };
}

/** Sends a request and checks that it is answered, with a code if it is refused, and never with INTERNAL. */
async function send(url: string, body: string): Promise<void> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  }).catch((cause: unknown) => {
    const state = `${limit?.kills() ?? 0} kills; the gateway wrote: ${gatewayProgram?.stderr().slice(-2_000)}`;
    throw new Error(`${state}\n${body.slice(0, 300)}`, { cause });
  });
  const text = await response.text();
  assert.ok(response.status < 500, `${response.status} ${text.slice(0, 500)}`);
  assert.ok(!text.includes('"code":"INTERNAL"'), text.slice(0, 500));
}

function isTooMuch(cost: Record<string, Cost>): boolean {
  return Object.values(cost).some(({ cpuMs, megabytes }) => cpuMs > CPU_MS_MAX || megabytes > MEGABYTES_MAX);
}

function lower(one: Record<string, Cost> | undefined, other: Record<string, Cost>): Record<string, Cost> {
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

function wordsFor(cost: Record<string, Cost>): string {
  return Object.entries(cost)
    .map(([name, { cpuMs, megabytes }]) => `${name} ${cpuMs.toFixed(0)} ms ${megabytes.toFixed(0)} MB`)
    .join(', ');
}
