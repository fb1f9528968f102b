import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { spawnProgram } from '#cmd/fritzy/test/program.ts';
import { systemClock } from '#platform/clock.ts';
import { deadLetter } from '#platform/events/dead-letters.ts';
import type { StoredMessage } from '#platform/events/event.ts';
import { openEventLog } from '#platform/service.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { messageIn } from '#platform/test/event-log-contract.ts';
import { TRACEPARENT } from '#platform/test/event-service.ts';
import { traceIdOf } from '#platform/trace.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { memoryLogger } from '#testkit/shop.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PROGRAM = 'cmd/dlq/main.ts';
const TOPIC = 'order.created';
const postgres = await openTestPostgres();
after(() => postgres[Symbol.asyncDispose]());

async function run(command: string, env: Readonly<Record<string, string>>) {
  await using program = spawnProgram(PROGRAM, env, [command]);
  const status = await program.ended;
  return { status, text: program.stdout(), problem: program.stderr() };
}

/** An event log with one dead letter of the group `catalog-sales`, one hour old. */
async function logWithDeadLetter() {
  const stack = new AsyncDisposableStack();
  const url = await postgres.createDatabase('events');
  const deps = { logger: memoryLogger().logger, telemetry: createTelemetry(), clock: systemClock };
  const log = await openEventLog(url, deps, stack);
  const message = messageIn(TOPIC, 'order-1', 1);
  const stored: StoredMessage = { ...message, partition: 0, offset: 7n, appendedAt: new Date() };
  const cause = { group: 'catalog-sales', error: new Error('no such product'), attempts: 5 };
  await log.append([deadLetter(stored, { ...cause, now: new Date(Date.now() - 3_600_000) })]);
  return { url, log, message, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

suite('the dlq program', () => {
  test('lists dead letters with their cause and replays each once', async () => {
    await using given = await logWithDeadLetter();
    const env = { EVENTS_URL: given.url };
    const listed = await run('list', env);
    assert.equal(listed.status, 0, listed.problem);
    assert.match(
      listed.text,
      new RegExp(
        `pending .* order\\.created .* order-1 .*${given.message.id}  trace ${traceIdOf(TRACEPARENT)}`,
      ),
    );
    assert.match(listed.text, /catalog-sales, 5 attempts: no such product/);
    assert.match(listed.text, /1 dead letters are pending, 0 were replayed/);
    assert.match((await run('replay', { ...env, TOPIC, SINCE: '30m' })).text, /Nothing to replay/);
    assert.match(
      (await run('replay', { ...env, TOPIC, SINCE: '2h' })).text,
      /Replayed 1 dead letters to order\.created/,
    );
    assert.match((await run('replay', { ...env, TOPIC })).text, /Nothing to replay/);
    assert.match((await run('list', { ...env, TOPIC })).text, /0 dead letters are pending, 1 were replayed/);
    const messages = await Array.fromAsync(given.log.read(TOPIC));
    assert.deepEqual(
      messages.map(({ id, headers }) => [id, headers['fritzy_replay_group']]),
      [[given.message.id, 'catalog-sales']],
    );
  });

  for (const [what, command, env, problem] of [
    [
      'an unknown topic',
      'replay',
      { TOPIC: 'orders' },
      /TOPIC is "orders", but must be one of account\.events/,
    ],
    ['a replay without a topic', 'replay', {}, /TOPIC is missing: run make dlq-replay TOPIC=/],
    ['an invalid SINCE', 'list', { SINCE: 'yesterday' }, /SINCE is "yesterday", but must be a time such as/],
    ['an unknown command', 'purge', {}, /the command must be list or replay/],
    [
      'a start without an event log',
      'list',
      { EVENTS_URL: '', FRITZY_DATA: '/nonexistent' },
      /no event log found: start the shop/,
    ],
  ] as const)
    test(`rejects ${what}`, async () => {
      const url = await postgres.createDatabase('events');
      const ended = await run(command, { EVENTS_URL: url, ...env });
      assert.equal(ended.status, 1);
      assert.match(ended.problem, problem);
    });
});

suite('the operator commands of make', () => {
  /** The command line that make would run. */
  const commandOf = (target: string, folder: string): string =>
    execFileSync('make', ['--dry-run', target, `FRITZY_DATA=${folder}`], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
    });

  for (const target of ['dlq', 'dlq-replay', 'reindex', 'search-report'])
    test(`make ${target} sets the URLs of the engines only if no shop runs on FRITZY_DATA`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'fritzy-make-'));
      try {
        assert.match(commandOf(target, folder), /--env-file=scripts\/compose\.env/);
        mkdirSync(join(folder, 'postgres'));
        writeFileSync(join(folder, 'postgres', 'postmaster.pid'), '');
        assert.doesNotMatch(commandOf(target, folder), /--env-file/);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
});
