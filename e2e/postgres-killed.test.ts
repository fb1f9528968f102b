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
import { createGoods, orderRequest, startLoad, type LoadRequest } from './load-clients.ts';

/** PostgreSQL breaks again and again under load: callers hear UNAVAILABLE, and of each INTERNAL the log has the rest. */

const CLIENTS = 16;
const ROUNDS = 6;
const DEADLINE_MS = 60_000;
/** What a caller may hear while the database comes and goes. */
const EXPECTED = new Set(['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'DEADLINE_EXCEEDED']);

interface Problem {
  readonly code: string;
  readonly requestId: string;
  readonly message: string;
}

/** The errors of answers that failed. */
function problemsOf(failures: readonly string[]): Problem[] {
  return failures.flatMap((failure) => {
    const { errors } = JSON.parse(failure.slice(failure.indexOf(' '))) as {
      errors: { message: string; extensions: { code: string; requestId: string } }[];
    };
    return errors.map(({ message, extensions: { code, requestId } }) => ({ code, requestId, message }));
  });
}

/** The guarantee: the log has an error with the request id of each INTERNAL. */
function assertLogged(problems: readonly Problem[], lines: readonly Record<string, unknown>[]): void {
  const logged = new Set(lines.filter(({ level }) => Number(level) >= 50).map((line) => line['request_id']));
  const silent = problems.filter(({ code, requestId }) => code === 'INTERNAL' && !logged.has(requestId));
  assert.deepEqual(silent, []);
}

/** A server whose postmaster can be killed, upon which another starts on the same data and port. */
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

/** Breaks connections: by a command that ends all, by killing one process, upon which all end, or the server itself. */
async function breakServer({ url, restart }: Killable, round: number): Promise<void> {
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
        assert.ok(rows[0], 'no statement is under way');
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
  const own = new AsyncDisposableStack();
  const shop = stack.use(await startTestShop({ link, postgres: testPostgresOn(server.url, own) }));
  const goods = await createGoods(shop.url);
  const requests: readonly ((count: number) => LoadRequest)[] = [
    (count) => orderRequest(goods, 1 + (count % 9), new Set()),
    () => ({ query: `{ accounts(id: "${goods.accountId}") { id orders { id totalPrice } } }` }),
    (count) => ({ query: `{ products(query: "nail ${count % 7}") { id name } }` }),
    (count) => ({ query: `mutation { createAccount(account: { name: "A ${count}" }) { id } }` }),
  ];
  const next = (client: number, count: number): LoadRequest =>
    requests[(client + count) % requests.length]?.(count) ?? assert.fail();
  const load = startLoad({ urls: [shop.url], clients: CLIENTS, refusedMax: 0, next });
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = load.tally.answered;
    await eventually(() => assert.ok(load.tally.answered > before + 4 * CLIENTS), DEADLINE_MS);
    await breakServer(server, round);
  }
  const before = load.tally.answered;
  await eventually(() => assert.ok(load.tally.answered > before + 4 * CLIENTS), DEADLINE_MS);
  const { answered, failures, resets } = await load.stop();
  return { answered, resets, problems: problemsOf(failures), lines: [...shop.logLines] };
}

suite('PostgreSQL is broken off under load', () => {
  for (const link of LINKS) {
    test(`${link}: no caller gets INTERNAL, and no connection is cut`, async (t) => {
      const { answered, problems, resets, lines } = await underLoad(link);
      t.diagnostic(`${answered} answered, ${problems.length} errors, ${ROUNDS} breaks`);
      assertLogged(problems, lines);
      assert.deepEqual(resets, []);
      assert.deepEqual(
        problems.filter(({ code }) => !EXPECTED.has(code)),
        [],
      );
      assert.notEqual(problems.length, 0, 'the breaks were felt');
    });
  }

  for (const link of LINKS) {
    test(`${link}: each INTERNAL has its line in the log, also where callers share a read`, async () => {
      await using shop = await startTestShop({ link });
      const { accountId } = await createGoods(shop.url);
      const client = new pg.Client({ connectionString: shop.databaseUrls.order });
      await client.connect();
      await client.query('ALTER TABLE orders RENAME TO hidden');
      await client.end();
      const next = (_: number, count: number): LoadRequest => ({
        query: `{ accounts(id: "${accountId}") { orders { id } } a: __typename ${count % 2 === 0 ? 'b: __typename' : ''} }`,
      });
      const load = startLoad({ urls: [shop.url], clients: CLIENTS, refusedMax: 0, next });
      await eventually(() => assert.ok(load.tally.failures.length > 4 * CLIENTS));
      const problems = problemsOf((await load.stop()).failures);
      assert.ok(problems.every(({ code }) => code === 'INTERNAL'));
      assertLogged(problems, shop.logLines);
      assert.throws(() => assertLogged(problems, []), 'known-bad twin: a log that misses lines');
    });
  }
});
