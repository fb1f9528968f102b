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
/** A service starts in less than a second. The margin allows for a busy machine. */
const BACK_MS = 8_000;
/** The wait of 5 s, with a margin for program start on a busy machine. */
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
    // A terminal sends SIGINT to the process group, which does not include the services.
    program.signal('SIGINT', 'group');
    assert.equal(await program.ended, 0, program.stderr());
    assert.deepEqual(running.filter(isRunning), []);
    const stopped = Array.from(program.stdout().matchAll(/^--> (\w+) stopped$/gm), ([, name]) => name);
    assert.deepEqual(stopped, NAMES.toReversed());
    assert.equal(program.stderr(), '');
  });

  test('a second make run-all is rejected in one line; make stop ends the first one', async () => {
    using own = await runAllSettings(databases);
    await using program = await startAll(own);
    const running = own.records();
    const [rejection = ''] = await failureLines(RUN_ALL, own.env);
    assert.match(rejection, new RegExp(`is in use by another Fritzy \\(pid ${program.pid}\\): stop it`));
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

  test('make stop and the next make run-all end the processes that a killed make run-all left running', async () => {
    using own = await runAllSettings(databases);
    for (const command of ['make stop', 'make run-all'] as const) {
      await using program = await startAll(own);
      const running = own.records();
      try {
        program.signal('SIGKILL');
        await program.ended;
        const left = running.filter(isRunning);
        assert.equal(left.length, 4, 'known-bad twin: without a stop, four processes keep running');
        if (command === 'make stop') {
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

  test('a service killed under load is restarted within 8 s', async (t) => {
    using own = await runAllSettings(databases);
    await using _ = await startAll(own);
    const query = 'mutation ($name: String!) { createAccount(account: { name: $name }) { id } }';
    const next = (client: number, count: number): LoadRequest => ({
      query,
      variables: { name: `${client} ${count}` },
    });
    const load = startLoad({ urls: [own.url], clients: 4, refusedMax: 0, next });
    await eventually(() => assert.ok(load.stats.answered > 50));
    const killed = own.record('account');
    const killedMs = performance.now();
    process.kill(killed.pid, 'SIGKILL');
    await eventually(() => assert.ok(!isRunning(killed)));
    const before = load.stats.answered;
    await eventually(() => assert.ok(load.stats.answered > before + 4), BACK_MS);
    const backMs = performance.now() - killedMs;
    const { failures, slowestMs } = await load.stop();
    t.diagnostic(
      `back after ${backMs.toFixed(0)} ms; ${failures.length} failures, the slowest took ${slowestMs.toFixed(0)} ms`,
    );
    assert.equal(await placeOrder(own.url), 2399.98);
    // Calls in flight at the time of the kill fail; later calls wait for the restart.
    for (const failure of failures) assert.match(failure, /"UNAVAILABLE"/);
  });

  test('without engines, it reports the missing engines and how to start them within 10 s, and starts nothing', async () => {
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

  test('Ctrl-C while it waits for engines ends it with status 0', async () => {
    using own = await runAllSettings({ ...databases, EVENTS_URL: 'kafka://127.0.0.1:1' });
    await using program = spawnProgram(RUN_ALL, own.env);
    await eventually(() =>
      assert.ok(existsSync(join(own.env['FRITZY_DATA'] ?? '', 'run-all', 'lock.owner'))),
    );
    program.signal('SIGINT');
    assert.equal(await program.ended, 0);
    assert.equal(program.stderr(), '');
  });

  test('invalid settings are reported together before any service starts', async () => {
    using own = await runAllSettings(databases);
    const lines = await failureLines(RUN_ALL, { ...own.env, PORT: '0', ACCOUNT_URL: 'http://127.0.0.1' });
    assert.deepEqual(
      lines.map((line) => line.split(' ')[0]).toSorted((a = '', b = '') => a.localeCompare(b)),
      ['ACCOUNT_URL', 'PORT'],
    );
  });

  test('make stop does not end an unrelated process that has reused a recorded pid', async () => {
    using own = await runAllSettings(databases);
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    try {
      await once(other, 'spawn');
      const pid = other.pid ?? 0;
      const folder = join(own.env['FRITZY_DATA'] ?? '', 'run-all');
      mkdirSync(folder, { recursive: true });
      // The record of a process with the same pid that started one tick earlier.
      const identity = identityOf(pid)?.replace(/\d+$/, (ticks) => String(Number(ticks) - 1));
      writeFileSync(join(folder, 'processes.json'), JSON.stringify([{ name: 'order', pid, identity }]));
      await using stop = spawnProgram(STOP, own.env);
      assert.equal(await stop.ended, 0, stop.stderr());
      assert.match(stop.stdout(), /^nothing to stop/);
      assert.ok(identityOf(pid), 'the process still runs');

      // Known-bad twin: with a matching identity, make stop ends the process.
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
