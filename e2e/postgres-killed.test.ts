import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import pg from 'pg';
import { startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';
import { findFreePorts } from '#testkit/free-ports.ts';
import { testPostgresOn } from '#testkit/postgres.ts';
import { eventually, LINKS, startTestShop, type LinkKind } from '#testkit/shop.ts';
import { createOrderFixtures, orderRequest, startLoad, type LoadRequest } from './load-clients.ts';

/** PostgreSQL fails repeatedly under load: callers get UNAVAILABLE, and the log has the details of each INTERNAL error. */

const CLIENTS = 16;
const ROUNDS = 6;
const DEADLINE_MS = 60_000;
/** The codes that callers may get while the database fails and recovers. */
const EXPECTED = new Set(['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'DEADLINE_EXCEEDED']);

interface Problem {
  readonly code: string;
  readonly requestId: string;
  readonly message: string;
}

/** The errors of failed answers. */
function problemsOf(failures: readonly string[]): Problem[] {
  return failures.flatMap((failure) => {
    const { errors } = JSON.parse(failure.slice(failure.indexOf(' '))) as {
      errors: { message: string; extensions: { code: string; requestId: string } }[];
    };
    return errors.map(({ message, extensions: { code, requestId } }) => ({ code, requestId, message }));
  });
}

/** The guarantee: the log has an error line with the request id of each INTERNAL error. */
function assertLogged(problems: readonly Problem[], lines: readonly Record<string, unknown>[]): void {
  const logged = new Set(lines.filter(({ level }) => Number(level) >= 50).map((line) => line['request_id']));
  const unlogged = problems.filter(({ code, requestId }) => code === 'INTERNAL' && !logged.has(requestId));
  assert.deepEqual(unlogged, []);
}

/** A server that `restart` kills and replaces by one with the same data and port. */
async function startKillable(stack: AsyncDisposableStack) {
  const folder = mkdtempSync(join(tmpdir(), 'fritzy-killed-'));
  const [port = 0] = await findFreePorts(1);
  const settings = { fsync: 'off', max_connections: '200' };
  const start = () => startEmbeddedPostgres({ folder, settings, findPort: async () => port });
  let server = await start();
  stack.defer(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    url: server.url('postgres'),
    restart: async (): Promise<void> => {
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
      await server.stop();
      server = await start();
    },
  };
}

type Killable = Awaited<ReturnType<typeof startKillable>>;

/** Breaks connections, by round: terminates them by SQL, kills one backend (which ends all of them), or kills the server. */
async function breakConnections({ url, restart }: Killable, round: number): Promise<void> {
  if (round % 3 === 2) {
    await restart();
    return;
  }
  await eventually(async () => {
    const admin = new pg.Client({ connectionString: url });
    admin.on('error', () => {});
    try {
      await admin.connect();
      const others = `FROM pg_stat_activity WHERE application_name LIKE 'fritzy-%' AND state = 'active'`;
      if (round % 3 === 0) await admin.query(`SELECT pg_terminate_backend(pid) ${others}`);
      else {
        const { rows } = await admin.query<{ pid: number }>(`SELECT pid ${others} LIMIT 1`);
        assert.ok(rows[0], 'no statement is running');
        process.kill(rows[0].pid, 'SIGKILL');
      }
    } finally {
      await admin.end().catch(() => {});
    }
  }, DEADLINE_MS);
}

async function underLoad(link: LinkKind) {
  await using stack = new AsyncDisposableStack();
  const server = await startKillable(stack);
  const databases = new AsyncDisposableStack();
  const shop = stack.use(await startTestShop({ link, postgres: testPostgresOn(server.url, databases) }));
  const fixtures = await createOrderFixtures(shop.url);
  const requests: readonly ((count: number) => LoadRequest)[] = [
    (count) => orderRequest(fixtures, 1 + (count % 9), new Set()),
    () => ({ query: `{ accounts(id: "${fixtures.accountId}") { id orders { id totalPrice } } }` }),
    (count) => ({ query: `{ products(query: "nail ${count % 7}") { id name } }` }),
    (count) => ({ query: `mutation { createAccount(account: { name: "A ${count}" }) { id } }` }),
  ];
  const next = (client: number, count: number): LoadRequest =>
    requests[(client + count) % requests.length]?.(count) ?? assert.fail();
  const load = startLoad({ urls: [shop.url], clients: CLIENTS, refusedMax: 0, next });
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = load.stats.answered;
    await eventually(() => assert.ok(load.stats.answered > before + 4 * CLIENTS), DEADLINE_MS);
    await breakConnections(server, round);
  }
  const before = load.stats.answered;
  await eventually(() => assert.ok(load.stats.answered > before + 4 * CLIENTS), DEADLINE_MS);
  const { answered, failures, resets } = await load.stop();
  return { answered, resets, problems: problemsOf(failures), lines: [...shop.logLines] };
}

suite('PostgreSQL connections break under load', () => {
  for (const link of LINKS) {
    test(`${link}: no caller gets INTERNAL, and no connection to a caller is reset`, async (t) => {
      const { answered, problems, resets, lines } = await underLoad(link);
      t.diagnostic(`${answered} answered, ${problems.length} errors, ${ROUNDS} breaks`);
      assertLogged(problems, lines);
      assert.deepEqual(resets, []);
      assert.deepEqual(
        problems.filter(({ code }) => !EXPECTED.has(code)),
        [],
      );
      assert.notEqual(problems.length, 0, 'the broken connections caused no errors');
    });
  }

  for (const link of LINKS) {
    test(`${link}: each INTERNAL error has a log line, also when callers share a read`, async () => {
      await using shop = await startTestShop({ link });
      const { accountId } = await createOrderFixtures(shop.url);
      const client = new pg.Client({ connectionString: shop.databaseUrls.order });
      await client.connect();
      await client.query('ALTER TABLE orders RENAME TO hidden');
      await client.end();
      const next = (_: number, count: number): LoadRequest => ({
        query: `{ accounts(id: "${accountId}") { orders { id } } a: __typename ${count % 2 === 0 ? 'b: __typename' : ''} }`,
      });
      const load = startLoad({ urls: [shop.url], clients: CLIENTS, refusedMax: 0, next });
      await eventually(() => assert.ok(load.stats.failures.length > 4 * CLIENTS));
      const problems = problemsOf((await load.stop()).failures);
      assert.ok(problems.every(({ code }) => code === 'INTERNAL'));
      assertLogged(problems, shop.logLines);
      assert.throws(() => assertLogged(problems, []), 'known-bad twin: a log without lines');
    });
  }
});
