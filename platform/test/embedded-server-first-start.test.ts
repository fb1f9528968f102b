import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';
import { SERVER_ENV } from '#platform/postgres/run-as.ts';
import {
  FAST,
  assertUnwritable,
  needsProc,
  newFolder,
  query,
  startOwner,
  temporaryFolders,
} from './embedded-server-owner.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
/** More than the changes of a first start; the loop ends when a start is no longer interrupted. */
const STEPS_MAX = 60;

/**
 * Starts on a new folder and kills the process before change number `step`. Returns whether it was killed before the
 * start completed.
 */
async function killedBefore(folder: string, step: number, twin: Record<string, string>): Promise<boolean> {
  const args = ['--import', here('cut-off.ts'), here('embedded-server-child.ts')];
  const child = spawn(process.execPath, [...args, JSON.stringify({ folder, settings: FAST })], {
    env: { ...SERVER_ENV, ...twin, CUT_BEFORE: String(step) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // The first line reports a completed start; stopping it is interrupted as well, or completes.
  child.stdout.once('data', () => child.stdin.write('stop\n'));
  const [code] = (await once(child, 'close')) as [number | null];
  return code === null;
}

/**
 * Returns why the folder cannot be opened as a shop that is complete, has a valid password and no leftovers; undefined
 * if it can.
 */
async function problemOf(folder: string): Promise<string | undefined> {
  try {
    await using server = await startEmbeddedPostgres({ folder, settings: FAST });
    assert.deepEqual(await query(server.url('postgres'), 'SELECT 1'), [1]);
    assert.ok(existsSync(join(folder, 'postgres.password')));
    assert.ok(!existsSync(join(folder, 'postgres', 'postgres.password')));
    assert.deepEqual(temporaryFolders(folder), []);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

test('a first start that is killed before any one of its changes can be repeated', async (t) => {
  let steps = 0;
  for (let step = 1; step <= STEPS_MAX; step++) {
    const folder = newFolder();
    if (!(await killedBefore(folder, step, {}))) break;
    assert.equal(await problemOf(folder), undefined, `killed before change ${step}`);
    steps = step;
  }
  t.diagnostic(`${steps} steps`);
  assert.ok(steps > 10 && steps < STEPS_MAX, `${steps} steps`);
});

test('known-bad twin: a start that writes the password first cannot be repeated after a kill', async () => {
  const problems: string[] = [];
  for (let step = 1; problems.length === 0 && step <= STEPS_MAX; step++) {
    const folder = newFolder();
    assert.ok(await killedBefore(folder, step, { PASSWORD_FIRST: '1' }), 'no step was found');
    const problem = await problemOf(folder);
    if (problem !== undefined) problems.push(problem);
  }
  assert.match(problems.join(), /has no database, but/);
});

test('a folder whose data folder is missing is rejected, and neither it nor its password is replaced', async () => {
  const folder = newFolder();
  const [dataDir, password] = [join(folder, 'postgres'), join(folder, 'postgres.password')];
  {
    await using server = await startEmbeddedPostgres({ folder, settings: FAST });
    await query(server.url('postgres'), 'CREATE TABLE kept AS SELECT 1 AS n');
  }
  const secret = readFileSync(password, 'utf8');
  renameSync(dataDir, `${dataDir}.moved`);
  const refusal = {
    name: 'StartError',
    message: new RegExp(`^${dataDir} has no database, but ${password} .*restore .*remove .*empty shop$`),
  };
  await assert.rejects(startEmbeddedPostgres({ folder, settings: FAST }), refusal);
  assert.ok(!existsSync(dataDir));
  // The mount point of an unmounted volume.
  mkdirSync(dataDir);
  await assert.rejects(startEmbeddedPostgres({ folder, settings: FAST }), refusal);
  assert.equal(readFileSync(password, 'utf8'), secret);
  assert.deepEqual(temporaryFolders(folder), []);
  rmSync(dataDir, { recursive: true });
  renameSync(`${dataDir}.moved`, dataDir);
  {
    await using restored = await startEmbeddedPostgres({ folder, settings: FAST });
    assert.deepEqual(await query(restored.url('postgres'), 'SELECT n FROM kept'), [1]);
  }
  // Known-bad twin: without the check for the password, an empty shop replaces the missing one.
  renameSync(dataDir, `${dataDir}.moved`);
  rmSync(password);
  await using empty = await startEmbeddedPostgres({ folder, settings: FAST });
  await assert.rejects(query(empty.url('postgres'), 'SELECT n FROM kept'), { code: '42P01' });
});

test('a start that fails in initdb leaves no password', async () => {
  const folder = newFolder();
  await assert.rejects(startEmbeddedPostgres({ folder, settings: FAST, startTimeoutMs: 1 }));
  assert.ok(!existsSync(join(folder, 'postgres.password')));
});

test('a data folder with files that are not a database is not modified', async () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'postgres'), { recursive: true });
  writeFileSync(join(folder, 'postgres', 'notes.txt'), 'mine');
  await assert.rejects(startEmbeddedPostgres({ folder, settings: FAST }), {
    name: 'StartError',
    message: /not a database: move them elsewhere/,
  });
  assert.equal(readFileSync(join(folder, 'postgres', 'notes.txt'), 'utf8'), 'mine');
});

test(
  'a folder in a file system that cannot contain it is rejected immediately',
  { skip: needsProc },
  async () => {
    for (const folder of ['/proc/x', '/proc/x/y', '/proc/self/fd/x'])
      await assertUnwritable(await startOwner({ folder }), folder);
    // Known-bad twin: mkdirSync with `recursive` loops until it is killed.
    const recursiveMkdir = `require('node:fs').mkdirSync('/proc/x', { recursive: true })`;
    const child = spawn(process.execPath, ['-e', recursiveMkdir], { timeout: 2_000, stdio: 'ignore' });
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    assert.deepEqual({ code, signal }, { code: null, signal: 'SIGTERM' });
  },
);
