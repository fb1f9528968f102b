import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { cancelled, type Call } from '#platform/call.ts';
import { shareReads } from '#platform/group.ts';
import { eventually, testCall } from '#testkit/shop.ts';

interface Answer {
  readonly key: string;
  readonly version: number;
}
type Read = (key: string, signal: AbortSignal) => Promise<Answer>;
type Share = (read: Read) => (key: string, call: Call) => Promise<Answer>;

const share: Share = (read) =>
  shareReads(
    (key: string) => key,
    (key, { signal }) => read(key, signal),
  );

/**
 * Known-bad twin: a caller that arrives while a read is in flight gets its result, which may be older than the call.
 */
const singleFlight: Share = (read) => {
  const inFlight = new Map<string, Promise<Answer>>();
  return (key, call) => {
    const running = inFlight.get(key) ?? read(key, call.signal).finally(() => inFlight.delete(key));
    inFlight.set(key, running);
    return running;
  };
};

const STEPS = ['read a', 'read b', 'write', 'end a read', 'turn'] as const;
const TURNS_MAX = 1_000;

/** Random callers, writers and slow reads: no result is older than the writes before its call. */
async function assertNeverOld(shared: Share): Promise<void> {
  await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom(...STEPS), { maxLength: 60 }), checkNeverOld), {
    numRuns: 300,
  });

  async function checkNeverOld(steps: readonly (typeof STEPS)[number][]): Promise<void> {
    let version = 0;
    const inFlight: (() => void)[] = [];
    const join = shared((key) => {
      const answer = { key, version };
      return new Promise((resolve) => void inFlight.push(() => resolve(answer)));
    });
    const calls: { key: string; version: number; answer: Promise<Answer> }[] = [];
    for (const step of steps) {
      if (step === 'write') version += 1;
      else if (step === 'turn') await nextTurn();
      else if (step === 'end a read') inFlight.shift()?.();
      else {
        const key = step.slice(-1);
        calls.push({ key, version, answer: join(key, testCall()) });
      }
    }
    const answered = new Set<number>();
    const answers = Promise.all(
      calls.map(async ({ answer }, index) => {
        await answer;
        answered.add(index);
        return answer;
      }),
    );
    for (let turn = 0; answered.size < calls.length; turn++) {
      assert.ok(turn < TURNS_MAX, 'a call did not return');
      inFlight.shift()?.();
      await nextTurn();
    }
    for (const [index, answer] of (await answers).entries()) {
      const made = calls[index];
      assert.equal(answer.key, made?.key);
      assert.ok(answer.version >= (made?.version ?? 0), 'a result older than its call');
    }
  }
}

test('no caller gets the result of a read that started before its call', async () => {
  await assertNeverOld(share);
  await assert.rejects(assertNeverOld(singleFlight), (error: Error) => {
    assert.match(String(error.cause), /older than its call/);
    return true;
  });
});

test('calls with equal keys share one read; other keys have separate reads', async () => {
  const reads: string[] = [];
  const join = share(async (key) => {
    reads.push(key);
    return { key, version: 1 };
  });
  const answers = await Promise.all(['a', 'b', 'a', 'a'].map((key) => join(key, testCall())));
  assert.deepEqual(
    answers.map(({ key }) => key),
    ['a', 'b', 'a', 'a'],
  );
  assert.deepEqual(reads, ['a', 'b']);
});

test('a failed read fails only the callers that share it', async () => {
  let reads = 0;
  const join = share(async (key) => {
    reads += 1;
    if (reads === 1) throw new Error('lost');
    return { key, version: reads };
  });
  const outcomes = await Promise.allSettled([join('a', testCall()), join('a', testCall())]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.equal((await join('a', testCall())).version, 2);
});

test('a read is aborted when its last caller has left, and no read starts without callers', async () => {
  const signals: AbortSignal[] = [];
  const ended = Promise.withResolvers<Answer>();
  const join = share((_, signal) => {
    signals.push(signal);
    return ended.promise;
  });
  const [first, second, third] = [testCall(), testCall(), testCall()];
  const answers = [join('a', first), join('a', second)];
  await eventually(() => assert.equal(signals.length, 1));
  answers.push(join('a', third));
  third.abort(cancelled());
  first.abort(cancelled());
  assert.equal(signals[0]?.aborted, false);
  second.abort(cancelled());
  assert.equal(signals[0].aborted, true);
  ended.reject(cancelled());
  for (const outcome of await Promise.allSettled(answers)) assert.equal(outcome.status, 'rejected');
  assert.equal(signals.length, 1);
});

/** The number of maps that contain `key` after `read` has completed. */
async function mapsThatKeep(key: string, read: () => Promise<unknown>): Promise<number> {
  const maps = new Set<Map<unknown, unknown>>();
  const { set } = Map.prototype;
  const spy = mock.method(
    Map.prototype,
    'set',
    function (this: Map<unknown, unknown>, its: unknown, value: unknown) {
      if (its === key) maps.add(this);
      return set.call(this, its, value);
    },
  );
  try {
    await read();
  } finally {
    spy.mock.restore();
  }
  for (let turn = 0; turn < 3; turn++) await nextTurn();
  assert.notEqual(maps.size, 0, 'no map saw the key');
  return [...maps].filter((map) => map.has(key)).length;
}

/** Known-bad twin: keeps every key. */
const leaking: Share = (read) => {
  const seen = new Map<string, Promise<Answer>>();
  return (key, call) => {
    seen.set(key, read(key, call.signal));
    return seen.get(key) ?? assert.fail();
  };
};

test('no key is kept after its read has completed', async () => {
  const readOnce = (shared: Share) => () => shared(async (key) => ({ key, version: 1 }))('a key', testCall());
  assert.equal(await mapsThatKeep('a key', readOnce(share)), 0);
  assert.equal(await mapsThatKeep('a key', readOnce(leaking)), 1);
});

test('a call is rejected with RESOURCE_EXHAUSTED while the queue is full, and its key is not kept', async () => {
  const join = share(async (key) => ({ key, version: 1 }));
  const call = testCall();
  const waiting = Array.from({ length: 10_000 }, () => join('a', call));
  const refused = (): Promise<unknown> =>
    assert.rejects(join('one more', testCall()), { name: 'AppError', reason: 'RESOURCE_EXHAUSTED' });
  assert.equal(await mapsThatKeep('one more', refused), 0);
  await Promise.all(waiting);
  assert.deepEqual(await join('one more', testCall()), { key: 'one more', version: 1 });
});
