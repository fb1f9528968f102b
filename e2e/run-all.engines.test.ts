import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { spawnProgram } from '#cmd/fritzy/test/program.ts';
import { systemClock } from '#platform/clock.ts';
import { missingEngine, openTestEngine } from '#testkit/engines.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { eventually, postGraphQL } from '#testkit/shop.ts';
import { assertSameAnswers, readRecords, recordOf } from './golden/record.ts';
import { placeOrder, runAllSettings, startAll } from './run-all-program.ts';

/** Runs `make migrate-up` and `make run-all` on the real engines, as in README section *As a distributed system*. */

const skip = missingEngine('kafka') || missingEngine('elasticsearch') || missingEngine('redis');
const DEADLINE_MS = 60_000;

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());

/** The settings of empty databases, as docker-compose creates them, and of the engines. */
async function engineSettings(): Promise<Record<string, string>> {
  const postgres = stack.use(await openTestPostgres());
  const open = async (kind: 'kafka' | 'elasticsearch' | 'redis') => stack.use(await openTestEngine(kind)).url;
  return {
    ACCOUNT_DATABASE_URL: await postgres.createDatabase('empty'),
    CATALOG_DATABASE_URL: await postgres.createDatabase('empty'),
    ORDER_DATABASE_URL: await postgres.createDatabase('empty'),
    EVENTS_URL: await open('kafka'),
    SEARCH_URL: `${await open('elasticsearch')}/test-${systemClock.newId()}`,
    CACHE_URL: await open('redis'),
  };
}

async function migrate(
  command: 'up' | 'status',
  env: Readonly<Record<string, string>>,
): Promise<number | string> {
  await using program = spawnProgram('cmd/migrate/main.ts', env, [command]);
  return await program.ended;
}

/** The sum of a metric's values over its labels. */
async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const values = text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'));
  return Array.from(values, ([, value]) => Number(value)).reduce((sum, value) => sum + value, 0);
}

suite('make migrate-up and make run-all on Kafka, Elasticsearch and Redis', { skip }, () => {
  test('the shop gives the same answers as the embedded shop, uses the engines, and recovers from a killed service', async () => {
    const engines = await engineSettings();
    assert.equal(await migrate('status', engines), 1, 'known-bad twin: no tables exist');
    assert.equal(await migrate('up', engines), 0);
    assert.equal(await migrate('status', engines), 0);

    using own = await runAllSettings(engines);
    await using program = await startAll(own);
    await eventually(
      async () => assert.equal(await metric(own.adminUrl('catalog'), 'fritzy_search_engine_up'), 1),
      DEADLINE_MS,
    );
    const golden = await readRecords();
    const shop = {
      graphql: (query: string, variables?: Record<string, unknown>) =>
        postGraphQL(own.url, { query, variables }),
      trail: { rpcs: [], statements: [] },
      clearTrail: () => {},
      advance: () => {},
    };
    assertSameAnswers(await recordOf(shop, golden), golden);
    const fallbacks = () => metric(own.adminUrl('catalog'), 'fritzy_search_fallbacks_total');
    await eventually(async () => {
      const before = await fallbacks();
      const { data } = await shop.graphql('{ searchProducts(query: "iphnoe") { nodes { name } } }');
      assert.equal(data.searchProducts.nodes[0]?.name, 'iPhone 15 Pro');
      assert.equal(await fallbacks(), before, 'the engine answers instead of the fallback');
    }, DEADLINE_MS);
    assert.equal(await metric(own.url, 'fritzy_cache_redis_up'), 1);
    const published = () => metric(own.adminUrl('order'), 'messaging_client_published_messages_total');
    assert.ok((await published()) > 0);

    process.kill(own.record('order').pid, 'SIGKILL');
    await eventually(async () => {
      assert.equal(await placeOrder(own.url), 2399.98);
      assert.ok((await published()) > 0, 'the restarted service publishes events');
    }, DEADLINE_MS);
    program.signal('SIGINT');
    assert.equal(await program.ended, 0, program.stderr());
  });
});
