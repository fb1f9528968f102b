import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { createDocuments, type Operation } from '#graphql/documents.ts';
import { createExecutor, type Executed, type Prepared } from '#graphql/execute.ts';
import type { Clients } from '#graphql/graph/clients.ts';
import { Context } from '#graphql/graph/context.ts';
import type { Call } from '#platform/call.ts';
import { shareReads } from '#platform/group.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { startTestShop, testCall, type TestShop } from '#testkit/shop.ts';

const COUNT = 100;
const PAGE = 'query Page($take: Int!) { accounts(pagination: { take: $take }) { id } }';

suite('shared execution of equal queries', () => {
  let shop: TestShop;
  before(async () => {
    shop = await startTestShop();
    for (let index = 0; index < 10; index++)
      await shop.graphql(`mutation { createAccount(account: { name: "A${index}" }) { id } }`);
  });
  after(() => shop[Symbol.asyncDispose]());

  const times = <T>(work: (index: number) => T): T[] =>
    Array.from({ length: COUNT }, (_, index) => work(index));

  function prepare(): Operation {
    const operation = createDocuments(2, createTelemetry()).prepare(PAGE, undefined);
    if ('errors' in operation) throw new Error('the document is invalid');
    return operation;
  }

  /** Executes the page for many concurrent callers with different variables. Returns whether each got its own result. */
  async function returnsOwnResults(execute: ReturnType<typeof createExecutor>): Promise<boolean> {
    const operation = prepare();
    const all = await Promise.all(
      times((index) => execute(prepared(operation, { take: 1 + (index % 7) }), testCall())),
    );
    return all.every(
      ({ json = '' }, index) => JSON.parse(String(json)).data.accounts.length === 1 + (index % 7),
    );
  }

  test('100 concurrent equal queries are executed once, and all callers get the result', async () => {
    const operation = prepare();
    const execute = createExecutor(shop.clients, 'open');
    shop.clearTrail();
    const all = await Promise.all(times(() => execute(prepared(operation, { take: 3 }), testCall())));
    assert.equal(new Set(all.map(({ json }) => json)).size, 1);
    assert.deepEqual(shop.trail.rpcs, ['listAccounts']);
  });

  test('callers with different variables get their own results; twin: a key without variables is caught', async () => {
    assert.equal(await returnsOwnResults(createExecutor(shop.clients, 'open')), true);
    const knownBad = shareReads<{ prepared: Prepared; call: Call }, Executed>(
      (one) => String(one.prepared.operation.id),
      (one) => executeAlone(shop.clients, one.prepared, one.call),
    );
    assert.equal(await returnsOwnResults((one, call) => knownBad({ prepared: one, call }, call)), false);
  });

  test('concurrent equal mutations are each executed', async () => {
    const create = 'mutation { createAccount(account: { name: "Twin" }) { id } }';
    const all = await Promise.all(times(() => shop.graphql(create)));
    assert.equal(new Set(all.map(({ data }) => data.createAccount.id)).size, COUNT);
  });

  test('each caller gets the error with its own request id', async () => {
    const invalid = '{ accounts(pagination: { take: 1000 }) { id } }';
    const all = await Promise.all(
      times((index) => shop.graphql(invalid, {}, { 'x-request-id': `caller-${index}` })),
    );
    for (const [index, { errors }] of all.entries()) {
      assert.equal(errors?.[0]?.extensions['code'], 'INVALID_ARGUMENT');
      assert.equal(errors?.[0]?.extensions['requestId'], `caller-${index}`);
    }
  });

  test('each caller of a shared query has its own deadline, and the last caller gets the result', async () => {
    const reading = Promise.withResolvers<void>();
    const accounts = {
      ...shop.clients.accounts,
      listAccounts: async (...request: Parameters<Clients['accounts']['listAccounts']>) => {
        await reading.promise;
        return shop.clients.accounts.listAccounts(...request);
      },
    };
    const execute = createExecutor({ ...shop.clients, accounts }, 'open');
    const operation = prepare();
    const ask = (timeoutMs: number) => execute(prepared(operation, { take: 3 }), testCall({ timeoutMs }));
    const [first, last] = [ask(50), ask(10_000)];
    await assert.rejects(first, { reason: 'DEADLINE_EXCEEDED' });
    reading.resolve();
    const { result } = await last;
    assert.equal(result.errors, undefined);
    assert.ok(Array.isArray(result.data?.['accounts']));
  });

  test('a shared query is aborted when its last caller has ended', async () => {
    const aborted = Promise.withResolvers<string>();
    const accounts = {
      ...shop.clients.accounts,
      listAccounts: async (...[, call]: Parameters<Clients['accounts']['listAccounts']>) => {
        call.onAbort(({ reason }) => aborted.resolve(reason));
        return new Promise<never>((_, reject) => call.onAbort(reject));
      },
    };
    const execute = createExecutor({ ...shop.clients, accounts }, 'open');
    const operation = prepare();
    const all = [20, 60].map((timeoutMs) =>
      execute(prepared(operation, { take: 3 }), testCall({ timeoutMs })),
    );
    for (const one of all) await assert.rejects(one, { reason: 'DEADLINE_EXCEEDED' });
    assert.equal(await aborted.promise, 'DEADLINE_EXCEEDED');
  });

  test('a caller reads its own write, regardless of concurrent equal reads', async () => {
    const newest = '{ accounts(pagination: { take: 100 }) { id } }';
    const reading = new AbortController();
    const crowd = Promise.all(
      Array.from({ length: 16 }, async () => {
        while (!reading.signal.aborted) await shop.graphql(newest);
      }),
    );
    for (let index = 0; index < 30; index++) {
      const { data } = await shop.graphql(
        `mutation { createAccount(account: { name: "W${index}" }) { id } }`,
      );
      const seen = await shop.graphql(newest);
      assert.ok(seen.data.accounts.some(({ id }: { id: string }) => id === data.createAccount.id));
    }
    reading.abort();
    await crowd;
  });
});

function prepared(operation: Operation, variables: Record<string, unknown>): Prepared {
  return { operation, variables, key: `${operation.id} ${JSON.stringify(variables)}` };
}

async function executeAlone(
  clients: Clients,
  { operation, variables }: Prepared,
  call: Call,
): Promise<Executed> {
  const result = await operation.execute(new Context(clients, call, { access: 'open' }), variables);
  return { result, json: JSON.stringify(result) };
}
