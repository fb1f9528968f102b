import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';
import { ROOT_WAYS } from '#platform/postgres/run-as.ts';
import {
  FAST,
  newFolder,
  query,
  isStillServing,
  startOwner,
  kill,
  exitCodeOf,
  assertUnwritable,
} from './embedded-server-owner.ts';

const isRoot = process.getuid?.() === 0;
const needsRoot = isRoot ? false : 'needs root: the test changes owners and users';
const NOBODY_UID = 65_534;
/** A uid without an entry in /etc/passwd, as in many containers: initdb does not run as such a user. */
const UNLISTED_UID = 54_321;
const unshare = ['-U', '--map-user=65534', '--map-group=65534', 'true'];

test('a folder of another user is a StartError that names the folder', { skip: needsRoot }, async () => {
  const folder = newFolder();
  mkdirSync(folder);
  for (const path of [folder, join(folder, 'deeper')]) {
    await assertUnwritable(await startOwner({ folder: path }, NOBODY_UID), path);
  }
});

test('databases of another user are a StartError that names the owner', { skip: needsRoot }, async () => {
  const folder = newFolder();
  await (await startEmbeddedPostgres({ folder, settings: FAST })).stop();
  const dataOwner = statSync(join(folder, 'postgres')).uid;
  for (const name of ['', 'lock']) chownSync(join(folder, name), UNLISTED_UID, UNLISTED_UID);
  const { answer } = await startOwner({ folder }, UNLISTED_UID);
  assert.equal(answer['name'], 'StartError');
  assert.match(String(answer['message']), new RegExp(`belong to uid ${dataOwner}: .*FRITZY_DATA`));
});

for (const [listing, uid] of Object.entries({ listed: NOBODY_UID, unlisted: UNLISTED_UID })) {
  test(`an ordinary user ${listing} in /etc/passwd can start a server in its own folder`, async (t) => {
    if (!isRoot) return t.skip(String(needsRoot));
    const isForbidden = spawnSync('unshare', unshare, { uid, gid: uid }).status !== 0;
    if (uid === UNLISTED_UID && isForbidden) return t.skip('this machine forbids user namespaces');
    const folder = newFolder();
    mkdirSync(folder);
    chownSync(folder, uid, uid);
    for (let starts = 0; starts < 2; starts += 1) {
      const { owner, answer } = await startOwner({ folder, settings: FAST }, uid);
      assert.ok('url' in answer, JSON.stringify(answer));
      assert.deepEqual(await query(String(answer['url']), 'SELECT 1'), [1]);
      owner.stdin?.write('stop\n');
      assert.equal(await exitCodeOf(owner), 0);
    }
    assert.deepEqual(foreignFiles(folder, uid), []);
  });

  test(
    `root runs the server in the folder of a user ${listing} in /etc/passwd as that user`,
    { skip: needsRoot },
    async (t) => {
      for (const isClosed of [false, true]) {
        await t.test(isClosed ? 'below a closed folder' : 'below an open folder', async () => {
          const home = newFolder();
          mkdirSync(home, { mode: isClosed ? 0o700 : 0o755 });
          chownSync(home, uid, uid);
          const folder = join(home, 'shop', '.fritzy');
          await (await startEmbeddedPostgres({ folder, settings: FAST })).stop();
          assert.deepEqual(foreignFiles(folder, uid), []);
          const { owner, answer } = await startOwner({ folder, settings: FAST }, uid);
          assert.ok('url' in answer, JSON.stringify(answer));
          await kill(owner);
          await (await startEmbeddedPostgres({ folder, settings: FAST })).stop();
          assert.deepEqual(foreignFiles(folder, uid), []);
        });
      }
    },
  );
}

test(
  'root can start a server in its own folder, open or below a closed folder',
  { skip: needsRoot },
  async () => {
    for (const isClosed of [false, true]) {
      const home = newFolder();
      mkdirSync(home, { mode: isClosed ? 0o700 : 0o755 });
      await using server = await startEmbeddedPostgres({ folder: join(home, '.fritzy'), settings: FAST });
      assert.ok(await isStillServing(server));
    }
  },
);

test(
  'a folder created in one of root’s ways can be opened in every other',
  { skip: needsRoot },
  async (t) => {
    for (const isClosed of [false, true]) {
      const home = newFolder();
      mkdirSync(home, { mode: isClosed ? 0o700 : 0o755 });
      const folder = join(home, '.fritzy');
      let starts = 0;
      const ways = ROOT_WAYS.filter(
        (way) => !way.startsWith('folder-owner') && !(isClosed && way === 'nobody'),
      );
      for (const rootWay of [...ways, ...ways.toReversed()]) {
        await t.test(`${rootWay}${isClosed ? ', below a closed folder' : ''}`, async (t) => {
          const isForbidden = rootWay === 'user-namespace' && spawnSync('unshare', unshare).status !== 0;
          if (isForbidden) return t.skip('this machine forbids user namespaces');
          await using server = await startEmbeddedPostgres({ folder, settings: FAST, rootWay });
          await query(server.url('postgres'), 'CREATE TABLE IF NOT EXISTS kept (way text)');
          await query(server.url('postgres'), `INSERT INTO kept VALUES ('${rootWay}')`);
          starts += 1;
        });
      }
      await using server = await startEmbeddedPostgres({ folder, settings: FAST });
      assert.deepEqual(await query(server.url('postgres'), 'SELECT count(*)::int FROM kept'), [starts]);
    }
  },
);

test('if no way works, root gets an error with a remedy', { skip: needsRoot }, async () => {
  const home = newFolder();
  mkdirSync(home, { mode: 0o700 });
  const start = startEmbeddedPostgres({ folder: join(home, '.fritzy'), rootWay: 'nobody' });
  await assert.rejects(start, { name: 'StartError', message: /nobody: .*ordinary user.*FRITZY_DATA[^\n]*$/ });
});

/** Files and folders in `folder` that do not belong to `uid`. */
function foreignFiles(folder: string, uid: number): string[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  return [folder, ...paths].filter((path) => statSync(path).uid !== uid);
}
