import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import pg from 'pg';
import { cancelled } from '#platform/call.ts';
import { AppError } from '#platform/errors.ts';
import {
  openDatabase,
  sqlState,
  wasRefused,
  type Database,
  type Queryable,
  type Statement,
} from '#platform/postgres/pool.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { eventually } from '#testkit/shop.ts';

const postgres = await openTestPostgres();
after(() => postgres[Symbol.asyncDispose]());
const url = await postgres.createDatabase('empty');

const open = (): Database => openDatabase({ url, name: 'test', telemetry: createTelemetry() });
const sql = (text: string): Statement => ({ name: text.slice(0, 60), text });

/** Another connection, which observes and interferes. */
async function withOther<T>(work: (other: pg.Client) => Promise<T>): Promise<T> {
  const other = new pg.Client({ connectionString: url });
  await other.connect();
  try {
    return await work(other);
  } finally {
    await other.end();
  }
}

async function running(other: pg.Client, text: string): Promise<number> {
  const { rowCount } = await other.query(
    `SELECT FROM pg_stat_activity WHERE query = $1 AND state = 'active' AND application_name = 'fritzy-test'`,
    [text],
  );
  return rowCount ?? 0;
}

test('an int8 is a bigint, exact beyond 2^53', async () => {
  await using database = open();
  const [row] = await database.query(sql('SELECT 9007199254740993::int8 AS big, 7::int4 AS small'), []);
  assert.deepEqual({ ...row }, { big: 9007199254740993n, small: 7 });
});

test('settings of a connection apply to each of its statements', async () => {
  await using database = openDatabase({
    url,
    name: 'test',
    telemetry: createTelemetry(),
    settings: { work_mem: '5MB', 'custom.setting': '0.5' },
  });
  const show = sql(`SELECT current_setting('work_mem') AS a, current_setting('custom.setting') AS b`);
  const [row] = await database.query(show, []);
  assert.deepEqual({ ...row }, { a: '5MB', b: '0.5' });
});

test('statements are measured by name, failures also by SQLSTATE', async () => {
  const telemetry = createTelemetry();
  const seen: string[] = [];
  await using database = openDatabase({
    url,
    name: 'test',
    telemetry,
    onQuery: ({ name }) => seen.push(name),
  });
  await database.query({ name: 'one', text: 'SELECT 1' }, []);
  await assert.rejects(database.query({ name: 'bad', text: 'SELECT 1 / 0' }, []));
  assert.deepEqual(seen, ['one', 'bad']);
  const text = await telemetry.registry.metrics();
  const counts = text.match(/^db_client_operation_duration_seconds_count\{.*\} 1$/gm) ?? [];
  assert.equal(counts.length, 2);
  assert.match(counts.join('\n'), /db_query_summary="one",error_type=""/);
  assert.match(counts.join('\n'), /db_query_summary="bad",error_type="22012"/);
});

/** A statement that is cancelled just as it ends, and the next one on the same connection. */
type Follow = (first: Statement, signal: AbortSignal, then: Statement) => Promise<void>;

async function assertNextUnaffected(follow: Follow, nextSeconds: number): Promise<void> {
  for (let round = 0; round < 10; round++) {
    const controller = new AbortController();
    const done = follow(sql('SELECT 1'), controller.signal, sql(`SELECT pg_sleep(${nextSeconds})`));
    controller.abort(cancelled());
    await done;
  }
}

/** Known-bad twin: requests a slow cancellation and does not wait for it. */
async function withoutWaiting(client: pg.Client, other: pg.Client): Promise<Follow> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return async (first, signal, then) => {
    let cancelling: Promise<unknown> = Promise.resolve();
    const cancel = (): void => {
      cancelling = other.query('SELECT pg_cancel_backend($1) FROM pg_sleep(0.1)', [rows[0]?.pid]);
    };
    signal.addEventListener('abort', cancel);
    try {
      await client.query(first.text);
      await client.query(then.text);
    } finally {
      await cancelling;
    }
  };
}

suite('cancellation', () => {
  test('ends the statement in the server and rejects with the reason', async () => {
    await using database = open();
    const text = 'SELECT pg_sleep(60)';
    const controller = new AbortController();
    const reason = cancelled();
    await withOther(async (other) => {
      const answer = database.query(sql(text), [], controller.signal).catch((error: unknown) => error);
      await eventually(async () => assert.equal(await running(other, text), 1));
      controller.abort(reason);
      assert.equal(await answer, reason);
      await eventually(async () => assert.equal(await running(other, text), 0));
    });
    await assert.rejects(
      database.query(sql(text), [], controller.signal),
      reason,
      'an aborted statement was sent',
    );
  });

  test('never hits the next statement of the connection', async () => {
    await using database = open();
    await database.session((session) =>
      assertNextUnaffected(async (first, signal, then) => {
        await new Promise<void>((resolve) => {
          // Abort after the statement was sent.
          const sent = session.query(first, [], signal);
          sent.then(
            () => resolve(),
            () => resolve(),
          );
        });
        await session.query(then, []);
      }, 0.02),
    );
    await withOther((client) =>
      withOther(async (other) => {
        await assert.rejects(assertNextUnaffected(await withoutWaiting(client, other), 2), { code: '57014' });
      }),
    );
  });
});

suite('a connection that is lost', () => {
  test('during a statement is UNAVAILABLE, and the next statement gets another connection', async () => {
    await using database = open();
    const text = 'SELECT pg_sleep(61)';
    await withOther(async (other) => {
      const answer = database.query(sql(text), []).catch((error: unknown) => error);
      await eventually(async () => assert.equal(await running(other, text), 1));
      await other.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = $1', [text]);
      const error = await answer;
      assert.ok(error instanceof AppError);
      assert.equal(error.reason, 'UNAVAILABLE');
      assert.doesNotMatch(error.publicMessage, /terminat|sleep/);
      assert.equal(wasRefused(error), false, 'the outcome of the statement is unknown');
    });
    await database.ping();
  });

  test('between two statements of a transaction is UNAVAILABLE, and the transaction is rolled back', async () => {
    await using database = open();
    await database.query(sql('CREATE TABLE lost (n int)'), []);
    const work = database.transaction(async (tx) => {
      await tx.query(sql('INSERT INTO lost VALUES (1)'), []);
      const [row] = await tx.query<{ pid: number }>(sql('SELECT pg_backend_pid() AS pid'), []);
      await withOther((other) => other.query('SELECT pg_terminate_backend($1, 5000)', [row?.pid]));
      await tx.query(sql('INSERT INTO lost VALUES (2)'), []);
    });
    await assert.rejects(work, { name: 'AppError', reason: 'UNAVAILABLE' });
    assert.deepEqual(await database.query(sql('SELECT n FROM lost'), []), []);
  });

  test('while idle is replaced', async () => {
    await using database = open();
    const [row] = await database.query<{ pid: number }>(sql('SELECT pg_backend_pid() AS pid'), []);
    await withOther((other) => other.query('SELECT pg_terminate_backend($1, 5000)', [row?.pid]));
    await eventually(() => database.ping());
  });

  test('or was never established is UNAVAILABLE', async () => {
    const unusedAddress = new URL(url);
    unusedAddress.port = '1';
    await using database = openDatabase({
      url: unusedAddress.href,
      name: 'test',
      telemetry: createTelemetry(),
    });
    await assert.rejects(database.ping(), { name: 'AppError', reason: 'UNAVAILABLE' });
  });
});

/** A transaction commits completely or not at all, and reports a failure. */
type Transaction = Database['transaction'];

async function assertAllOrNothing(database: Database, transaction: Transaction): Promise<void> {
  await database.query(sql('CREATE TABLE IF NOT EXISTS part (n int PRIMARY KEY)'), []);
  await database.query(sql('TRUNCATE part'), []);
  const insert = sql('INSERT INTO part VALUES ($1)');
  const bug = new Error('a bug');
  const statementFails = transaction(async (tx) => {
    await tx.query(insert, [1]);
    await tx.query(insert, [1]);
  });
  await assert.rejects(statementFails, (error) => sqlState(error) === '23505' && wasRefused(error));
  const workFails = transaction(async (tx) => {
    await tx.query(insert, [2]);
    throw bug;
  });
  await assert.rejects(workFails, bug);
  const failurePassedOver = transaction(async (tx) => {
    await tx.query(insert, [3]);
    await tx.query(insert, [3]).catch(() => {});
  });
  await assert.rejects(failurePassedOver, /the transaction was rolled back/);
  const answer = await transaction(async (tx) => {
    await tx.query(insert, [4]);
    return 'done';
  });
  assert.equal(answer, 'done');
  const rows = await database.query<{ n: number }>(sql('SELECT n FROM part'), []);
  assert.deepEqual(
    rows.map(({ n }) => n),
    [4],
  );
}

test('a transaction commits completely or not at all', async () => {
  await using database = open();
  await assertAllOrNothing(database, database.transaction);
  // Known-bad twins: no transaction, and one that ignores the server's response to COMMIT.
  const none: Transaction = (work) => work(database);
  await assert.rejects(assertAllOrNothing(database, none), { name: 'AssertionError' });
  const withoutCheck: Transaction = (work) =>
    database.session(async (session) => {
      await session.query(sql('BEGIN'), []);
      const result = await work(session);
      await session.query(sql('COMMIT'), []);
      return result;
    });
  await assert.rejects(assertAllOrNothing(database, withoutCheck), { message: /Missing expected rejection/ });
});

test('a session lock is released when the session ends', async () => {
  await using database = open();
  const lock: Statement = { name: 'lock', text: 'SELECT pg_try_advisory_lock(42) AS locked' };
  const isLocked = async (by: Queryable): Promise<boolean | undefined> =>
    (await by.query<{ locked: boolean }>(lock, []))[0]?.locked;
  await database.session(async (session) => {
    assert.equal(await isLocked(session), true);
    assert.equal(await isLocked(database), false);
  });
  await eventually(async () => assert.equal(await isLocked(database), true));
});

test('at most 5,000 callers wait for a connection; one more is rejected', async () => {
  await using database = openDatabase({
    url,
    name: 'test',
    telemetry: createTelemetry(),
    waitTimeoutMs: 60_000,
  });
  const over = Promise.withResolvers<void>();
  const sessions = Array.from({ length: 10 }, () => database.session(() => over.promise));
  const waiting = Array.from({ length: 5_000 }, () => database.query(sql('SELECT 1 AS one'), []));
  await assert.rejects(database.query(sql('SELECT 1 AS one'), []), { reason: 'RESOURCE_EXHAUSTED' });
  over.resolve();
  await Promise.all(sessions);
  assert.equal((await Promise.all(waiting)).length, 5_000);
});

test('a caller that gets no connection in time is rejected with RESOURCE_EXHAUSTED, and the statement timeout applies', async () => {
  const options = { connectionsMax: 1, statementTimeoutMs: 200 };
  await using database = openDatabase({ url, name: 'test', telemetry: createTelemetry(), ...options });
  await assert.rejects(database.query(sql('SELECT pg_sleep(63)'), []), { reason: 'DEADLINE_EXCEEDED' });
  await database.session(() => assert.rejects(database.ping(), { reason: 'RESOURCE_EXHAUSTED' }));
});
