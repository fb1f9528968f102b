import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { pause, retry, type RetryOptions } from '#platform/retry.ts';

type Retry = typeof retry;

/** The cap is far above the time that a busy machine adds to an attempt, which would reset the pause. */
const PAUSES = { pauseMsMin: 4, pauseMsMax: 128 };
const DOUBLED = [4, 8, 16, 32, 64, 128, 128];

/** Work that fails with these errors, then succeeds. */
function failing(...errors: readonly Error[]): { work: () => Promise<string>; attempts: () => number } {
  let attempt = 0;
  return {
    attempts: () => attempt,
    work: async () => {
      const error = errors[attempt];
      attempt += 1;
      if (error) throw error;
      return 'done';
    },
  };
}

const failures = (count: number): Error[] =>
  Array.from({ length: count }, (_, index) => new Error(`${index}`));

async function pausesOf(
  run: Retry,
  options: Partial<RetryOptions>,
  errors: readonly Error[],
): Promise<number[]> {
  const pauses: number[] = [];
  const onRetry = (_: unknown, pauseMs: number): void => void pauses.push(pauseMs);
  await run(failing(...errors).work, { ...PAUSES, onRetry, ...options });
  return pauses;
}

/** Asserts what background loops depend on. */
async function assertSurvives(run: Retry): Promise<void> {
  const defect = failing(new TypeError('x is not a function'), new Error('no answer'));
  assert.equal(await run(defect.work, PAUSES), 'done');
}

async function assertEndsAtOnce(run: Retry): Promise<void> {
  const stopping = new AbortController();
  const { work, attempts } = failing(...failures(2));
  const hour = { pauseMsMin: 3_600_000, pauseMsMax: 3_600_000 };
  const given = run(work, { ...hour, signal: stopping.signal, onRetry: () => queueMicrotask(stop) });
  function stop(): void {
    stopping.abort(new Error('stopped'));
  }
  const late = AbortSignal.timeout(10_000);
  const tooLate = new Promise((_, reject) => {
    late.addEventListener('abort', () => reject(late.reason), { once: true });
  });
  await assert.rejects(Promise.race([given, tooLate]), { message: 'stopped' });
  assert.equal(attempts(), 1);
}

suite('retry', () => {
  test('pauses double from the minimum to the cap', async () => {
    assert.deepEqual(await pausesOf(retry, {}, failures(7)), DOUBLED);
  });

  test('known-bad twin: pauses without a cap are detected', async () => {
    const uncapped: Retry = (work, options) => retry(work, { ...options, pauseMsMax: Infinity });
    assert.notDeepEqual(await pausesOf(uncapped, {}, failures(7)), DOUBLED);
  });

  test('an attempt that lasted longer than the cap resets the pause', async () => {
    const pauses: number[] = [];
    const errors = failures(4);
    let attempt = 0;
    const work = async (): Promise<void> => {
      const error = errors[attempt];
      attempt += 1;
      if (attempt === 3) await pause(2 * PAUSES.pauseMsMax);
      if (error) throw error;
    };
    await retry(work, { ...PAUSES, onRetry: (_, pauseMs) => void pauses.push(pauseMs) });
    assert.equal(pauses[2], PAUSES.pauseMsMin);
  });

  test('retries that share a budget pause no longer than it allows, then continue without pauses', async () => {
    const budget = { pauseMsLeft: 20 };
    assert.deepEqual(await pausesOf(retry, { budget }, failures(3)), [4, 8, 8]);
    assert.deepEqual(await pausesOf(retry, { budget }, failures(2)), [0, 0]);
  });

  test('throws the last error after attemptsMax attempts', async () => {
    const { work, attempts } = failing(...failures(9));
    await assert.rejects(retry(work, { ...PAUSES, attemptsMax: 3 }), { message: '2' });
    assert.equal(attempts(), 3);
  });

  test('throws an error immediately if shouldRetry returns false', async () => {
    const { work, attempts } = failing(new Error('transient'), new Error('final'), new Error('never'));
    const shouldRetry = (error: unknown): boolean => error instanceof Error && error.message === 'transient';
    await assert.rejects(retry(work, { ...PAUSES, shouldRetry }), { message: 'final' });
    assert.equal(attempts(), 2);
  });

  test('a signal ends a pause of an hour immediately, and no further attempt starts', async () => {
    await assertEndsAtOnce(retry);
  });

  test('known-bad twin: a pause that ignores the signal is detected', async () => {
    const withoutSignal: Retry = (work, { onRetry }) =>
      retry(work, { pauseMsMin: 1, pauseMsMax: 1, ...(onRetry && { onRetry }) });
    await assert.rejects(assertEndsAtOnce(withoutSignal), assert.AssertionError);
  });

  test('a TypeError is retried like any other error', async () => {
    await assertSurvives(retry);
  });

  test('known-bad twin: a loop that ends on a TypeError is detected', async () => {
    const stopsOnTypeError: Retry = (work, options) =>
      retry(work, { ...options, shouldRetry: (error) => !(error instanceof TypeError) });
    await assert.rejects(assertSurvives(stopsOnTypeError), TypeError);
  });
});
