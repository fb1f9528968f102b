import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import pg from 'pg';
import { spawnProgram, saying } from '#cmd/fritzy/test/program.ts';
import { assertDrained, CLIENTS, DRAIN_DELAY_MS, load, type Stop } from '#testkit/closed-loop.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { rawPost } from '#testkit/raw-client.ts';
import { eventually, postGraphQL } from '#testkit/shop.ts';

/** The shop in one process, stopped by a signal while 20 clients with keep-alive order and read. */
suite('make run, stopped under load', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    test(`${signal}: every request is answered, and every order that is stored was acknowledged`, async () => {
      await using postgres = await openTestPostgres();
      const urls = {
        ACCOUNT_DATABASE_URL: await postgres.createDatabase('account'),
        CATALOG_DATABASE_URL: await postgres.createDatabase('catalog'),
        ORDER_DATABASE_URL: await postgres.createDatabase('order'),
        EVENTS_URL: await postgres.createDatabase('events'),
      };
      await using program = spawnProgram('cmd/fritzy/main.ts', {
        ...urls,
        PORT: '0',
        LOG_LEVEL: 'warn',
        DRAIN_DELAY_MS: String(DRAIN_DELAY_MS),
      });
      const [, port] = await saying(program, /The shop is open: +http:\/\/localhost:(\d+)\/graphql/);
      const url = `http://127.0.0.1:${port}`;
      const idOf = async (query: string): Promise<string> => {
        const { data } = await postGraphQL(url, { query: `mutation { entity: ${query} { id } }` });
        return String(data.entity.id);
      };
      const accountId = await idOf('createAccount(account: { name: "A" })');
      const productId = await idOf('createProduct(product: { name: "P", description: "", price: 1 })');
      const requests = [
        '{ products { id name } }',
        `mutation { createOrder(order: { accountId: "${accountId}", products: [{ productId: "${productId}", quantity: 1 }] }) { id } }`,
      ].map((query) => rawPost(JSON.stringify({ query })));

      const stop: Stop = { atMs: undefined };
      let acknowledged = 0;
      const running = load(
        url,
        stop,
        (nr) => requests[nr % 2] ?? '',
        (body) => {
          assert.doesNotMatch(body, /"errors"/);
          if (body.includes('createOrder')) acknowledged += 1;
        },
      );
      await eventually(() => assert.ok(acknowledged >= 10 * CLIENTS), 30_000);
      stop.atMs = performance.now();
      program.signal(signal, 'group');
      assertDrained(await running);
      assert.equal(await program.ended, 0, program.stderr());
      assert.equal(program.stderr(), '');
      assert.equal(await storedOrders(urls.ORDER_DATABASE_URL), acknowledged);
    });
});

async function storedOrders(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM orders');
    return Number(rows[0]?.count);
  } finally {
    await client.end();
  }
}
