import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { cancelled, type Call } from '#platform/call.ts';
import { AppError } from '#platform/errors.ts';
import { groupCalls, type GroupOptions } from '#platform/group.ts';
import { groupReadsById } from '#platform/read-by-id.ts';
import { eventually, testCall } from '#testkit/shop.ts';

type Group = (options: GroupOptions<number, string>) => (input: number, call: Call) => Promise<string>;

const REFUSED = new Error('refused by the server');
const DEFAULTS = { sizeMax: 100, queueMax: 100, concurrency: 1 };

/** Round trips that end on command of the test. */
function manualRun() {
  const runs: { inputs: readonly number[]; signal: AbortSignal; end(error?: Error): void }[] = [];
  const run = (inputs: readonly number[], signal: AbortSignal): Promise<string[]> =>
    new Promise((resolve, reject) => {
      const end = (error?: Error): void =>
        error ? reject(error) : resolve(inputs.map((each) => `answer ${each}`));
      runs.push({ inputs, signal, end });
    });
  const started = (count: number): Promise<void> =>
    eventually(() => assert.ok(runs.length >= count, `${runs.length} round trips`));
  return { runs, run, started };
}

/** Random calls: groups stay within their limits, in the order of the calls, and each caller gets its own result. */
async function assertGroups(group: Group): Promise<void> {
  const calls = fc.array(fc.tuple(fc.integer({ min: 0, max: 99 }), fc.nat({ max: 2 })), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(calls, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 }), checkGroups),
    { numRuns: 100 },
  );

  async function checkGroups(
    wanted: [number, number][],
    sizeMax: number,
    concurrency: number,
  ): Promise<void> {
    let inFlight = 0;
    const order: number[] = [];
    const join = group({
      ...DEFAULTS,
      sizeMax,
      concurrency,
      run: async (inputs) => {
        inFlight += 1;
        assert.ok(inFlight <= concurrency, `${inFlight} round trips in flight`);
        assert.ok(inputs.length >= 1 && inputs.length <= sizeMax, `${inputs.length} inputs at once`);
        order.push(...inputs);
        await nextTurn();
        inFlight -= 1;
        return inputs.map((input) =>
          input % 7 === 0 ? new AppError('NOT_FOUND', `no ${input}`) : `answer ${input}`,
        );
      },
    });
    const answers: Promise<string>[] = [];
    for (const [input, turns] of wanted) {
      answers.push(join(input, testCall()).catch((error: unknown) => (error as Error).message));
      for (let turn = 0; turn < turns; turn++) await nextTurn();
    }
    const inputs = wanted.map(([input]) => input);
    assert.deepEqual(
      await Promise.all(answers),
      inputs.map((input) => (input % 7 === 0 ? `no ${input}` : `answer ${input}`)),
    );
    assert.deepEqual(order, inputs);
  }
}

/** Known-bad twin: ignores the maximum size and concurrency. */
const unlimited: Group = (options) => groupCalls({ ...options, sizeMax: 1_000, concurrency: 1_000 });
/** Known-bad twin: returns results in the wrong order. */
const misordered: Group = (options) =>
  groupCalls({ ...options, run: async (inputs, signal) => (await options.run(inputs, signal)).toReversed() });

/** One of three inputs makes the statement fail: the others must succeed. */
async function assertIsolates(group: Group): Promise<void> {
  const tries: (readonly number[])[] = [];
  const join = group({
    ...DEFAULTS,
    run: async (inputs) => {
      tries.push(inputs);
      if (inputs.includes(2)) throw REFUSED;
      return inputs.map(String);
    },
    splitAfter: (error) => error === REFUSED,
  });
  const outcomes = await Promise.allSettled([1, 2, 3].map((input) => join(input, testCall())));
  assert.deepEqual(outcomes, [
    { status: 'fulfilled', value: '1' },
    { status: 'rejected', reason: REFUSED },
    { status: 'fulfilled', value: '3' },
  ]);
  assert.deepEqual(tries, [[1, 2, 3], [1], [2], [3]]);
}

/** Two callers share a round trip: it is aborted when both have left, not before. */
async function assertAbortedAfterLast(group: Group): Promise<void> {
  const { run, runs, started } = manualRun();
  const join = group({ ...DEFAULTS, run });
  const [first, second] = [testCall(), testCall()];
  const answers = Promise.allSettled([join(1, first), join(2, second), join(3, second)]);
  await started(1);
  first.abort(cancelled());
  assert.equal(runs[0]?.signal.aborted, false, 'aborted although a caller waits');
  second.abort(cancelled());
  assert.equal(runs[0].signal.aborted, true, 'not aborted although no caller waits');
  assert.equal(runs[0].signal.reason, second.ended);
  runs[0].end();
  await answers;
}

/** Known-bad twin: any caller that leaves aborts the round trip. */
const abortedByFirst: Group = (options) => (input, call) => {
  const controller = new AbortController();
  const join = groupCalls<number, string>({
    ...options,
    run: (inputs) => options.run(inputs, controller.signal),
  });
  call.onAbort((reason) => controller.abort(reason));
  return join(input, call);
};

suite('grouped calls', () => {
  test('round trips stay within their limits, in order, and each caller gets its own result', async () => {
    await assertGroups(groupCalls);
    await assert.rejects(assertGroups(unlimited), /Property failed/);
    await assert.rejects(assertGroups(misordered), /Property failed/);
  });

  test('an idle group starts immediately; a busy one batches the calls that arrive in the meantime', async () => {
    const { run, runs, started } = manualRun();
    const join = groupCalls({ ...DEFAULTS, run });
    const answers = [join(1, testCall())];
    await started(1);
    for (const input of [2, 3, 4, 5]) answers.push(join(input, testCall()));
    await nextTurn();
    assert.equal(runs.length, 1, 'one in flight');
    runs[0]?.end();
    await started(2);
    assert.deepEqual(
      runs.map((each) => each.inputs),
      [[1], [2, 3, 4, 5]],
    );
    runs[1]?.end();
    assert.deepEqual(
      await Promise.all(answers),
      [1, 2, 3, 4, 5].map((input) => `answer ${input}`),
    );
  });

  test('a call is rejected with RESOURCE_EXHAUSTED while the queue is full, and accepted later', async () => {
    const { run, runs, started } = manualRun();
    const join = groupCalls({ ...DEFAULTS, run, queueMax: 2 });
    const first = join(1, testCall());
    await started(1);
    const waiting = [join(2, testCall()), join(3, testCall())];
    await assert.rejects(join(4, testCall()), { name: 'AppError', reason: 'RESOURCE_EXHAUSTED' });
    runs[0]?.end();
    await started(2);
    const later = join(5, testCall());
    runs[1]?.end();
    await started(3);
    runs[2]?.end();
    assert.deepEqual(
      await Promise.all([first, ...waiting, later]),
      [1, 2, 3, 5].map((each) => `answer ${each}`),
    );
  });

  test('a round trip stays within its maximum weight, but always takes the first input', async () => {
    const runs: number[][] = [];
    const join = groupCalls<number, number>({
      ...DEFAULTS,
      sizeMax: 100,
      concurrency: 1,
      weight: { of: (input) => input, max: 10 },
      run: async (inputs) => {
        runs.push([...inputs]);
        return inputs;
      },
    });
    await Promise.all([4, 6, 1, 25, 5, 5].map((input) => join(input, testCall())));
    assert.deepEqual(runs, [[4, 6], [1], [25], [5, 5]]);
  });

  test('only the member that the server rejects fails', async () => {
    await assertIsolates(groupCalls);
    await assert.rejects(
      assertIsolates(({ run, ...rest }) => groupCalls({ ...rest, run, splitAfter: () => false })),
      {
        name: 'AssertionError',
      },
    );
  });

  test('any other failure rejects all members and does not affect the next round trip', async () => {
    const { run, runs, started } = manualRun();
    const join = groupCalls({ ...DEFAULTS, run, splitAfter: () => false });
    const lost = Promise.allSettled([join(1, testCall()), join(2, testCall())]);
    await started(1);
    const connectionLost = new Error('connection lost');
    runs[0]?.end(connectionLost);
    assert.deepEqual(
      await lost,
      [1, 2].map(() => ({ status: 'rejected', reason: connectionLost })),
    );
    const next = join(3, testCall());
    await started(2);
    runs[1]?.end();
    assert.equal(await next, 'answer 3');
  });

  test('a missing result rejects the caller', async () => {
    const join = groupCalls<number, string>({ ...DEFAULTS, run: async () => ['only one'] });
    const [first, second] = await Promise.allSettled([join(1, testCall()), join(2, testCall())]);
    assert.equal(first.status, 'fulfilled');
    assert.match(String(second.status === 'rejected' && second.reason), /fewer results/);
  });

  test('a caller that leaves before the round trip starts is not part of it', async () => {
    const { run, runs, started } = manualRun();
    const join = groupCalls({ ...DEFAULTS, run });
    const first = join(1, testCall());
    await started(1);
    const call = testCall();
    const [leaver, stayer] = [join(2, call), join(3, testCall())];
    leaver.catch(() => {});
    call.abort(cancelled());
    runs[0]?.end();
    await started(2);
    assert.deepEqual(runs[1]?.inputs, [3]);
    runs[1]?.end();
    assert.deepEqual(await Promise.all([first, stayer]), ['answer 1', 'answer 3']);
    await assert.rejects(leaver, { reason: 'CANCELLED' });

    const all = testCall();
    const abandoned = join(4, all);
    abandoned.catch(() => {});
    all.abort(cancelled());
    await assert.rejects(abandoned, { reason: 'CANCELLED' });
    assert.equal(runs.length, 2, 'a round trip without callers');
  });

  test('a round trip is aborted when the last caller has left, not before', async () => {
    await assertAbortedAfterLast(groupCalls);
    await assert.rejects(assertAbortedAfterLast(abortedByFirst), { name: 'AssertionError' });
  });
});

suite('grouped reads by id', () => {
  test('each caller gets its own rows, in its order, without unknown ids', async () => {
    const statements: (readonly string[])[] = [];
    const read = groupReadsById(async (ids) => {
      statements.push(ids);
      return ids
        .filter((id) => id !== 'unknown')
        .map((id) => ({ id }))
        .toReversed();
    });
    const answers = await Promise.all(
      [['b', 'a'], ['unknown'], ['a', 'unknown', 'c'], []].map((ids) => read(ids, testCall())),
    );
    assert.deepEqual(
      answers.map((found) => found.map(({ id }) => id)),
      [['b', 'a'], [], ['a', 'c'], []],
    );
    assert.deepEqual(statements, [['b', 'a', 'unknown', 'c']]);
    assert.deepEqual(await read([], testCall()), []);
    assert.equal(statements.length, 1, 'a statement was sent without ids');
  });
});
