import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import pg from 'pg';
import { createBodyCache } from '#graphql/body-cache.ts';
import { createDocuments } from '#graphql/documents.ts';
import { answerGraphQL } from '#graphql/graphql-over-http.ts';
import { AppError } from '#platform/errors.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { memoryLogger, startTestShop, testCall, type TestShop } from '#testkit/shop.ts';

const QUERY = '{ accounts { id } }';

suite('an operation that fails as a whole', () => {
  let shop: TestShop;
  before(async () => {
    shop = await startTestShop({ requestTimeoutMs: 300 });
  });
  after(() => shop[Symbol.asyncDispose]());

  for (const [kind, document, late] of [
    ['query', QUERY, null],
    ['mutation', 'mutation { createAccount(account: { name: "Late" }) { id } }', { createAccount: null }],
  ] as const)
    test(`a ${kind} past its deadline is DEADLINE_EXCEEDED without an error in the log`, async () => {
      const client = new pg.Client({ connectionString: shop.databaseUrls.account });
      await client.connect();
      try {
        await client.query('BEGIN; LOCK TABLE account IN ACCESS EXCLUSIVE MODE');
        const { status, data, errors } = await shop.graphql(document);
        assert.equal(status, 200);
        assert.deepEqual(data, late);
        assert.deepEqual(
          errors?.map(({ extensions }) => extensions['code']),
          ['DEADLINE_EXCEEDED'],
        );
        assert.deepEqual(
          shop.logLines.filter(({ level }) => level === 50),
          [],
        );
      } finally {
        await client.end();
      }
    });

  /** Returns the response if the executor rejects, and the number of log lines with level error. */
  async function refusedWith(error: Error): Promise<{ body: string; errorLines: number }> {
    const { logger, lines } = memoryLogger();
    const telemetry = createTelemetry();
    const bodies = createBodyCache();
    const documents = createDocuments(2, telemetry, { onEvict: bodies.removeOperation });
    const failing = async (): Promise<never> => {
      throw error;
    };
    const deps = { documents, bodies, logger, telemetry, execute: failing };
    const body = Buffer.from(JSON.stringify({ query: QUERY }));
    const header = (name: string): string | undefined =>
      name === 'content-type' ? 'application/json' : undefined;
    const request = {
      method: 'POST',
      path: '/graphql',
      search: '',
      remoteAddress: '127.0.0.1',
      header,
      body,
      call: testCall(),
    };
    const answer = await answerGraphQL(deps, request);
    return { body: String(answer.body), errorLines: lines.filter(({ level }) => level === 50).length };
  }

  test('an overload is RESOURCE_EXHAUSTED without an error in the log', async () => {
    const { body, errorLines } = await refusedWith(
      new AppError('RESOURCE_EXHAUSTED', 'The server is overloaded.'),
    );
    assert.match(body, /"data":null.*"code":"RESOURCE_EXHAUSTED"/);
    assert.equal(errorLines, 0);
  });

  test('a bug is not reported as an expected failure', async () => {
    await assert.rejects(refusedWith(new Error('a bug')), /a bug/);
  });
});
