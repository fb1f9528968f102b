import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { GATEWAY, SERVICES } from '#cmd/services.ts';
import { failureLines, waitForOutput, spawnProgram } from '#cmd/fritzy/test/program.ts';
import { identityOf, isRunning, type ProcessRecord } from '#scripts/process-record.ts';
import { createShopDatabases, databaseEnvironment, openTestPostgres } from '#testkit/postgres.ts';
import { eventually, postGraphQL } from '#testkit/shop.ts';
import { startLoad, type LoadRequest } from './load-clients.ts';
import { placeOrder, RUN_ALL, runAllSettings, startAll } from './run-all-program.ts';

const STOP = 'scripts/stop.ts';
const NAMES = [...SERVICES, GATEWAY].map(({ name }) => name);
const DEADLINE_MS = 60_000;
/** A service starts in less than a second; the rest is for a machine that is busy with other tests. */
const BACK_MS = 8_000;
/** 5 s of waiting, and what it takes a busy machine to start a program. */
const NO_ENGINES_MS = 10_000;

const postgres = await openTestPostgres();
after(() => postgres[Symbol.asyncDispose]());
const urls = await createShopDatabases(postgres);
const databases = databaseEnvironment(urls);

function killRecorded(records: readonly ProcessRecord[]): void {
  for (const record of records) if (isRunning(record)) process.kill(record.pid, 'SIGKILL');
}

suite('make run-all', () => {
  test('each service is a process; a killed service is restarted with one log line; Ctrl-C stops all in order', async () => {
    using own = await runAllSettings(databases);
    await using program = await startAll(own);
    assert.equal(await placeOrder(own.url), 2399.98);
    const started = own.records();
    assert.deepEqual(
      started.map(({ name }) => name),
      ['run-all', ...NAMES],
    );
    assert.equal(new Set(started.map(({ pid }) => pid)).size, 5);
    for (const name of NAMES)
      assert.match(program.stdout(), new RegExp(`^\\[${name} *\\] \\{.*"serving"`, 'm'));

    const killed = own.record('account');
    process.kill(killed.pid, 'SIGKILL');
    await waitForOutput(
      program,
      /^--> account was killed by SIGKILL after \d+\.\d s: restarting immediately$/m,
    );
    await eventually(async () => {
      assert.notEqual(own.record('account').pid, killed.pid);
      assert.equal(await placeOrder(own.url), 2399.98);
    }, DEADLINE_MS);

    const running = own.records();
    assert.equal(running.filter(isRunning).length, 5);
    // As a terminal does it: to the whole process group, in which the services are not.
    program.signal('SIGINT', 'group');
    assert.equal(await program.ended, 0, program.stderr());
    assert.deepEqual(running.filter(isRunning), []);
    const stopped = Array.from(program.stdout().matchAll(/^--> (\w+) stopped$/gm), ([, name]) => name);
    assert.deepEqual(stopped, NAMES.toReversed());
    assert.equal(program.stderr(), '');
  });

  test('make stop ends it from elsewhere; a second make run-all is refused in a line', async () => {
    using own = await runAllSettings(databases);
    await using program = await startAll(own);
    const running = own.records();
    const [refused = ''] = await failureLines(RUN_ALL, own.env);
    assert.match(refused, new RegExp(`is in use by another Fritzy \\(pid ${program.pid}\\): stop it`));
    assert.equal(await placeOrder(own.url), 2399.98);

    await using stop = spawnProgram(STOP, own.env);
    assert.equal(await stop.ended, 0, stop.stderr());
    assert.equal(stop.stdout(), `stopped run-all (pid ${program.pid})\n`);
    assert.equal(await program.ended, 0, program.stderr());
    assert.deepEqual(running.filter(isRunning), []);
    await using again = spawnProgram(STOP, own.env);
    assert.equal(await again.ended, 0);
    assert.match(again.stdout(), /^nothing to stop/);
  });

  test('what a killed make run-all left is ended by make stop, and by the next make run-all', async () => {
    using own = await runAllSettings(databases);
    for (const how of ['make stop', 'make run-all'] as const) {
      await using program = await startAll(own);
      const running = own.records();
      try {
        program.signal('SIGKILL');
        await program.ended;
        const left = running.filter(isRunning);
        assert.equal(left.length, 4, 'known-bad twin: without stop there is something left');
        if (how === 'make stop') {
          await using stop = spawnProgram(STOP, own.env);
          assert.equal(await stop.ended, 0, stop.stderr());
          const names = Array.from(stop.stdout().matchAll(/^stopped (\w+) /gm), ([, name]) => name);
          assert.deepEqual(names, NAMES.toReversed());
        } else {
          await using next = await startAll(own);
          assert.equal(next.stdout().match(/, left running by a killed make run-all$/gm)?.length, 4);
          assert.equal(await placeOrder(own.url), 2399.98);
          next.signal('SIGTERM');
          assert.equal(await next.ended, 0);
        }
        assert.deepEqual(running.filter(isRunning), []);
      } finally {
        killRecorded(running);
      }
    }
  });

  test('a service that keeps failing at its start is abandoned with one log line; the others keep running', async () => {
    using own = await runAllSettings(databases);
    const url = new URL(urls.order);
    url.pathname = '/missing';
    const env = { ...own.env, ORDER_DATABASE_URL: url.href };
    await using program = spawnProgram(RUN_ALL, env);
    await waitForOutput(
      program,
      /^--> order exited with status 1 after .*, 5 times in a row: abandoned\. Fix the cause/m,
    );
    assert.equal(program.stdout().match(/^--> order exited .*: restarting immediately/gm)?.length, 1);
    assert.equal(program.stdout().match(/^--> order exited .*: restarting in/gm)?.length, 3);
    assert.match(
      program.stdout(),
      /^\[order *\] fritzy: cannot reach the database .*\/missing .*does not exist/m,
    );
    const { data } = await postGraphQL(own.url, { query: '{ products { id } }' });
    assert.ok(Array.isArray(data.products));
    program.signal('SIGINT');
    assert.equal(await program.ended, 1);
  });

  test('a killed service is back within seconds, under load', async (t) => {
    using own = await runAllSettings(databases);
    await using _ = await startAll(own);
    const query = 'mutation ($name: String!) { createAccount(account: { name: $name }) { id } }';
    const next = (client: number, count: number): LoadRequest => ({
      query,
      variables: { name: `${client} ${count}` },
    });
    const load = startLoad({ urls: [own.url], clients: 4, refusedMax: 0, next });
    await eventually(() => assert.ok(load.tally.answered > 50));
    const killed = own.record('account');
    const killedMs = performance.now();
    process.kill(killed.pid, 'SIGKILL');
    await eventually(() => assert.ok(!isRunning(killed)));
    const before = load.tally.answered;
    await eventually(() => assert.ok(load.tally.answered > before + 4), BACK_MS);
    const backMs = performance.now() - killedMs;
    const { failures, slowestMs } = await load.stop();
    t.diagnostic(
      `back after ${backMs.toFixed(0)} ms; ${failures.length} failures, the slowest took ${slowestMs.toFixed(0)} ms`,
    );
    assert.equal(await placeOrder(own.url), 2399.98);
    // Calls that were under way when the service was killed fail; later ones wait for it.
    for (const failure of failures) assert.match(failure, /"UNAVAILABLE"/);
  });

  test('without engines it says within 10 s what is missing and how to start it, and starts nothing', async () => {
    using own = await runAllSettings({
      ...databases,
      ORDER_DATABASE_URL: 'postgres://order:secret@127.0.0.1:1/order',
      EVENTS_URL: 'kafka://127.0.0.1:1,127.0.0.1:2',
      SEARCH_URL: 'http://127.0.0.1:3',
    });
    const startedMs = performance.now();
    const [line = '', ...more] = await failureLines(RUN_ALL, own.env);
    assert.ok(performance.now() - startedMs < NO_ENGINES_MS, `${performance.now() - startedMs} ms`);
    assert.equal(
      line,
      'nothing listens on 127.0.0.1:1 (ORDER_DATABASE_URL), 127.0.0.1:1,127.0.0.1:2 (EVENTS_URL), ' +
        '127.0.0.1:3 (SEARCH_URL): start the engines with make engines-up or docker-compose up -d, ' +
        'or set these variables to the URLs of your engines.',
    );
    assert.deepEqual(more, []);
  });

  test('Ctrl-C while it waits for engines ends it cleanly', async () => {
    using own = await runAllSettings({ ...databases, EVENTS_URL: 'kafka://127.0.0.1:1' });
    await using program = spawnProgram(RUN_ALL, own.env);
    await eventually(() =>
      assert.ok(existsSync(join(own.env['FRITZY_DATA'] ?? '', 'run-all', 'lock.owner'))),
    );
    program.signal('SIGINT');
    assert.equal(await program.ended, 0);
    assert.equal(program.stderr(), '');
  });

  test('settings that are wrong are reported together before anything is started', async () => {
    using own = await runAllSettings(databases);
    const lines = await failureLines(RUN_ALL, { ...own.env, PORT: '0', ACCOUNT_URL: 'http://127.0.0.1' });
    assert.deepEqual(
      lines.map((line) => line.split(' ')[0]).toSorted((a = '', b = '') => a.localeCompare(b)),
      ['ACCOUNT_URL', 'PORT'],
    );
  });

  test('make stop leaves a process alone that has the pid of one that ended', async () => {
    using own = await runAllSettings(databases);
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    try {
      await once(other, 'spawn');
      const pid = other.pid ?? 0;
      const folder = join(own.env['FRITZY_DATA'] ?? '', 'run-all');
      mkdirSync(folder, { recursive: true });
      // As of one that was started a tick earlier.
      const identity = identityOf(pid)?.replace(/\d+$/, (ticks) => String(Number(ticks) - 1));
      writeFileSync(join(folder, 'processes.json'), JSON.stringify([{ name: 'order', pid, identity }]));
      await using stop = spawnProgram(STOP, own.env);
      assert.equal(await stop.ended, 0, stop.stderr());
      assert.match(stop.stdout(), /^nothing to stop/);
      assert.ok(identityOf(pid), 'it still runs');

      // Known-bad twin: who goes by the pid alone ends it.
      const mistaken = { name: 'order', pid, identity: identityOf(pid) };
      writeFileSync(join(folder, 'processes.json'), JSON.stringify([mistaken]));
      await using wrong = spawnProgram(STOP, own.env);
      assert.equal(await wrong.ended, 0, wrong.stderr());
      assert.equal(identityOf(pid), undefined);
    } finally {
      other.kill('SIGKILL');
    }
  });
});
