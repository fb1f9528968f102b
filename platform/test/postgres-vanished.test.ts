import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { after, suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { cancelled } from '#platform/call.ts';
import { openDatabase, type Statement } from '#platform/postgres/pool.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { eventually } from '#testkit/shop.ts';

const postgres = await openTestPostgres();
after(() => postgres[Symbol.asyncDispose]());
const url = await postgres.createDatabase('empty');
const sql = (text: string): Statement => ({ name: text, text });

/** A proxy to the server that can be cut silently: it forwards nothing any more and closes nothing. */
async function openProxy(stack: AsyncDisposableStack): Promise<{ url: string; cut(): void }> {
  const { hostname, port } = new URL(url);
  const sockets: Socket[] = [];
  let isCut = false;
  const server = createServer((near) => {
    near.on('error', () => {});
    sockets.push(near);
    if (isCut) return;
    const far = connect(Number(port), hostname);
    far.on('error', () => {});
    sockets.push(far);
    near.on('data', (bytes) => isCut || far.write(bytes));
    far.on('data', (bytes) => isCut || near.write(bytes));
    near.on('close', () => far.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const way = new URL(url);
  way.hostname = '127.0.0.1';
  way.port = String((server.address() as AddressInfo).port);
  return { url: way.href, cut: () => void (isCut = true) };
}

/** Whether the work settles within a time that suffices on a busy machine. */
async function settles(work: Promise<unknown>, withinMs: number): Promise<boolean> {
  const late = new AbortController();
  const settled = await Promise.race([
    work.then(
      () => true,
      () => true,
    ),
    delay(withinMs, false, { signal: late.signal }).catch(() => false),
  ]);
  late.abort();
  return settled;
}

suite('a server that vanishes silently', () => {
  test('does not block cancelled callers, and its connection is not used again', async () => {
    await using stack = new AsyncDisposableStack();
    const way = await openProxy(stack);
    const database = stack.use(openDatabase({ url: way.url, name: 'test', telemetry: createTelemetry() }));
    const reason = cancelled();
    const leaving = new AbortController();
    const text = 'SELECT pg_sleep(62)';
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    stack.defer(() => other.end());
    const alone = database.query(sql(text), [], leaving.signal);
    const inTransaction = database.transaction((tx) => tx.query(sql(text), [], leaving.signal));
    const running = `SELECT FROM pg_stat_activity WHERE query = $1 AND state = 'active'`;
    await eventually(async () => assert.equal((await other.query(running, [text])).rowCount, 2));
    way.cut();
    leaving.abort(reason);
    const all = Promise.allSettled([alone, inTransaction]);
    assert.ok(await settles(all, 15_000), 'callers wait forever');
    for (const { status, reason: why } of (await all) as PromiseRejectedResult[])
      assert.deepEqual([status, why], ['rejected', reason]);
    await assert.rejects(database.ping(), { reason: 'UNAVAILABLE' });
  });

  test('is UNAVAILABLE 5 s after the statement timeout, without any signal, also for ROLLBACK', async () => {
    await using stack = new AsyncDisposableStack();
    const way = await openProxy(stack);
    const options = { url: way.url, name: 'test', telemetry: createTelemetry(), statementTimeoutMs: 500 };
    const database = stack.use(openDatabase(options));
    const reached = Promise.withResolvers<void>();
    const one = Promise.withResolvers<void>();
    const bug = new Error('a bug');
    const alone = database.session(async (session) => {
      await session.query(sql('SELECT 1'), []);
      reached.resolve();
      await one.promise;
      await session.query(sql('SELECT 1'), []);
    });
    const inTransaction = database.transaction(async (tx) => {
      await tx.query(sql('SELECT 1'), []);
      await reached.promise;
      way.cut();
      one.resolve();
      throw bug;
    });
    const all = Promise.allSettled([alone, inTransaction]);
    assert.ok(await settles(all, 30_000), 'callers wait forever');
    await assert.rejects(alone, { reason: 'UNAVAILABLE' });
    await assert.rejects(inTransaction, bug);
  });

  test('known-bad twin: pg alone waits forever', async () => {
    await using stack = new AsyncDisposableStack();
    const way = await openProxy(stack);
    const client = new pg.Client({ connectionString: way.url, statement_timeout: 500 });
    client.on('error', () => {});
    await client.connect();
    way.cut();
    assert.equal(await settles(client.query('SELECT 1'), 8_000), false);
  });
});
