import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { AGE_MS_MAX } from '#platform/cache/entity-cache.ts';
import { missingEngine, startRedis } from '#testkit/engines.ts';
import { eventually, startTestShop, type TestGateway } from '#testkit/shop.ts';

const skip = missingEngine('redis', { own: true });
const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());

/** The value of a metric. The output omits counters that never increased. */
const valueOf = async ({ telemetry }: TestGateway, line: RegExp): Promise<number> =>
  Number(line.exec(await telemetry.registry.metrics())?.[1] ?? 0);
/** Continuously written products are always fresh in memory. The gateways read the others from Redis. */
const PRODUCTS = 40;
const WRITTEN = 20;
const UP = /^fritzy_cache_redis_up\{.*\} (\d)/m;
const HITS = /^fritzy_cache_lookups_total\{cache="product",layer="redis",result="hit"\} (\d+)/m;

suite('two gateways that share a cache in Redis', { skip }, () => {
  test('Redis killed and restarted under load: no request fails, no answer is stale, and the gateways use Redis again', async () => {
    await using redis = await startRedis();
    await using shop = await startTestShop({ cacheUrl: redis.url, events: false });
    const gateways = [shop, await shop.addGateway({ cacheUrl: redis.url, events: false })];
    const isUp = (gateway: TestGateway, up: number): Promise<void> =>
      eventually(async () => assert.equal(await valueOf(gateway, UP), up), 30_000);
    for (const gateway of gateways) await isUp(gateway, 1);
    const ids = await Promise.all(
      Array.from({ length: PRODUCTS }, async (_, index) => {
        const { data } = await shop.graphql(
          `mutation { createProduct(product: { name: "P${index}", price: 1 }) { id } }`,
        );
        return data.createProduct.id as string;
      }),
    );

    const totalHits = async (): Promise<number> =>
      (await Promise.all(gateways.map((gateway) => valueOf(gateway, HITS)))).reduce((sum, one) => sum + one);

    /** By product, the gateway and the time of the write of each version. */
    const written = ids.map(() => [{ by: 0, atMs: performance.now() }]);
    let reads = 0;
    const stop = new AbortController();
    async function write(by: number, index: number): Promise<void> {
      const versions = written[index] ?? [];
      const { data } = await (gateways[by] ?? shop).graphql(
        `mutation { updateProduct(input: { id: "${ids[index]}", expectedVersion: ${versions.length}, price: 2 }) { userErrors { message } } }`,
      );
      assert.deepEqual(data?.updateProduct.userErrors, []);
      versions.push({ by, atMs: performance.now() });
    }
    async function read(by: number, index: number): Promise<void> {
      const startedMs = performance.now();
      const minimumIndex = (written[index] ?? []).findLastIndex(
        (version) => version.by === by || version.atMs < startedMs - AGE_MS_MAX,
      );
      const { data, errors } = await (gateways[by] ?? shop).graphql(
        `{ product(id: "${ids[index]}") { version } }`,
      );
      assert.equal(errors, undefined);
      assert.ok(data.product.version >= minimumIndex + 1, 'the answer is stale');
      reads += 1;
    }
    const readers = [0, 1, 0, 1].map(async (by, reader) => {
      for (let index = reader; !stop.signal.aborted; index++) await read(by, index % PRODUCTS);
    });
    // One write at a time, through both gateways in turn.
    const writer = (async () => {
      for (let index = 0; !stop.signal.aborted; index++) await write(index % 2, (index * 7) % WRITTEN);
    })();
    const load = Promise.all([...readers, writer]);
    /** Rejects as soon as a request fails. */
    const underLoad = <T>(check: () => Promise<T> | T): Promise<unknown> =>
      Promise.race([eventually(check, 60_000), load]);

    try {
      for (const kills of [1, 2]) {
        const before = reads;
        await underLoad(() => assert.ok(reads > before + 200));
        await redis.kill();
        for (const gateway of gateways) await isUp(gateway, 0);
        const afterKill = reads;
        await underLoad(() => assert.ok(reads > afterKill + 200));
        await redis.start();
        for (const gateway of gateways) await isUp(gateway, 1);
        const hits = await totalHits();
        await underLoad(async () =>
          assert.ok((await totalHits()) > hits, `Redis is unused after kill ${kills}`),
        );
      }
    } finally {
      stop.abort();
      await load;
    }
  });
});
