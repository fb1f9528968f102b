import assert from 'node:assert/strict';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { after, suite, test } from 'node:test';
import pg from 'pg';
import { failureLines, waitForOutput, spawnProgram } from '#cmd/fritzy/test/program.ts';
import { retryWhileUnreachable } from '#cmd/migrate/retry-while-unreachable.ts';
import { StartError } from '#platform/errors.ts';
import { openTestPostgres } from '#testkit/postgres.ts';

const PROGRAM = 'cmd/migrate/main.ts';
const postgres = await openTestPostgres();
after(() => postgres[Symbol.asyncDispose]());

type Environment = Readonly<Record<string, string>>;

async function emptyDatabases(): Promise<Environment> {
  const create = async (): Promise<string> => {
    const url = await postgres.createDatabase('empty');
    // The template of the test kit already contains this table.
    await rowsOf(url, 'DROP TABLE schema_migration');
    return url;
  };
  return {
    ACCOUNT_DATABASE_URL: await create(),
    CATALOG_DATABASE_URL: await create(),
    ORDER_DATABASE_URL: await create(),
    EVENTS_URL: await create(),
    MIGRATE_WAIT_MS: '0',
  };
}

/** The exit status and the rows of the printed table. */
async function run(command: string, env: Environment) {
  await using program = spawnProgram(PROGRAM, env, [command]);
  const status = await program.ended;
  assert.equal(program.stderr(), '');
  const [titles = '', ...lines] = program.stdout().trimEnd().split('\n');
  assert.match(titles, /^component +where +applied +pending$/);
  const rows = lines.map((line) => {
    const [component = '', , applied, pending, ...note] = line.split(/ +/);
    return { component, applied: Number(applied), pending: Number(pending), note: note.join(' ') };
  });
  assert.deepEqual(
    rows.map(({ component }) => component),
    ['account', 'catalog', 'order', 'events'],
  );
  return { status, rows };
}

async function rowsOf<R extends object>(url: string, sql: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<R>(sql)).rows;
  } finally {
    await client.end();
  }
}

suite('make migrate-up, make migrate-status', () => {
  test('status lists pending migrations with exit status 1 and changes nothing; up applies them', async () => {
    const env = await emptyDatabases();
    const before = await run('status', env);
    assert.equal(before.status, 1);
    for (const row of before.rows) {
      assert.equal(row.applied, 0);
      assert.ok(row.pending > 0);
      assert.equal(row.note.split(', ').length, row.pending);
    }
    for (const url of [env['ACCOUNT_DATABASE_URL'], env['EVENTS_URL']])
      assert.deepEqual(await rowsOf(url ?? '', `SELECT FROM pg_tables WHERE schemaname = 'public'`), []);

    const up = await run('up', env);
    assert.equal(up.status, 0);
    for (const [index, row] of up.rows.entries()) {
      assert.equal(row.applied, before.rows[index]?.pending);
      assert.equal(row.pending, 0);
      assert.match(row.note, /^applied \S+.* \(\d+ ms\)$/);
    }
    assert.equal((await run('status', env)).status, 0);
    const again = await run('up', env);
    for (const row of again.rows) assert.match(row.note, /^nothing to do \(\d+ ms\)$/);
  });

  test('up applies every migration that the services apply at their start', async () => {
    const env = await emptyDatabases();
    await run('up', env);
    const versions = 'SELECT set, version FROM schema_migration ORDER BY set, version';
    for (const kind of ['account', 'catalog', 'order'] as const) {
      const url = env[`${kind.toUpperCase()}_DATABASE_URL`] ?? '';
      const applied = await rowsOf(url, versions);
      await using service = spawnProgram(`${kind}/cmd/server/main.ts`, {
        ...env,
        LISTEN: '127.0.0.1:0',
        ADMIN_PORT: '0',
        ACCOUNT_URL: 'grpc://127.0.0.1:1',
        CATALOG_URL: 'grpc://127.0.0.1:1',
      });
      await waitForOutput(service, /"grpc_port":/);
      assert.deepEqual(await rowsOf(url, versions), applied, kind);
    }
  });

  test('an unknown command, an invalid setting and an unreachable database fail with one line each', async () => {
    const env = await emptyDatabases();
    assert.match((await failureLines(PROGRAM, env))[0] ?? '', /^the command must be up or status: /);
    assert.equal((await failureLines(PROGRAM, {}, ['up'])).length, 4);
    const [events = ''] = await failureLines(PROGRAM, { ...env, EVENTS_URL: 'amqp://127.0.0.1' }, ['up']);
    assert.match(events, /^EVENTS_URL /);
    const gone = { ...env, CATALOG_DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/catalog' };
    const [line = ''] = await failureLines(PROGRAM, gone, ['up']);
    assert.match(
      line,
      /^cannot reach the database 127\.0\.0\.1:1\/catalog .*: start it or correct its URL\.$/,
    );
  });

  test('up waits for a database that does not respond yet', async () => {
    const env = await emptyDatabases();
    const real = new URL(env['ACCOUNT_DATABASE_URL'] ?? '');
    // Like the port of a container whose server is still starting: it accepts connections and closes them immediately.
    const sockets = new Set<Socket>();
    let isUp = false;
    const proxy = createServer((socket) => {
      sockets.add(socket);
      if (!isUp) {
        socket.destroy();
        return;
      }
      const server = connect(Number(real.port), real.hostname);
      socket.pipe(server).pipe(socket);
      for (const end of [socket, server]) end.on('error', () => void (socket.destroy(), server.destroy()));
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const late = new URL(real);
    late.port = String((proxy.address() as AddressInfo).port);
    const settings = { ...env, ACCOUNT_DATABASE_URL: late.href, MIGRATE_WAIT_MS: '60000' };
    await using program = spawnProgram(PROGRAM, settings, ['up']);
    await waitForOutput(program, /retrying for up to 60 s/, 'stderr');
    isUp = true;
    assert.equal(await program.ended, 0, program.stderr());
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });

  test('only a missing response is retried; an error sent by the engine is thrown immediately', async () => {
    let tries = 0;
    const fail = (cause: Error) => async (): Promise<never> => {
      tries += 1;
      throw new StartError('cannot', { cause });
    };
    const wrongPassword = Object.assign(new Error('password'), { severity: 'FATAL', code: '28P01' });
    await assert.rejects(
      retryWhileUnreachable(fail(wrongPassword), 60_000, () => {}),
      { message: 'cannot' },
    );
    assert.equal(tries, 1);
    const startingUp = Object.assign(new Error('starting'), { severity: 'FATAL', code: '57P03' });
    for (const cause of [startingUp, new Error('ECONNREFUSED')]) {
      tries = 0;
      await assert.rejects(retryWhileUnreachable(fail(cause), 700, () => {}));
      assert.equal(tries, 2);
    }
  });
});
