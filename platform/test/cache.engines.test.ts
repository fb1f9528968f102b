import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { createClient } from 'redis';
import { AGE_MS_MAX, createEntityCache, type EntityCache } from '#platform/cache/entity-cache.ts';
import { openRedisCache } from '#platform/cache/redis-cache.ts';
import type { SharedCache } from '#platform/cache/shared-cache.ts';
import { cacheContract } from '#platform/test/cache-contract.ts';
import {
  createSource,
  thingOptions,
  versionOf,
  type Source,
  type Thing,
} from '#platform/test/cache-things.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { missingEngine, startRedis, type TestRedis } from '#testkit/engines.ts';
import { eventually, memoryLogger } from '#testkit/shop.ts';

const skip = missingEngine('redis', { own: true });
const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const elapsedMs = (): number => performance.now();
const redis: TestRedis | undefined = skip ? undefined : stack.use(await startRedis());
let count = 0;
const newId = (): string => `redis-${count++}`;

interface Opened {
  readonly shared: SharedCache;
  readonly lines: readonly Record<string, unknown>[];
  readonly telemetry: ReturnType<typeof createTelemetry>;
}

/** Opens the shared cache as another process would, and waits until it is connected. */
async function openShared(url = redis?.url ?? ''): Promise<Opened> {
  const { logger, lines } = memoryLogger();
  const telemetry = createTelemetry();
  const shared = openRedisCache(url, { logger, metrics: telemetry.cache, ageMsMax: AGE_MS_MAX, elapsedMs });
  stack.use(shared);
  await connected(shared);
  return { shared, lines, telemetry };
}

async function connected(shared: SharedCache): Promise<void> {
  await eventually(async () => assert.ok((await shared.get(['probe'])).moment), 30_000);
}

const wait = (ms: number): Promise<void> => {
  const untilMs = elapsedMs() + ms;
  return eventually(() => assert.ok(elapsedMs() >= untilMs));
};

if (redis)
  cacheContract('in memory and Redis', () => ({
    options: async (load) => thingOptions({ load, elapsedMs, shared: (await openShared()).shared }),
    pass: wait,
  }));

/** Caches of separate processes with one source. */
async function openCaches(
  count: number,
  wrap: (shared: SharedCache) => SharedCache = (shared) => shared,
): Promise<{ source: Source; id: string; opened: Opened[]; caches: EntityCache<Thing>[] }> {
  const source = createSource();
  const id = newId();
  source.bump(id);
  const opened = await Promise.all(Array.from({ length: count }, () => openShared()));
  const caches = opened.map(({ shared }) =>
    createEntityCache(thingOptions({ load: source.load, elapsedMs, shared: wrap(shared) })),
  );
  return { source, id, opened, caches };
}

const at = <T>(all: readonly T[], index: number): T => all[index] ?? assert.fail();

suite('the shared cache in Redis', { skip }, () => {
  test('an entity read by one process is not read again by another', async () => {
    const { source, id, caches } = await openCaches(2);
    await eventually(async () => {
      // On a busy machine Redis may miss its deadline: then the source is read, which is allowed.
      const fresh = `${id}-${count++}`;
      source.bump(fresh);
      const reads = source.reads.length;
      for (const cache of caches) assert.equal(await versionOf(cache, fresh), 1n);
      assert.equal(source.reads.length, reads + 1);
    });
  });

  /** One process reads; the others then read repeatedly. Returns the age of the oldest result in ms. */
  async function oldestAnswer(wrap?: (shared: SharedCache) => SharedCache): Promise<number> {
    const { source, id, caches } = await openCaches(6, wrap);
    await versionOf(at(caches, 0), id);
    source.bump(id);
    const changedMs = elapsedMs();
    let oldestMs = 0;
    await eventually(async () => {
      const sinceMs = elapsedMs() - changedMs;
      // Each process starts a little later than the previous one.
      const started = caches.filter((_, index) => index * 900 < sinceMs);
      const versions = await Promise.all(started.map((cache) => versionOf(cache, id)));
      if (versions.includes(1n)) oldestMs = sinceMs;
      assert.ok(sinceMs > 6 * 900);
    }, 30_000);
    return oldestMs;
  }

  test('a value keeps its age from Redis in each process: no process returns a state that is 2 s old', async () => {
    assert.ok((await oldestAnswer()) <= AGE_MS_MAX);
  });

  test('known-bad twin: ages that restart in each process are detected', async () => {
    const young = (shared: SharedCache): SharedCache => ({
      ...shared,
      get: async (keys) => {
        const { found, moment } = await shared.get(keys);
        return {
          moment,
          found: found.map((entry) => entry && Object.assign(entry, { startedMs: elapsedMs() })),
        };
      },
    });
    assert.ok((await oldestAnswer(young)) > AGE_MS_MAX);
  });

  test('garbage, a list, and values of another format or entity under a key count as missing', async () => {
    const { source, id, caches } = await openCaches(4);
    const client = createClient({ url: redis?.url ?? '' });
    await client.connect();
    await versionOf(at(caches, 0), newId());
    const key = `fritzy:cache:1:thing:${id}`;
    const other = newId();
    source.bump(other);
    for (const [index, spoil] of [
      () => client.set(key, 'F1 nonsense that is long enough to look like a header and more'),
      () => client.lPush(key, 'no string'),
      async () => {
        await versionOf(at(caches, 3), other);
        await client.copy(`fritzy:cache:1:thing:${other}`, key, { REPLACE: true });
      },
    ].entries()) {
      await client.del(key);
      await spoil();
      assert.equal(await versionOf(at(caches, index), id), 1n);
    }
    client.destroy();
  });

  test('a paused Redis does not extend the lifetime of values, and callers do not wait for it', async () => {
    await using own = await startRedis();
    const { shared, telemetry } = await openShared(own.url);
    const { moment } = await shared.get(['late']);
    assert.ok(moment);
    own.pause();
    shared.set(moment, [{ key: 'late', version: 1n, bytes: new Uint8Array(1) }]);
    const startedMs = elapsedMs();
    for (let index = 0; index < 100; index++) assert.deepEqual((await shared.get(['late'])).found, []);
    assert.ok(elapsedMs() - startedMs < 5_000, '100 callers waited for Redis');
    await wait(AGE_MS_MAX);
    const isUp = async (): Promise<boolean> =>
      /^fritzy_cache_redis_up\{.*\} 1$/m.test(await telemetry.registry.metrics());
    // A silent connection is closed, although no error reports the loss.
    await eventually(async () => assert.equal(await isUp(), false), 30_000);
    own.resume();
    await connected(shared);
    assert.deepEqual((await shared.get(['late'])).found, [undefined]);
    assert.match(
      await telemetry.registry.metrics(),
      /fritzy_cache_redis_failures_total\{reason="timeout"\} [1-9]/,
    );
  });

  test('caches work without Redis and log its loss once; after it returns they use it again', async () => {
    await using own = await startRedis();
    const { shared, lines, telemetry } = await openShared(own.url);
    const source = createSource();
    const cache = createEntityCache(thingOptions({ load: source.load, elapsedMs, shared }));
    source.bump('killed');
    const stopping = new AbortController();
    const callers = Array.from({ length: 16 }, async (_, by) => {
      for (let index = 0; !stopping.signal.aborted; index++) {
        const id = `${by}-${index}`;
        source.bump(id);
        assert.equal(await versionOf(cache, id), 1n);
        await new Promise((resolve) => void setImmediate(resolve));
      }
    });
    const logged = (text: string): number => lines.filter(({ msg }) => String(msg).includes(text)).length;
    await own.kill();
    await eventually(() => assert.equal(logged('lost the connection to Redis'), 1));
    assert.match(await telemetry.registry.metrics(), /^fritzy_cache_redis_up\{.*\} 0$/m);
    assert.equal((await shared.get(['x'])).moment, undefined);
    await own.start();
    await connected(shared);
    stopping.abort();
    await Promise.all(callers);
    assert.equal(logged('lost the connection to Redis'), 1);
    assert.equal(logged('connected to Redis again'), 1);
    assert.match(await telemetry.registry.metrics(), /^fritzy_cache_redis_up\{.*\} 1$/m);
  });
});
