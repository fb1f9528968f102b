import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { create, toJson, type MessageInitShape } from '@bufbuild/protobuf';
import { cancelled, type Call } from '#platform/call.ts';
import { AppError, REASONS, VIOLATIONS_MAX, type Reason, type Violation } from '#platform/errors.ts';
import { ErrorInfoSchema } from '#platform/pb/error_pb.js';
import { inProcess, type Client } from '#platform/rpc.ts';
import { eventually, LINKS, testCall } from '#testkit/shop.ts';
import { implementEcho, OPEN, type AskHandler, type EchoService, type Open } from './echo-service.ts';

/**
 * The contract of a call, in process and over gRPC. Each check takes the function that creates the client, so that the
 * same check runs with both transports and is shown to fail with a known-bad twin.
 */
type Check = (open: Open) => Promise<void>;

async function opened(open: Open, ask: AskHandler) {
  await using failed = new AsyncDisposableStack();
  const echo = implementEcho(ask);
  const client = await open(echo.implementation, failed);
  const stack = failed.move();
  return { ...echo, client, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** The number of the level in pino. */
const DEBUG = 20;

async function rejection(promise: Promise<unknown>): Promise<AppError> {
  const error: unknown = await promise.then(
    () => assert.fail('resolved, but should have rejected'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof AppError, `not an AppError: ${String(error)}`);
  return error;
}

const TEXTS = ['', 'plain', 'Größe 👩🏽‍🚀 \u{10ffff}', 'line\nbreak\ttab', '\ufeffmark', '%25 "quoted" \\'];

const answersArrive: Check = async (open) => {
  await using echo = await opened(open, async ({ reason, domain, metadata }) => ({
    reason,
    domain,
    metadata,
  }));
  for (const text of TEXTS) {
    const request = { reason: text, domain: text, metadata: { [text]: text, other: '' } };
    const answer = await echo.client.ask(request, testCall());
    assert.deepEqual(
      toJson(ErrorInfoSchema, answer),
      toJson(ErrorInfoSchema, create(ErrorInfoSchema, request)),
    );
  }
};

/** The maximum number in an error: an order with 100 items of which both fields are invalid. */
function violationsOf(code: Reason): Violation[] {
  return Array.from({ length: VIOLATIONS_MAX }, (_, index) => ({
    field: `products[${index >> 1}].${index % 2 === 0 ? 'productId' : 'quantity'}`,
    message: index === 0 ? 'größer als\n100 % of "it" 👩🏽‍🚀' : 'must be a whole number from 1 to 10000',
    code: index % 2 === 0 ? code : 'INVALID_ARGUMENT',
  }));
}

const errorsArePropagated: Check = async (open) => {
  const detail = { bytesMax: 4_000_000, größe: -1.5 };
  await using echo = await opened(open, async ({ reason, domain }) => {
    throw new AppError(reason as Reason, domain, { detail, violations: violationsOf(reason as Reason) });
  });
  for (const reason of Object.keys(REASONS) as Reason[]) {
    const text = `${reason}: größer als\n100 % of "it" 👩🏽‍🚀`;
    const error = await rejection(echo.client.ask({ reason, domain: text }, testCall()));
    assert.deepEqual(
      {
        reason: error.reason,
        publicMessage: error.publicMessage,
        message: error.message,
        detail: error.detail,
        violations: error.violations,
      },
      { reason, publicMessage: text, message: text, detail, violations: violationsOf(reason) },
    );
  }
  const logged = echo.lines.filter(({ level }) => Number(level) > DEBUG);
  assert.deepEqual(logged, [], 'an expected failure is logged');
};

const bugsAreInternal: Check = async (open) => {
  await using echo = await opened(open, async () => {
    throw new TypeError('secret: relation "account" does not exist');
  });
  const call = testCall();
  const error = await rejection(echo.client.ask({}, call));
  assert.equal(error.reason, 'INTERNAL');
  assert.deepEqual(error.detail, {});
  assert.doesNotMatch(error.publicMessage, /secret|account|TypeError/);
  const [line] = echo.lines;
  assert.equal(echo.lines.length, 1);
  assert.equal(line?.['level'], 50);
  assert.equal(line?.['request_id'], call.requestId);
  assert.equal(line?.['trace_id'], call.trace.traceId);
  assert.match(JSON.stringify(line?.['err']), /secret: relation/);
};

/** The remaining time of a call, which can be compared between hops even if clocks differ. */
const leftMs = (call: Call): number => call.deadlineMs - Date.now();

const remainingTimeDecreases: Check = async (open) => {
  const left: number[] = [];
  await using inner = await opened(open, async (_, call) => {
    left.push(leftMs(call));
    return {};
  });
  await using outer = await opened(open, async (_, call) => {
    left.push(leftMs(call));
    return inner.client.ask({}, call);
  });
  const call = testCall({ timeoutMs: 8_000 });
  const atStart = leftMs(call);
  await outer.client.ask({}, call);
  const [atOuter = Infinity, atInner = Infinity] = left;
  assert.ok(atOuter <= atStart, `${atOuter} ms left of ${atStart} ms`);
  assert.ok(atInner <= atOuter, `${atInner} ms left of ${atOuter} ms`);
};

/**
 * Returns the error of a call whose deadline passes while its handler runs: the timeout is increased until the call
 * gets that far.
 */
async function lateInHandler(client: Client<EchoService>, isRunning: () => boolean): Promise<AppError> {
  for (let timeoutMs = 60; ; timeoutMs *= 2) {
    assert.ok(timeoutMs < 1_000, 'no call reaches the handler');
    const error = await rejection(client.ask({}, testCall({ timeoutMs })));
    if (isRunning()) return error;
  }
}

/** A response that ignores its call: it comes when the check is over, or much too late. */
function unabortableResponse() {
  const over = Promise.withResolvers<object>();
  const timer = setTimeout(() => over.resolve({}), 2_500);
  return {
    answer: over.promise,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      over.resolve({});
    },
  };
}

const lateIsDeadlineExceeded: Check = async (open) => {
  using unabortable = unabortableResponse();
  let isRunning = false;
  await using echo = await opened(open, () => {
    isRunning = true;
    return unabortable.answer;
  });
  const error = await lateInHandler(echo.client, () => isRunning);
  assert.equal(error.reason, 'DEADLINE_EXCEEDED');
  let isCalled = false;
  await using other = await opened(open, async () => {
    isCalled = true;
    return {};
  });
  for (const timeoutMs of [0, -1]) {
    const past = await rejection(other.client.ask({}, testCall({ timeoutMs })));
    assert.equal(past.reason, 'DEADLINE_EXCEEDED');
  }
  assert.equal(isCalled, false, 'a call whose deadline has passed reached the handler');
  unabortable[Symbol.dispose]();
};

/**
 * Over gRPC a caller cancels at its deadline, and the server may see the cancellation first: either reason is valid.
 */
const lateReachesTheHandler: Check = async (open) => {
  let isRunning = false;
  const reasons: string[] = [];
  await using echo = await opened(open, async (_, call) => {
    isRunning = true;
    call.signal.addEventListener('abort', () => reasons.push((call.signal.reason as AppError).reason));
    await endOf(call);
    return {};
  });
  await lateInHandler(echo.client, () => isRunning);
  await eventually(() => assert.match(reasons.join(), /^(DEADLINE_EXCEEDED|CANCELLED)(,|$)/), 1_000);
};

/** Resolves when the call has ended, or after a timeout. */
function endOf(call: Call): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 1_500);
    call.onAbort(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

const cancellingReachesTheHandler: Check = async (open) => {
  const arrived = Promise.withResolvers<void>();
  const reasons: string[] = [];
  await using echo = await opened(open, async (_, call) => {
    call.signal.addEventListener('abort', () => reasons.push((call.signal.reason as AppError).reason));
    arrived.resolve();
    await endOf(call);
    return {};
  });
  const call = testCall();
  const answer = rejection(echo.client.ask({}, call));
  answer.catch(() => {});
  await arrived.promise;
  call.abort(cancelled());
  assert.equal((await answer).reason, 'CANCELLED');
  await eventually(() => assert.deepEqual(reasons, ['CANCELLED']), 1_000);
  const again = await rejection(echo.client.ask({}, call));
  assert.equal(again.reason, 'CANCELLED', 'a call that has ended reached the handler');
};

const idsArePropagated: Check = async (open) => {
  await using echo = await opened(open, async (_, { requestId, trace }) => ({
    metadata: { requestId, traceId: trace.traceId, flags: trace.flags, spanId: trace.spanId },
  }));
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const call = testCall({ traceparent: `00-${traceId}-00f067aa0ba902b7-01`, requestId: 'request-1' });
  const { metadata } = await echo.client.ask({}, call);
  const { spanId, ...rest } = metadata;
  assert.deepEqual({ ...rest }, { requestId: 'request-1', traceId, flags: '01' });
  assert.match(spanId ?? '', /^[0-9a-f]{16}$/);
  assert.notEqual(spanId, '00f067aa0ba902b7', 'the caller and its caller have the same span');
};

/** A client that wraps the direct one with the method `change`. */
function twinOf(change: (ask: Client<EchoService>['ask']) => Client<EchoService>['ask']): Open {
  return async (implementation) => ({ ask: change(inProcess(implementation).ask) });
}

/** Ignores the caller's call and starts a new one. */
const detached = twinOf((ask) => (request) => {
  return ask(request, testCall({ requestId: 'other', timeoutMs: 30_000 }));
});
const lossy = twinOf((ask) => async (request, call) => {
  const { reason, metadata } = await ask(request, call);
  return create(ErrorInfoSchema, { reason, metadata } satisfies MessageInitShape<typeof ErrorInfoSchema>);
});
const withoutDetails = twinOf((ask) => async (request, call) => {
  try {
    return await ask(request, call);
  } catch (error) {
    throw error instanceof AppError ? new AppError(error.reason, error.publicMessage) : error;
  }
});
const exposing = twinOf((ask) => async (request, call) => {
  try {
    return await ask(request, call);
  } catch (error) {
    throw error instanceof AppError && error.cause instanceof Error
      ? new AppError('INTERNAL', error.cause.message)
      : error;
  }
});

const CHECKS: readonly [string, Check, twin: string, Open][] = [
  ['a response arrives unchanged', answersArrive, 'a field is lost', lossy],
  [
    'every reason arrives with its text, its detail and all violations',
    errorsArePropagated,
    'they are lost',
    withoutDetails,
  ],
  ['a bug is INTERNAL to the caller and logged once', bugsAreInternal, 'its text is exposed', exposing],
  [
    'the remaining time decreases from hop to hop',
    remainingTimeDecreases,
    'each hop has a new deadline',
    detached,
  ],
  ['a late response is DEADLINE_EXCEEDED', lateIsDeadlineExceeded, 'the caller keeps waiting', detached],
  ['a deadline that passes aborts the handler', lateReachesTheHandler, 'it is not aborted', detached],
  ['cancellation ends the call and its handler', cancellingReachesTheHandler, 'it is not aborted', detached],
  ['the request id and the trace are propagated', idsArePropagated, 'each hop has new ones', detached],
];

for (const link of LINKS) {
  suite(`a call, ${link}`, { concurrency: true }, () => {
    for (const [name, check] of CHECKS) test(name, () => check(OPEN[link]));
  });
}

suite('known-bad calls are detected', { concurrency: true }, () => {
  for (const [name, check, twin, open] of CHECKS)
    test(`${name}: ${twin}`, () => assert.rejects(check(open), { name: 'AssertionError' }));
});
