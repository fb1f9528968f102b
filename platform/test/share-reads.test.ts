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

/** Known-bad twin: whoever comes while a read is under way takes its answer, which may be older than the question. */
const singleFlight: Share = (read) => {
  const underWay = new Map<string, Promise<Answer>>();
  return (key, call) => {
    const running = underWay.get(key) ?? read(key, call.signal).finally(() => underWay.delete(key));
    underWay.set(key, running);
    return running;
  };
};

const STEPS = ['ask a', 'ask b', 'write', 'end a read', 'turn'] as const;
const TURNS_MAX = 1_000;

/** Random askers, writers and slow reads: no answer shows less than what was written before its question. */
async function assertNeverOld(shared: Share): Promise<void> {
  await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom(...STEPS), { maxLength: 60 }), checkNeverOld), {
    numRuns: 300,
  });

  async function checkNeverOld(steps: readonly (typeof STEPS)[number][]): Promise<void> {
    let version = 0;
    const underWay: (() => void)[] = [];
    const join = shared((key) => {
      const answer = { key, version };
      return new Promise((resolve) => void underWay.push(() => resolve(answer)));
    });
    const asked: { key: string; version: number; answer: Promise<Answer> }[] = [];
    for (const step of steps) {
      if (step === 'write') version += 1;
      else if (step === 'turn') await nextTurn();
      else if (step === 'end a read') underWay.shift()?.();
      else {
        const key = step.slice(-1);
        asked.push({ key, version, answer: join(key, testCall()) });
      }
    }
    const answered = new Set<number>();
    const answers = Promise.all(
      asked.map(async ({ answer }, index) => {
        await answer;
        answered.add(index);
        return answer;
      }),
    );
    for (let turn = 0; answered.size < asked.length; turn++) {
      assert.ok(turn < TURNS_MAX, 'a caller was never answered');
      underWay.shift()?.();
      await nextTurn();
    }
    for (const [index, answer] of (await answers).entries()) {
      const question = asked[index];
      assert.equal(answer.key, question?.key);
      assert.ok(answer.version >= (question?.version ?? 0), 'an answer older than its question');
    }
  }
}

test('nobody is given an answer of a read that started before the question', async () => {
  await assertNeverOld(share);
  await assert.rejects(assertNeverOld(singleFlight), (error: Error) => {
    assert.match(String(error.cause), /older than its question/);
    return true;
  });
});

test('equal questions share one read, others have their own', async () => {
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

test('a failed read is the failure of those who shared it, and of nobody else', async () => {
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

test('a read is given up when the last of its callers has left, and none starts for nobody', async () => {
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

/** The maps that hold `key` after `ask` was answered. */
async function mapsThatKeep(key: string, ask: () => Promise<unknown>): Promise<number> {
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
    await ask();
  } finally {
    spy.mock.restore();
  }
  for (let turn = 0; turn < 3; turn++) await nextTurn();
  assert.notEqual(maps.size, 0, 'no map saw the key');
  return [...maps].filter((map) => map.has(key)).length;
}

/** Known-bad twin: remembers every question. */
const hoarding: Share = (read) => {
  const seen = new Map<string, Promise<Answer>>();
  return (key, call) => {
    seen.set(key, read(key, call.signal));
    return seen.get(key) ?? assert.fail();
  };
};

test('nothing is kept of a question that was answered', async () => {
  const askOnce = (shared: Share) => () =>
    shared(async (key) => ({ key, version: 1 }))('a question', testCall());
  assert.equal(await mapsThatKeep('a question', askOnce(share)), 0);
  assert.equal(await mapsThatKeep('a question', askOnce(hoarding)), 1);
});

test('one more than may wait is refused with RESOURCE_EXHAUSTED, and nothing is kept of its question', async () => {
  const join = share(async (key) => ({ key, version: 1 }));
  const call = testCall();
  const waiting = Array.from({ length: 10_000 }, () => join('a', call));
  const refused = (): Promise<unknown> =>
    assert.rejects(join('one more', testCall()), { name: 'AppError', reason: 'RESOURCE_EXHAUSTED' });
  assert.equal(await mapsThatKeep('one more', refused), 0);
  await Promise.all(waiting);
  assert.deepEqual(await join('one more', testCall()), { key: 'one more', version: 1 });
});
