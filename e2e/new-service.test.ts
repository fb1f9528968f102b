import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { failureLines, waitForOutput, spawnProgram, type Program } from '#cmd/fritzy/test/program.ts';
import { connectEcho } from '#platform/test/echo-service.ts';
import { findFreePorts } from '#testkit/free-ports.ts';
import { createShopDatabases, databaseEnvironment, openTestPostgres } from '#testkit/postgres.ts';
import { eventually, testCall } from '#testkit/shop.ts';
import { placeOrder, RUN_ALL, runAllSettings } from './run-all-program.ts';

/** A new service is one folder and one line of the table: shown with a copy of the project that has both. */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = fileURLToPath(new URL('./new-service/wishlist', import.meta.url));
const LINE = readFileSync(new URL('./new-service/line.txt', import.meta.url), 'utf8');
const NOT_COPIED = new Set(['node_modules', '.git', '.fritzy']);

/** A copy of the project with the folder, and with the line if it is wanted. It is removed after the tests. */
function projectWith({ line }: { line: boolean }): string {
  const root = mkdtempSync(join(tmpdir(), 'fritzy-project-'));
  after(() => rmSync(root, { recursive: true, force: true }));
  cpSync(ROOT, root, { recursive: true, filter: (path) => !NOT_COPIED.has(basename(path)) });
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  cpSync(FOLDER, join(root, 'wishlist'), { recursive: true });
  const table = join(root, 'cmd/services.ts');
  const text = readFileSync(table, 'utf8');
  const end = /^\] as const satisfies/m;
  assert.match(text, end);
  if (line)
    writeFileSync(
      table,
      text.replace(end, (found) => `${LINE}${found}`),
    );
  return root;
}

const postgres = await openTestPostgres();
after(() => postgres[Symbol.asyncDispose]());
const withLine = projectWith({ line: true });
const withoutLine = projectWith({ line: false });

/** The settings of a shop on databases of its own; that of the new service is empty. */
async function databases(): Promise<Record<string, string>> {
  const wishlist = await postgres.createDatabase('empty');
  const shop = databaseEnvironment(await createShopDatabases(postgres));
  return { ...shop, WISHLIST_DATABASE_URL: wishlist };
}

async function migrate(root: string): Promise<{ status: number | string; rows: string[] }> {
  const env = { ...(await databases()), MIGRATE_WAIT_MS: '0' };
  await using program = spawnProgram('cmd/migrate/main.ts', env, ['up'], { root });
  const status = await program.ended;
  return { status, rows: program.stdout().trimEnd().split('\n').slice(1) };
}

/** What the service answers: its own setting, and what it read from a service that it calls. */
async function ask(url: string): Promise<string> {
  await using connection = connectEcho(url);
  const { reason, domain } = await connection.client.ask({}, testCall());
  return `${reason}, ${domain}`;
}

suite('a new service is one folder and one line', () => {
  test('migrate makes its tables after those of the services above it', async () => {
    const { status, rows } = await migrate(withLine);
    assert.equal(status, 0);
    assert.deepEqual(
      rows.map((row) => row.split(' ')[0]),
      ['account', 'catalog', 'order', 'wishlist', 'events'],
    );
    assert.match(rows[3] ?? '', / 0 +applied .*outbox\/0001_outbox, .*wishlist\/0001_wishlist \(/);
  });

  test('make run-all runs it with its settings and ports, and stops it before the services that it calls', async () => {
    using own = await runAllSettings(await databases());
    const [port, adminPort] = await findFreePorts(2);
    const url = `grpc://127.0.0.1:${port}`;
    const settings = { WISHLIST_URL: url, WISHLIST_ADMIN_PORT: String(adminPort), WISHES_MAX: '7' };
    await using program = spawnProgram(RUN_ALL, { ...own.env, ...settings }, [], { root: withLine });
    await waitForOutput(program, /Fritzy is running/);
    assert.equal(await placeOrder(own.url), 2399.98);
    assert.equal(await ask(url), 'at most 7 wishes, 1 accounts');
    assert.equal((await fetch(`http://127.0.0.1:${adminPort}/readyz`)).status, 200);
    program.signal('SIGINT');
    assert.equal(await program.ended, 0, program.stderr());
    const stopped = Array.from(program.stdout().matchAll(/^--> (\w+) stopped$/gm), ([, name]) => name);
    assert.deepEqual(stopped, ['graphql', 'wishlist', 'order', 'catalog', 'account']);
  });

  test('the container runs it', async () => {
    const env = {
      ...(await databases()),
      LISTEN: '127.0.0.1:0',
      ADMIN_PORT: '0',
      ACCOUNT_URL: 'grpc://127.0.0.1:1',
    };
    await using program: Program = spawnProgram('cmd/container/main.ts', env, ['wishlist'], {
      root: withLine,
    });
    await waitForOutput(program, /"service\.name":"wishlist".*"serving"/);
  });

  test('make run has it in its one process', async () => {
    const env = { ...(await databases()), PORT: '0' };
    await using program = spawnProgram('cmd/fritzy/main.ts', env, [], { root: withLine });
    const [, url] = await waitForOutput(program, /Fritzy is running: +(http:\/\/localhost:\d+)\/graphql/);
    // Its relay works on its database.
    await eventually(async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      assert.ok(metrics.includes('db_namespace="wishlist"'));
    });
  });

  test('its topics are among those that migrate makes and whose dead letters are looked after', async () => {
    const env = { ...(await databases()), TOPIC: 'wishlist.events' };
    await using program = spawnProgram('cmd/dlq/main.ts', env, ['list'], { root: withLine });
    assert.equal(await program.ended, 0, program.stderr());
    assert.equal(program.stdout(), '0 dead letters are pending, 0 were replayed.\n');
  });

  test('known-bad twin: without the line nothing knows the folder', async () => {
    const { rows } = await migrate(withoutLine);
    assert.deepEqual(
      rows.map((row) => row.split(' ')[0]),
      ['account', 'catalog', 'order', 'events'],
    );
    const options = { root: withoutLine };
    const [unknown = ''] = await failureLines('cmd/container/main.ts', {}, ['wishlist'], options);
    assert.match(unknown, /^the first argument must be one of account, /);
    const env = { ...(await databases()), TOPIC: 'wishlist.events' };
    const [topic = ''] = await failureLines('cmd/dlq/main.ts', env, ['list'], options);
    assert.match(topic, /^TOPIC is "wishlist\.events", but must be one of /);
  });
});
