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
    if ('errors' in operation) throw new Error('the document is wrong');
    return operation;
  }

  /** Executes the page at once for many callers, each with its own variables; true if each got its own answer. */
  async function answersEachItsOwn(execute: ReturnType<typeof createExecutor>): Promise<boolean> {
    const operation = prepare();
    const all = await Promise.all(
      times((index) => execute(prepared(operation, { take: 1 + (index % 7) }), testCall())),
    );
    return all.every(
      ({ json = '' }, index) => JSON.parse(String(json)).data.accounts.length === 1 + (index % 7),
    );
  }

  test('a hundred equal queries at once are executed far less often, and all get the answer', async () => {
    const operation = prepare();
    const execute = createExecutor(shop.clients);
    shop.clearTrail();
    const all = await Promise.all(times(() => execute(prepared(operation, { take: 3 }), testCall())));
    assert.equal(new Set(all.map(({ json }) => json)).size, 1);
    assert.deepEqual(shop.trail.rpcs, ['listAccounts']);
  });

  test('callers with other variables get other answers; a key without the variables is caught', async () => {
    assert.equal(await answersEachItsOwn(createExecutor(shop.clients)), true);
    const careless = shareReads<{ prepared: Prepared; call: Call }, Executed>(
      (one) => String(one.prepared.operation.id),
      (one) => executeAlone(shop.clients, one.prepared, one.call),
    );
    assert.equal(await answersEachItsOwn((one, call) => careless({ prepared: one, call }, call)), false);
  });

  test('equal mutations at once are each done', async () => {
    const create = 'mutation { createAccount(account: { name: "Twin" }) { id } }';
    const all = await Promise.all(times(() => shop.graphql(create)));
    assert.equal(new Set(all.map(({ data }) => data.createAccount.id)).size, COUNT);
  });

  test('an error is told to each caller with its own request id', async () => {
    const wrong = '{ accounts(pagination: { take: 1000 }) { id } }';
    const all = await Promise.all(
      times((index) => shop.graphql(wrong, {}, { 'x-request-id': `caller-${index}` })),
    );
    for (const [index, { errors }] of all.entries()) {
      assert.equal(errors?.[0]?.extensions['code'], 'INVALID_ARGUMENT');
      assert.equal(errors?.[0]?.extensions['requestId'], `caller-${index}`);
    }
  });

  test('each caller of a shared query has its own deadline, and the last one gets the answer', async () => {
    const reading = Promise.withResolvers<void>();
    const accounts = {
      ...shop.clients.accounts,
      listAccounts: async (...request: Parameters<Clients['accounts']['listAccounts']>) => {
        await reading.promise;
        return shop.clients.accounts.listAccounts(...request);
      },
    };
    const execute = createExecutor({ ...shop.clients, accounts });
    const operation = prepare();
    const ask = (timeoutMs: number) => execute(prepared(operation, { take: 3 }), testCall({ timeoutMs }));
    const [hurried, patient] = [ask(50), ask(10_000)];
    await assert.rejects(hurried, { reason: 'DEADLINE_EXCEEDED' });
    reading.resolve();
    const { result } = await patient;
    assert.equal(result.errors, undefined);
    assert.ok(Array.isArray(result.data?.['accounts']));
  });

  test('a shared query is given up when the last of its callers has gone', async () => {
    const givenUp = Promise.withResolvers<string>();
    const accounts = {
      ...shop.clients.accounts,
      listAccounts: async (...[, call]: Parameters<Clients['accounts']['listAccounts']>) => {
        call.onAbort(({ reason }) => givenUp.resolve(reason));
        return new Promise<never>((_, reject) => call.onAbort(reject));
      },
    };
    const execute = createExecutor({ ...shop.clients, accounts });
    const operation = prepare();
    const all = [20, 60].map((timeoutMs) =>
      execute(prepared(operation, { take: 3 }), testCall({ timeoutMs })),
    );
    for (const one of all) await assert.rejects(one, { reason: 'DEADLINE_EXCEEDED' });
    assert.equal(await givenUp.promise, 'DEADLINE_EXCEEDED');
  });

  test('who reads after its own write was answered sees it, however many read the same meanwhile', async () => {
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
  const result = await operation.execute(new Context(clients, call), variables);
  return { result, json: JSON.stringify(result) };
}
