import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { startAccount } from '#account/service.ts';
import { systemClock } from '#platform/clock.ts';
import { inProcess } from '#platform/rpc.ts';
import { assertOneTransaction, openServiceBench } from '#testkit/service-bench.ts';
import { fakeClock, testCall } from '#testkit/shop.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const clock = fakeClock();
const bench = await openServiceBench('account', stack, clock);
const { implementation } = await startAccount({ databaseUrl: bench.url }, bench.deps, stack);
const accounts = inProcess(implementation);

async function create(name: string): Promise<string> {
  return (await accounts.createAccount({ name }, testCall())).account?.id ?? '';
}

suite('renameAccount', () => {
  test('renameAccount sets the trimmed name and increments the version', async () => {
    const id = await create('Ann');
    const { account } = await accounts.renameAccount({ id, name: ' Anna ' }, testCall());
    assert.equal(account?.name, 'Anna');
    assert.equal(account.version, 2n);
    assert.deepEqual((await accounts.getAccount({ id }, testCall())).account, account);
  });

  test('renameAccount writes the exact account_renamed event in the transaction of the change', async () => {
    const id = await create('Ann');
    clock.advance(1_500);
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
    await accounts.renameAccount({ id, name: 'Anna' }, testCall({ traceparent }));
    const [, event, ...more] = await bench.outbox(id);
    assert.ok(event);
    assert.deepEqual(more, []);
    assert.deepEqual(
      [event.topic, event.event_type, event.version],
      ['account.events', 'account_renamed', 2],
    );
    assert.match(event.traceparent, /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-00$/);
    assert.equal(
      event.payload,
      `{"event_type":"account_renamed","account_id":"${id}","name":"Anna","timestamp":"2026-01-31T12:00:01.500Z"}`,
    );
    await assertOneTransaction(bench, { table: 'account', id, version: 2, events: 1 });
  });

  test('50 concurrent renames create 50 versions and 50 events in version order', async () => {
    const id = await create('Ann');
    const names = Array.from({ length: 50 }, (_, index) => `Ann ${index}`);
    const renamed = await Promise.all(
      names.map(async (name) => (await accounts.renameAccount({ id, name }, testCall())).account),
    );
    const nameOf = new Map(renamed.map((account) => [Number(account?.version), account?.name]));
    assert.equal(nameOf.size, 50);
    const events = (await bench.outbox(id)).slice(1);
    assert.deepEqual(
      events.map(({ version }) => version),
      Array.from({ length: 50 }, (_, index) => index + 2),
    );
    for (const { version, payload } of events)
      assert.equal((JSON.parse(payload) as { name: string }).name, nameOf.get(version));
  });

  test('NOT_FOUND on id: no such account, and nothing is written', async () => {
    const before = await bench.counts('account', 'outbox');
    await assert.rejects(accounts.renameAccount({ id: systemClock.newId(), name: 'Nobody' }, testCall()), {
      reason: 'NOT_FOUND',
      field: 'id',
    });
    assert.deepEqual(await bench.counts('account', 'outbox'), before);
  });

  for (const [field, input] of [
    ['id', { id: 'x', name: 'Ann' }],
    ['name', { name: ' ' }],
    ['name', { name: 'x'.repeat(201) }],
    ['name', { name: 'a\tb' }],
  ] as const) {
    test(`INVALID_ARGUMENT on ${field}, and nothing changes: ${JSON.stringify(input).slice(0, 24)}`, async () => {
      const id = await create('Ann');
      await assert.rejects(accounts.renameAccount({ id, ...input }, testCall()), {
        reason: 'INVALID_ARGUMENT',
        field,
      });
      assert.equal((await accounts.getAccount({ id }, testCall())).account?.version, 1n);
      assert.equal((await bench.outbox(id)).length, 1);
    });
  }

  test('an account is not renamed if the database rejects the event', async () => {
    await bench.rows(
      `ALTER TABLE outbox ADD CONSTRAINT no_mute CHECK (payload->>'name' IS DISTINCT FROM 'mute')`,
    );
    const id = await create('Ann');
    await assert.rejects(accounts.renameAccount({ id, name: 'mute' }, testCall()), { reason: 'INTERNAL' });
    assert.equal((await accounts.getAccount({ id }, testCall())).account?.name, 'Ann');
  });
});
