import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { AGE_MS_MAX } from '#platform/cache/entity-cache.ts';
import { missingEngine, startRedis } from '#testkit/engines.ts';
import { eventually, startTestShop, type TestGateway } from '#testkit/shop.ts';

const skip = missingEngine('redis', { own: true });
const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());

/** A count that never rose is not shown at all. */
const valueOf = async ({ telemetry }: TestGateway, line: RegExp): Promise<number> =>
  Number(line.exec(await telemetry.registry.metrics())?.[1] ?? 0);
/** Products that are written all the time are always fresh in memory; the others are what Redis is asked for. */
const PRODUCTS = 40;
const WRITTEN = 20;
const UP = /^fritzy_cache_redis_up\{.*\} (\d)/m;
const HITS = /^fritzy_cache_lookups_total\{cache="product",layer="redis",result="hit"\} (\d+)/m;

suite('two gateways that share a cache in Redis', { skip }, () => {
  test('Redis killed and started again under load: no request fails, no answer is too old, and it is used again', async () => {
    await using redis = await startRedis();
    await using shop = await startTestShop({ cacheUrl: redis.url, events: false });
    const gateways = [shop, await shop.addGateway({ cacheUrl: redis.url, events: false })];
    const isUp = (gateway: TestGateway, up: number): Promise<void> =>
      eventually(async () => assert.equal(await valueOf(gateway, UP), up), 30_000);
    for (const gateway of gateways) await isUp(gateway, 1);
    const ids = await Promise.all(
      Array.from({ length: PRODUCTS }, async (_, nr) => {
        const { data } = await shop.graphql(
          `mutation { createProduct(product: { name: "P${nr}", price: 1 }) { id } }`,
        );
        return data.createProduct.id as string;
      }),
    );

    const hitsOfBoth = async (): Promise<number> =>
      (await Promise.all(gateways.map((gateway) => valueOf(gateway, HITS)))).reduce((sum, one) => sum + one);

    /** When each version of a product was answered, by the gateway that made it. */
    const written = ids.map(() => [{ by: 0, atMs: performance.now() }]);
    let asked = 0;
    const stop = new AbortController();
    async function write(by: number, nr: number): Promise<void> {
      const versions = written[nr] ?? [];
      const { data } = await (gateways[by] ?? shop).graphql(
        `mutation { updateProduct(input: { id: "${ids[nr]}", expectedVersion: ${versions.length}, price: 2 }) { userErrors { message } } }`,
      );
      assert.deepEqual(data?.updateProduct.userErrors, []);
      versions.push({ by, atMs: performance.now() });
    }
    async function read(by: number, nr: number): Promise<void> {
      const askedMs = performance.now();
      const least = (written[nr] ?? []).findLastIndex(
        (version) => version.by === by || version.atMs < askedMs - AGE_MS_MAX,
      );
      const { data, errors } = await (gateways[by] ?? shop).graphql(
        `{ product(id: "${ids[nr]}") { version } }`,
      );
      assert.equal(errors, undefined);
      assert.ok(data.product.version >= least + 1, 'an answer that is too old');
      asked += 1;
    }
    const readers = [0, 1, 0, 1].map(async (by, reader) => {
      for (let nr = reader; !stop.signal.aborted; nr++) await read(by, nr % PRODUCTS);
    });
    // Each product is written by one at a time, by both gateways in turn.
    const writer = (async () => {
      for (let nr = 0; !stop.signal.aborted; nr++) await write(nr % 2, (nr * 7) % WRITTEN);
    })();
    const load = Promise.all([...readers, writer]);
    /** Fails at once when a request does. */
    const underLoad = <T>(check: () => Promise<T> | T): Promise<unknown> =>
      Promise.race([eventually(check, 60_000), load]);

    try {
      for (const kills of [1, 2]) {
        const before = asked;
        await underLoad(() => assert.ok(asked > before + 200));
        await redis.kill();
        for (const gateway of gateways) await isUp(gateway, 0);
        const without = asked;
        await underLoad(() => assert.ok(asked > without + 200));
        await redis.start();
        for (const gateway of gateways) await isUp(gateway, 1);
        const hits = await hitsOfBoth();
        await underLoad(async () => assert.ok((await hitsOfBoth()) > hits, `unused after kill ${kills}`));
      }
    } finally {
      stop.abort();
      await load;
    }
  });
});
