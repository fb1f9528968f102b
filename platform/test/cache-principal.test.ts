import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createEntityCache, type EntityCache } from '#platform/cache/entity-cache.ts';
import type { SharedCache } from '#platform/cache/shared-cache.ts';
import type { Call } from '#platform/call.ts';
import type { Principal } from '#platform/principal.ts';
import { thing, thingOptions, type Thing } from '#platform/test/cache-things.ts';
import { alice, nameOf, PRINCIPALS } from '#platform/test/principals.ts';
import { testCall } from '#testkit/shop.ts';

/** The values that principals get from a public cache before and after a change by one of them. */
async function assertSameForAll(createCache: typeof createEntityCache): Promise<void> {
  let reads = 0;
  const load = async (ids: readonly string[], call: Call): Promise<Thing[]> => {
    reads += 1;
    return ids.map((id) => thing(id, BigInt(reads), `${reads} read by ${nameOf(call.principal)}`));
  };
  const cache = createCache(thingOptions({ load, elapsedMs: () => 0, isPublic: true }));
  const seen = async (): Promise<Set<string | undefined>> => {
    const found = PRINCIPALS.map((principal) => cache.get(['a'], testCall({ principal })));
    return new Set((await Promise.all(found)).map(([one]) => one?.text));
  };
  assert.deepEqual(await seen(), new Set(['1 read by "anonymous"']));
  const change = async (): Promise<Thing> => thing('a', 2n, 'written by alice');
  await cache.write('a', testCall({ principal: alice }), change, (changed) => changed);
  assert.deepEqual(await seen(), new Set(['2 read by "anonymous"']));
}

test('a public cache reads once for all principals as the anonymous one, and does not cache results of changes', async () => {
  await assertSameForAll(createEntityCache);
  const spreading: typeof createEntityCache = (options) => {
    const cache = createEntityCache(options);
    return { ...cache, write: (id, _call, ...rest) => cache.write(id, testCall(), ...rest) };
  };
  await assert.rejects(assertSameForAll(spreading), { name: 'AssertionError' });
});

suite('a change by one principal', () => {
  /** Returns what the anonymous principal, alice and bob get of one thing after a change by alice. */
  async function seenAfterChange(createCache: typeof createEntityCache): Promise<string[]> {
    let version = 1n;
    const load = async (ids: readonly string[], call: Call): Promise<Thing[]> =>
      ids.map((id) => thing(id, version, `${version} read by ${nameOf(call.principal)}`));
    const cache = createCache(thingOptions({ load, elapsedMs: () => 0 }));
    const all = PRINCIPALS.slice(0, 3);
    const textOf = async (principal: Principal): Promise<string> =>
      (await cache.get(['a'], testCall({ principal })))[0]?.text ?? 'nothing';
    await Promise.all(all.map(textOf));
    version = 2n;
    const call = testCall({ principal: alice });
    await cache.write(
      'a',
      call,
      async () => {},
      () => thing('a', version, 'written by alice'),
    );
    return Promise.all(all.map(textOf));
  }

  /** Known-bad: caches the result of a change for all principals. */
  const spreading: typeof createEntityCache = (options) => {
    const cache = createEntityCache(options);
    return {
      ...cache,
      write: async (id, call, change, entityOf) => {
        const answer = await cache.write(id, call, change, entityOf);
        for (const principal of PRINCIPALS)
          await cache.write(id, testCall({ principal }), async () => answer, entityOf);
        return answer;
      },
    };
  };

  test('a change invalidates the entries of all principals, and its result is cached only for its own principal', async () => {
    const expected = [
      '2 read by "anonymous"',
      'written by alice',
      `2 read by ${nameOf(PRINCIPALS[2] ?? alice)}`,
    ];
    assert.deepEqual(await seenAfterChange(createEntityCache), expected);
    assert.notDeepEqual(await seenAfterChange(spreading), expected);
  });

  test('an event of the change invalidates the entries of all principals', async () => {
    let version = 1n;
    const load = async (ids: readonly string[]): Promise<Thing[]> => ids.map((id) => thing(id, version));
    const cache = createEntityCache(thingOptions({ load, elapsedMs: () => 0 }));
    const versionsOf = (): Promise<(bigint | undefined)[]> =>
      Promise.all(
        PRINCIPALS.map(async (principal) => (await cache.get(['a'], testCall({ principal })))[0]?.version),
      );
    await versionsOf();
    version = 2n;
    assert.deepEqual(new Set(await versionsOf()), new Set([1n]), 'read from the cache');
    cache.changed('a', 2n);
    assert.deepEqual(new Set(await versionsOf()), new Set([2n]));
  });
});

test('the shared cache is used only for reads as the anonymous principal', async () => {
  const touched: string[] = [];
  const shared: SharedCache = {
    get: async (keys) => {
      touched.push(...keys.map((key) => `get ${key}`));
      return { found: [], moment: { ms: 0, connection: undefined } };
    },
    set: (_moment, values) => touched.push(...values.map(({ key }) => `set ${key}`)),
    drop: () => {},
    async [Symbol.asyncDispose]() {},
  };
  const load = async (ids: readonly string[]): Promise<Thing[]> => ids.map((id) => thing(id));
  const open = (): EntityCache<Thing> =>
    createEntityCache(thingOptions({ load, elapsedMs: () => 0, shared }));
  for (const principal of PRINCIPALS.slice(1)) await open().get(['a'], testCall({ principal }));
  assert.deepEqual(touched, []);
  await open().get(['a'], testCall());
  assert.deepEqual(touched, ['get thing:a', 'set thing:a']);
});
