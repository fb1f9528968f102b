import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { AGE_MS_MAX, createEntityCache, type EntityCache } from '#platform/cache/entity-cache.ts';
import { cancelled } from '#platform/call.ts';
import { AppError } from '#platform/errors.ts';
import {
  bumpThrough,
  createSource,
  thing,
  thingOptions,
  versionOf,
  type Source,
  type Thing,
  type ThingOptions,
} from '#platform/test/cache-things.ts';
import { eventually, testCall } from '#testkit/shop.ts';

/** A kind of cache under test: several caches of the same source, one per simulated process. */
export interface CacheKind {
  /** Options of another cache with empty memory. */
  readonly options: (load: ThingOptions['load']) => Promise<ThingOptions>;
  /** Resolves when this time has passed for the caches. */
  readonly pass: (ms: number) => Promise<void>;
}

/** The contract of every entity cache, with each backend. Ids are new in each test. */
export function cacheContract(name: string, open: () => CacheKind): void {
  suite(`entity cache, ${name}`, () => {
    let nextId = 0;
    const newIds = (count: number): string[] =>
      Array.from({ length: count }, () => `${process.pid}-${nextId++}`);

    async function begin(load?: (source: Source) => ThingOptions['load']) {
      const source = createSource();
      const ids = newIds(4);
      for (const id of ids) source.bump(id);
      const options = await open().options(load?.(source) ?? source.load);
      const [id = '', ...others] = ids;
      return { source, ids, id, others, options, cache: createEntityCache(options) };
    }

    test('a cached entity is returned without a read; a batch reads only the missing ids, in one read', async () => {
      const { source, ids, id, others, cache } = await begin();
      assert.equal(await versionOf(cache, id), 1n);
      assert.equal(await versionOf(cache, id), 1n);
      assert.deepEqual(source.reads, [[id]]);
      const all = await cache.get([...ids, id], testCall());
      assert.deepEqual(
        all.map((found) => found?.id),
        [...ids, id],
      );
      assert.deepEqual(source.reads, [[id], others]);
    });

    test('an id that does not exist is read each time', async () => {
      const { source, cache } = await begin();
      const [id = ''] = newIds(1);
      assert.equal(await versionOf(cache, id), 0n);
      source.bump(id);
      assert.equal(await versionOf(cache, id), 1n);
    });

    test('concurrent misses of the same id share one read', async () => {
      const { source, ids, cache } = await begin();
      const all = await Promise.all(Array.from({ length: 50 }, () => cache.get(ids, testCall())));
      assert.equal(source.reads.length, 1);
      for (const found of all) assert.deepEqual(found, all[0]);
    });

    test('a failed read fails only the callers that share it', async () => {
      let fails = true;
      const { id, cache } = await begin((source) => async (ids, call) => {
        if (fails) throw new AppError('UNAVAILABLE', 'Try again.');
        return source.load(ids, call);
      });
      const outcomes = await Promise.allSettled([versionOf(cache, id), versionOf(cache, id)]);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['rejected', 'rejected'],
      );
      fails = false;
      assert.equal(await versionOf(cache, id), 1n);
    });

    test('a cancelled caller returns immediately without ending the shared read; the last cancelled caller ends it', async () => {
      const mayEnd = Promise.withResolvers<void>();
      const ended: string[] = [];
      const { source, id, others, cache } = await begin((source) => async (ids, call) => {
        call.onAbort(({ reason }) => ended.push(reason));
        const found = await source.load(ids, call);
        await mayEnd.promise;
        return found;
      });
      const [first, second, third] = [testCall(), testCall(), testCall()];
      const answers = [versionOf(cache, id, first), versionOf(cache, id, second)];
      first.abort(cancelled());
      await assert.rejects(answers[0] ?? assert.fail(), { reason: 'CANCELLED' });
      assert.deepEqual(ended, []);
      const last = versionOf(cache, others[0] ?? '', third);
      await eventually(() => assert.equal(source.reads.length, 2));
      third.abort(cancelled());
      await assert.rejects(last, { reason: 'CANCELLED' });
      assert.deepEqual(ended, ['CANCELLED']);
      mayEnd.resolve();
      assert.equal(await answers[1], 1n);
    });

    test('a cache returns the result of its own write immediately, without a read', async () => {
      const { source, id, cache } = await begin();
      await versionOf(cache, id);
      const reads = source.reads.length;
      assert.equal((await bumpThrough(cache, source, id)).version, 2n);
      assert.equal(await versionOf(cache, id), 2n);
      assert.equal(source.reads.length, reads);
    });

    test('a read that started before a write is not joined after the write, and its result is not cached', async () => {
      const ends: (() => void)[] = [];
      const { source, id, cache } = await begin((source) => async (ids, call) => {
        const found = await source.load(ids, call);
        await new Promise<void>((resolve) => void ends.push(resolve));
        return found;
      });
      const early = versionOf(cache, id);
      await eventually(() => assert.equal(ends.length, 1));
      await bumpThrough(cache, source, id);
      assert.equal(await versionOf(cache, id), 2n);
      ends[0]?.();
      assert.equal(await early, 1n);
      assert.equal(await versionOf(cache, id), 2n);
    });

    test('after a VERSION_CONFLICT the newer version is read', async () => {
      const { source, id, cache } = await begin();
      await versionOf(cache, id);
      source.bump(id);
      const refuse = async (): Promise<Thing> => {
        throw new AppError('VERSION_CONFLICT', 'The version has changed.');
      };
      await assert.rejects(
        cache.write(id, testCall(), refuse, (changed) => changed),
        { reason: 'VERSION_CONFLICT' },
      );
      assert.equal(await versionOf(cache, id), 2n);
    });

    test('an event invalidates older versions in every cache that receives it, and nothing else', async () => {
      const { source, id, others, options, cache } = await begin();
      const caches = [cache, createEntityCache({ ...options, load: source.load })];
      for (const each of caches) await each.get([id, ...others], testCall());
      source.bump(id);
      for (const each of caches) each.changed(id, 2n);
      for (const each of caches) assert.equal(await versionOf(each, id), 2n);
      const reads = source.reads.length;
      for (const each of caches) {
        each.changed(id, 1n);
        each.changed(id, 2n);
        await each.get([id, ...others], testCall());
      }
      assert.equal(source.reads.length, reads);
    });

    test('without events, a change by another process is visible within 2 s', async () => {
      const { source, id, options, cache } = await begin();
      await assertSeenInTime(cache, createEntityCache({ ...options, load: source.load }), source, id);
    });

    test('known-bad twin: with a clock that does not advance, stale values are returned forever', async () => {
      const { source, id, options } = await begin();
      const still = (): EntityCache<Thing> => createEntityCache({ ...options, elapsedMs: () => 0 });
      await assert.rejects(assertSeenInTime(still(), still(), source, id), /stale result/);
    });

    /** Two processes read, the second as late as possible; neither returns a state that is 2 s old. */
    async function assertSeenInTime(
      one: EntityCache<Thing>,
      other: EntityCache<Thing>,
      source: Source,
      id: string,
    ): Promise<void> {
      assert.equal(await versionOf(one, id), 1n);
      source.bump(id);
      await open().pass(AGE_MS_MAX / 2);
      await versionOf(other, id);
      await open().pass(AGE_MS_MAX / 2 + 1);
      for (const each of [one, other]) assert.equal(await versionOf(each, id), 2n, 'a stale result');
    }

    test('memory is bounded in entries and in bytes, and evictions are counted', async () => {
      const { options } = await begin();
      const many = Array.from({ length: 300 }, (_, at) => `many-${at}`);
      const load = async (ids: readonly string[]): Promise<Thing[]> =>
        ids.map((id) => thing(id, 1n, 'x'.repeat(900)));
      const valueOf = async (metric: { get(): Promise<{ values: { value: number }[] }> }): Promise<number> =>
        (await metric.get()).values[0]?.value ?? 0;
      const { entries, bytes, evictions } = options.metrics;
      for (const [entriesMax, bytesMax] of [
        [50, 1_000_000],
        [1_000, 50_000],
      ] as const) {
        const before = await valueOf(evictions);
        const own = { ...thingOptions({ load, elapsedMs: options.elapsedMs }), entriesMax, bytesMax };
        await createEntityCache({ ...own, metrics: options.metrics }).get(many, testCall());
        assert.equal(await valueOf(entries), 50);
        assert.equal(await valueOf(bytes), 50_000);
        assert.equal((await valueOf(evictions)) - before, 250);
      }
    });
  });
}
