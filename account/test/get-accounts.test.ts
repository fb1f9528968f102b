import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { startAccount } from '#account/service.ts';
import { systemClock } from '#platform/clock.ts';
import { inProcess } from '#platform/rpc.ts';
import { openServiceBench } from '#testkit/service-bench.ts';
import { testCall } from '#testkit/shop.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const bench = await openServiceBench('account', stack);
const { implementation } = await startAccount({ databaseUrl: bench.url }, bench.deps, stack);
const accounts = inProcess(implementation);

async function create(name: string): Promise<string> {
  return (await accounts.createAccount({ name }, testCall())).account?.id ?? '';
}

async function batch(ids: readonly string[]): Promise<string[]> {
  const answer = await accounts.batchGetAccounts({ ids: [...ids] }, testCall());
  return answer.accounts.map((account) => account.id);
}

suite('getAccount', () => {
  test('getAccount accepts an id in lower and upper case', async () => {
    const id = await create('Ann');
    for (const spelling of [id, id.toUpperCase()])
      assert.equal((await accounts.getAccount({ id: spelling }, testCall())).account?.name, 'Ann');
  });

  test('NOT_FOUND on id: no such account', async () => {
    const id = systemClock.newId();
    await assert.rejects(accounts.getAccount({ id }, testCall()), {
      reason: 'NOT_FOUND',
      publicMessage: `There is no account ${id}.`,
      field: 'id',
    });
  });

  for (const id of ['', 'x', `${systemClock.newId()}0`, `{${systemClock.newId()}}`, "' OR 1=1 --"]) {
    test(`INVALID_ARGUMENT on id: ${JSON.stringify(id).slice(0, 12)} is not a UUID`, async () => {
      await assert.rejects(accounts.getAccount({ id }, testCall()), {
        reason: 'INVALID_ARGUMENT',
        field: 'id',
      });
    });
  }

  test('200 concurrent calls, half of them for unknown ids, each get their own result', async () => {
    const ids = await Promise.all(Array.from({ length: 100 }, (_, index) => create(`Caller ${index}`)));
    const requestedIds = ids.flatMap((id) => [id, systemClock.newId()]);
    const outcomes = await Promise.allSettled(
      requestedIds.map((id) => accounts.getAccount({ id }, testCall())),
    );
    for (const [index, outcome] of outcomes.entries()) {
      if (index % 2 === 1) assert.equal(outcome.status, 'rejected');
      else assert.equal(outcome.status === 'fulfilled' && outcome.value.account?.id, requestedIds[index]);
    }
  });
});

suite('batchGetAccounts', () => {
  test('batchGetAccounts returns each account once and omits unknown ids', async () => {
    const [ann, bob] = [await create('Ann'), await create('Bob')];
    const found = await batch([ann, systemClock.newId(), bob, ann, ann.toUpperCase()]);
    assert.deepEqual(found.toSorted(), [ann, bob].toSorted());
  });

  test('batchGetAccounts without ids returns no accounts', async () => {
    assert.deepEqual(await batch([]), []);
  });

  test('batchGetAccounts accepts 1,000 ids; INVALID_ARGUMENT on ids: 1,001', async () => {
    const ids = Array.from({ length: 1_001 }, systemClock.newId);
    assert.deepEqual(await batch(ids.slice(1)), []);
    await assert.rejects(batch(ids), { reason: 'INVALID_ARGUMENT', field: 'ids' });
  });

  test('INVALID_ARGUMENT names the id that is not a UUID', async () => {
    await assert.rejects(batch([systemClock.newId(), 'nobody']), {
      reason: 'INVALID_ARGUMENT',
      field: 'ids[1]',
    });
  });
});
