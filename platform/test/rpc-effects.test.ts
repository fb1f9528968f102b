import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import pg from 'pg';
import { cancelled, type Call } from '#platform/call.ts';
import { AppError, REASONS, type Reason } from '#platform/errors.ts';
import { inProcess, type Client } from '#platform/rpc.ts';
import type { Telemetry } from '#platform/telemetry.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { eventually, LINKS, startTestShop, testCall } from '#testkit/shop.ts';
import { implementEcho, OPEN, type EchoService } from './echo-service.ts';

/** Side effects of a call: statements, metrics, timers. */

/** The number of statements of the account service that wait for a lock. */
async function waiting(observer: pg.Client): Promise<number> {
  const { rows } = await observer.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'fritzy-account' AND wait_event_type = 'Lock'`,
  );
  return rows[0]?.count ?? 0;
}

/** A call that waits for a lock is ended by `leave`: its statement must end although the lock is still held. */
async function assertStatementStops(
  list: (call: Call) => Promise<unknown>,
  databaseUrl: string,
  leave: (call: Call) => void,
): Promise<void> {
  const holder = new pg.Client({ connectionString: databaseUrl });
  const observer = new pg.Client({ connectionString: databaseUrl });
  await Promise.all([holder.connect(), observer.connect()]);
  const call = testCall();
  try {
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE account IN ACCESS EXCLUSIVE MODE');
    const answer = list(call).catch((error: unknown) => error);
    await eventually(async () => assert.equal(await waiting(observer), 1));
    leave(call);
    await eventually(async () => assert.equal(await waiting(observer), 0, 'the statement still runs'), 1_500);
    const error = await answer;
    assert.ok(error instanceof AppError);
    assert.equal(error.reason, 'CANCELLED');
  } finally {
    await holder.query('ROLLBACK');
    call.abort(cancelled());
    await Promise.all([holder.end(), observer.end()]);
  }
}

const postgres = await openTestPostgres();
after(() => postgres[Symbol.asyncDispose]());

suite('a service on PostgreSQL', () => {
  for (const link of LINKS) {
    test(`cancellation of a call cancels its statement in the server, ${link}`, async () => {
      await using shop = await startTestShop({ link, postgres });
      const list = (call: Call): Promise<unknown> =>
        shop.clients.accounts.listAccounts({ page: { size: 10 } }, call);
      const { account } = shop.databaseUrls;
      await assertStatementStops(list, account, (call) => call.abort(cancelled()));
      await list(testCall());
      // Known-bad twin: the caller leaves without cancelling.
      await assert.rejects(
        assertStatementStops(list, account, () => {}),
        /the statement still runs/,
      );

      // One of two callers leaves: the other one still needs the result.
      const holder = new pg.Client({ connectionString: account });
      await holder.connect();
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE account IN ACCESS EXCLUSIVE MODE');
      const [leaver, stayer] = [testCall(), testCall()];
      const answers = Promise.allSettled([list(leaver), list(stayer)]);
      await eventually(async () => assert.equal(await waiting(holder), 1));
      leaver.abort(cancelled());
      await holder.query('COMMIT');
      const [left, stayed] = await answers;
      assert.equal(left.status, 'rejected');
      assert.equal(stayed.status, 'fulfilled');
      await holder.end();
    });
  }
});

/** The measured calls: `method status reason` → count. */
async function measured(telemetry: Telemetry): Promise<Record<string, number>> {
  const text = await telemetry.registry.metrics();
  const lines = text.matchAll(/^rpc_server_call_duration_seconds_count\{(.*)\} (\d+)$/gm);
  return Object.fromEntries(
    Array.from(lines, ([, labels = '', count]) => {
      const label = (name: string): string => new RegExp(`\\b${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
      return [
        `${label('rpc_method')} ${label('rpc_response_status_code')} ${label('error_type')}`,
        Number(count),
      ];
    }),
  );
}

const STATUS: Readonly<Partial<Record<Reason, string>>> = {
  INVALID_CURSOR: 'INVALID_ARGUMENT',
  ACCOUNT_NOT_FOUND: 'FAILED_PRECONDITION',
  PRODUCT_NOT_FOUND: 'FAILED_PRECONDITION',
  PRODUCT_ARCHIVED: 'FAILED_PRECONDITION',
  PRICE_CHANGED: 'FAILED_PRECONDITION',
  UNAUTHENTICATED: 'UNAUTHENTICATED',
  PERMISSION_DENIED: 'PERMISSION_DENIED',
  INVALID_CREDENTIALS: 'UNAUTHENTICATED',
  INVALID_TOKEN: 'INVALID_ARGUMENT',
  TOO_MANY_ATTEMPTS: 'RESOURCE_EXHAUSTED',
  IDEMPOTENCY_KEY_REUSED: 'FAILED_PRECONDITION',
  IDEMPOTENCY_IN_PROGRESS: 'ABORTED',
  CATEGORY_NOT_FOUND: 'FAILED_PRECONDITION',
  CATEGORY_LIMIT_EXCEEDED: 'FAILED_PRECONDITION',
  CATEGORY_NAME_TAKEN: 'ALREADY_EXISTS',
  VERSION_CONFLICT: 'ABORTED',
  RESPONSE_TOO_LARGE: 'RESOURCE_EXHAUSTED',
};

for (const link of LINKS) {
  test(`each call is measured once, with its gRPC status and its reason, ${link}`, async () => {
    await using stack = new AsyncDisposableStack();
    const { implementation, telemetry } = implementEcho(async ({ reason }) => {
      if (reason === 'bug') throw new Error('a bug');
      if (reason) throw new AppError(reason as Reason, 'expected');
      return {};
    });
    const client = await OPEN[link](implementation, stack);
    const reasons = Object.keys(REASONS) as Reason[];
    await client.ask({}, testCall());
    await client.ask({}, testCall());
    for (const reason of [...reasons, 'bug']) await client.ask({ reason }, testCall()).catch(() => {});
    const method = 'fritzy.test.v1.EchoService/Ask';
    assert.deepEqual(await measured(telemetry), {
      [`${method} OK `]: 2,
      ...Object.fromEntries(reasons.map((reason) => [`${method} ${STATUS[reason] ?? reason} ${reason}`, 1])),
      [`${method} INTERNAL INTERNAL`]: 2,
    });
  });
}

for (const link of LINKS) {
  test(`a cancelled call is counted and logged at debug level, ${link}`, async () => {
    await using stack = new AsyncDisposableStack();
    const isRunning = Promise.withResolvers<void>();
    const { implementation, telemetry, lines } = implementEcho(async (_, call) => {
      isRunning.resolve();
      return new Promise((_resolve, reject) => {
        call.onAbort(reject);
      });
    });
    const client = await OPEN[link](implementation, stack);
    const call = testCall();
    const answer = client.ask({}, call);
    await Promise.all([
      assert.rejects(answer, { reason: 'CANCELLED' }),
      isRunning.promise.then(() => call.abort(cancelled())),
    ]);
    await eventually(async () => {
      assert.deepEqual(
        lines.map(({ level, msg, request_id: id }) => [level, msg, id]),
        [[20, 'the caller cancelled the request', call.requestId]],
      );
      assert.deepEqual(await measured(telemetry), {
        'fritzy.test.v1.EchoService/Ask CANCELLED CANCELLED': 1,
      });
    });
  });
}

/** Runs `work` and counts the timers that it sets and that neither fire nor are cleared. */
async function timersLeft(work: () => Promise<void>): Promise<number> {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const left = new Set<unknown>();
  const counting = (
    callback: (...values: unknown[]) => void,
    ms?: number,
    ...values: unknown[]
  ): NodeJS.Timeout => {
    const timer = set(() => {
      left.delete(timer);
      callback(...values);
    }, ms);
    left.add(timer);
    return timer;
  };
  globalThis.setTimeout = counting as typeof setTimeout;
  globalThis.clearTimeout = (timer) => {
    left.delete(timer);
    clear(timer);
  };
  try {
    await work();
    return left.size;
  } finally {
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  }
}

/** Calls that succeed, fail and are cancelled. */
async function threeCalls(ask: Client<EchoService>['ask']): Promise<void> {
  using good = testCall();
  await ask({}, good);
  using bad = testCall();
  await ask({ reason: 'fail' }, bad).catch(() => {});
  const left = testCall();
  const answer = ask({ reason: 'wait' }, left).catch(() => {});
  left.abort(cancelled());
  await answer;
}

test('an in-process call leaves no timer', async () => {
  const { ask } = inProcess(
    implementEcho(async ({ reason }, call) => {
      if (reason === 'fail') throw new AppError('NOT_FOUND', 'expected');
      if (reason === 'wait') await new Promise((resolve) => call.onAbort(resolve));
      return {};
    }).implementation,
  );
  assert.equal(await timersLeft(() => threeCalls(ask)), 0);
  // Known-bad twin: a deadline timer that is set for each call and never cleared.
  const withTimerLeak: typeof ask = (request, call) => {
    setTimeout(() => {}, call.deadlineMs - Date.now()).unref();
    return ask(request, call);
  };
  assert.equal(await timersLeft(() => threeCalls(withTimerLeak)), 3);
});

test('input validation is the same in process and over the wire', async () => {
  for (const link of LINKS) {
    await using shop = await startTestShop({ link, postgres });
    for (const name of ['a\ud800b', 'NUL \0', ' ', 'x'.repeat(201)]) {
      await assert.rejects(
        shop.clients.accounts.createAccount({ name }, testCall()),
        { name: 'AppError', reason: 'INVALID_ARGUMENT' },
        `${link}: ${JSON.stringify(name)}`,
      );
    }
  }
});
