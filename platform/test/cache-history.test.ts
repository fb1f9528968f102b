import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { AGE_MS_MAX, createEntityCache, type EntityCache } from '#platform/cache/entity-cache.ts';
import type { SharedCache, SharedValue } from '#platform/cache/shared-cache.ts';
import {
  createSource,
  thingOptions,
  type CreateCache,
  type Source,
  type Thing,
} from '#platform/test/cache-things.ts';
import { ALL, plainCache, type Safeguards } from '#platform/test/plain-cache.ts';
import { testCall } from '#testkit/shop.ts';

/**
 * Random histories of two processes, each with its own cache, and a shared cache, on a clock that advances only on
 * command: reads, writes, reads that end in any order, time that passes, events that arrive late or never.
 */
const IDS = ['a', 'b'] as const;
const STEP = fc.oneof(
  fc.record({
    do: fc.constant('read' as const),
    by: fc.nat(1),
    ids: fc.subarray([...IDS], { minLength: 1 }),
  }),
  fc.record({ do: fc.constant('write' as const), by: fc.nat(1), id: fc.constantFrom(...IDS) }),
  fc.record({ do: fc.constantFrom('answer', 'end' as const), index: fc.nat(3) }),
  fc.record({ do: fc.constant('event' as const), by: fc.nat(1) }),
  fc.record({ do: fc.constant('evict' as const), by: fc.nat(1) }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(300, 900, 1_900) }),
);
const RUNS = 1_500;
/** Every twin is detected after far fewer runs, even if its error is rare. */
const TWIN_RUNS = 50_000;
const TURNS_MAX = 200;

/** A shared cache on the test's clock: values stay until they reach the maximum age. */
function sharedCache(elapsedMs: () => number): SharedCache {
  const values = new Map<string, SharedValue & { startedMs: number }>();
  return {
    async get(keys) {
      const found = keys.map((key) => {
        const value = values.get(key);
        return value && elapsedMs() - value.startedMs <= AGE_MS_MAX ? value : undefined;
      });
      return { found, moment: { ms: elapsedMs(), connection: values } };
    },
    set: ({ ms }, all) => all.forEach((value) => values.set(value.key, { ...value, startedMs: ms })),
    drop() {},
    async [Symbol.asyncDispose]() {},
  };
}

interface PendingRead {
  readonly by: number;
  readonly ids: readonly string[];
  /** The minimum version that the result may contain, for each id. */
  readonly least: readonly bigint[];
  readonly answers: Promise<readonly (Thing | null)[]>;
}

async function checkHistory(createCache: CreateCache, steps: readonly Step[]): Promise<void> {
  let nowMs = 10_000;
  const elapsedMs = (): number => nowMs;
  const source = createSource();
  for (const id of ['a', 'x', 'y']) source.bump(id);
  /** The creation time of each version. */
  const changes: { id: string; version: bigint; atMs: number }[] = [];
  const reading: (() => void)[] = [];
  const answering: (() => void)[] = [];
  const shared = sharedCache(elapsedMs);
  const caches = IDS.map(() =>
    createCache(thingOptions({ elapsedMs, shared, entriesMax: 2, load: deferred(source, reading) })),
  );
  const known = IDS.map(() => new Map<string, bigint>());
  const events = IDS.map(() => [] as { id: string; version: bigint }[]);
  const pendingReads: PendingRead[] = [];

  const minimumVersionOf = (by: number, id: string): bigint => {
    const old = changes.filter((change) => change.id === id && change.atMs < nowMs - AGE_MS_MAX);
    const own = known[by]?.get(id) ?? 0n;
    return old.reduce((least, { version }) => (version > least ? version : least), own);
  };

  function write(by: number, id: string): void {
    const answered = Promise.withResolvers<void>();
    answering.push(answered.resolve);
    const changed = source.bump(id);
    changes.push({ id, version: changed.version, atMs: nowMs });
    for (const waiting of events) waiting.push({ id, version: changed.version });
    void caches[by]
      ?.write(
        id,
        testCall(),
        () => answered.promise.then(() => changed),
        (thing) => thing,
      )
      .then(({ version }) => {
        if (version > (known[by]?.get(id) ?? 0n)) known[by]?.set(id, version);
      });
  }

  function take(step: Step): void {
    if (step.do === 'read') {
      const { by, ids } = step;
      const least = ids.map((id) => minimumVersionOf(by, id));
      pendingReads.push({ by, ids, least, answers: cacheOf(by).get(ids, testCall()) });
    } else if (step.do === 'write') write(step.by, step.id);
    else if (step.do === 'pass') nowMs += step.ms;
    else if (step.do === 'event') {
      const event = events[step.by]?.shift();
      if (event) cacheOf(step.by).changed(event.id, event.version);
    } else if (step.do === 'evict') {
      // Reads only to evict other entries. Awaited like the others, so that every read ends before the history does.
      const answers = cacheOf(step.by).get(['x', 'y'], testCall());
      pendingReads.push({ by: step.by, ids: ['x', 'y'], least: [0n, 0n], answers });
    } else (step.do === 'end' ? reading : answering).splice(step.index, 1)[0]?.();
  }

  const cacheOf = (by: number): EntityCache<Thing> => caches[by] ?? assert.fail();
  for (const step of steps) {
    take(step);
    await nextTurn();
  }
  const answered = new Map<PendingRead, readonly (Thing | null)[]>();
  for (const pending of pendingReads) void pending.answers.then((answers) => answered.set(pending, answers));
  for (let turn = 0; turn < TURNS_MAX && answered.size < pendingReads.length; turn++) {
    for (const go of [...reading.splice(0), ...answering.splice(0)]) go();
    await nextTurn();
  }
  assert.equal(answered.size, pendingReads.length, 'a call did not return');
  for (const [pending, answers] of answered) assertNotOld(pending, answers);
}

type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;

function assertNotOld(pending: PendingRead, answers: readonly (Thing | null)[]): void {
  for (const [index, id] of pending.ids.entries()) {
    const answer = answers[index];
    assert.ok(!answer || answer.id === id, 'a result for another id');
    assert.ok((answer?.version ?? 0n) >= (pending.least[index] ?? 0n), 'a stale result');
  }
}

/** A read that returns the state at its start and ends on command. */
function deferred(source: Source, ends: (() => void)[]): Source['load'] {
  return async (ids, call) => {
    const found = await source.load(ids, call);
    await new Promise<void>((resolve) => void ends.push(resolve));
    return found;
  };
}

const assertNeverTooOld = (createCache: CreateCache, numRuns = RUNS): Promise<void> =>
  fc.assert(
    fc.asyncProperty(fc.array(STEP, { maxLength: 40, size: 'max' }), (steps) =>
      checkHistory(createCache, steps),
    ),
    { numRuns, endOnFailure: true },
  );

test('no result is older than a write completed before the call through the same cache, nor older than 2 s', () =>
  assertNeverTooOld(createEntityCache));

for (const safeguard of Object.keys(ALL) as (keyof Safeguards)[])
  test(`known-bad twin: a cache without the safeguard "${safeguard}" is detected`, () =>
    assert.rejects(
      assertNeverTooOld(plainCache({ ...ALL, [safeguard]: false }), TWIN_RUNS),
      (error: Error) => {
        assert.match(String(error.cause), /stale result/);
        return true;
      },
    ));

test('the twin with all safeguards passes, so each twin fails only because of its missing safeguard', () =>
  assertNeverTooOld(plainCache(ALL)));
