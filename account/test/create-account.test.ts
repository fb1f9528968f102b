import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { startAccount } from '#account/service.ts';
import { inProcess } from '#platform/rpc.ts';
import { assertOneTransaction, openServiceBench } from '#testkit/service-bench.ts';
import { fakeClock, testCall } from '#testkit/shop.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const clock = fakeClock();
const bench = await openServiceBench('account', stack, clock);
const { implementation } = await startAccount({ databaseUrl: bench.url }, bench.deps, stack);
const accounts = inProcess(implementation);

async function create(name: string): Promise<{ id: string; name: string }> {
  const { account } = await accounts.createAccount({ name }, testCall());
  assert.ok(account);
  return account;
}

suite('createAccount', () => {
  test('createAccount returns the new account with id, trimmed name, time and version 1', async () => {
    const { account } = await accounts.createAccount({ name: '  John Doe ' }, testCall());
    assert.ok(account?.createdAt);
    assert.match(account.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    assert.equal(account.name, 'John Doe');
    assert.equal(account.version, 1n);
    assert.equal(timestampDate(account.createdAt).getTime(), clock.now());
    assert.deepEqual((await accounts.getAccount({ id: account.id }, testCall())).account, account);
  });

  test('the name length counts characters, not UTF-16 units: 200 emoji are accepted, 201 letters are not', async () => {
    assert.equal((await create('😀'.repeat(200))).name, '😀'.repeat(200));
    await assert.rejects(create('x'.repeat(201)), { reason: 'INVALID_ARGUMENT', field: 'name' });
  });

  for (const [why, name] of [
    ['empty', ''],
    ['only spaces', '   '],
    ['with a NUL', 'John\u0000Doe'],
    ['with a line break', 'John\nDoe'],
    ['not well-formed', 'John\ud800'],
  ] as const) {
    test(`INVALID_ARGUMENT on name, and nothing is written: ${why}`, async () => {
      const before = await bench.counts('account', 'outbox');
      await assert.rejects(create(name), { reason: 'INVALID_ARGUMENT', field: 'name' });
      assert.deepEqual(await bench.counts('account', 'outbox'), before);
    });
  }

  test('createAccount writes the exact account_created event in the transaction of the account', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { account } = await accounts.createAccount({ name: 'Zoë "Z"' }, testCall({ traceparent }));
    assert.ok(account);
    const [event, ...more] = await bench.outbox(account.id);
    assert.ok(event);
    assert.deepEqual(more, []);
    assert.equal(event.topic, 'account.events');
    assert.equal(event.event_type, 'account_created');
    assert.equal(event.version, 1);
    assert.match(event.traceparent, /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    assert.equal(
      event.payload,
      `{"event_type":"account_created","account_id":"${account.id}","name":"Zoë \\"Z\\"","timestamp":"2026-01-31T12:00:00.000Z"}`,
    );
    await assertOneTransaction(bench, { table: 'account', id: account.id, version: 1, events: 1 });
  });

  test('known-bad twin: an event written after the commit of the account is detected', async () => {
    const id = clock.newId();
    await bench.rows('INSERT INTO account (id, name, created_at) VALUES ($1, $2, now())', [id, 'Late']);
    await bench.rows(
      `INSERT INTO outbox (event_id, topic, key, event_type, occurred_at, aggregate_version, traceparent, payload)
       VALUES ($1, 'account.events', $2, 'account_created', now(), 1, '', '{}')`,
      [clock.newId(), id],
    );
    await assert.rejects(assertOneTransaction(bench, { table: 'account', id, version: 1, events: 1 }), {
      name: 'AssertionError',
    });
  });

  test('200 concurrent calls share commits, and each returns its own account', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `Caller ${index}`);
    const created = await Promise.all(names.map(create));
    assert.deepEqual(
      created.map(({ name }) => name),
      names,
    );
    const [stored] = await bench.rows<{ accounts: number; commits: number }>(
      `SELECT count(*)::int AS accounts, count(DISTINCT xmin::text)::int AS commits
       FROM account WHERE id = ANY($1::uuid[])`,
      [created.map(({ id }) => id)],
    );
    assert.equal(stored?.accounts, 200);
    assert.ok(stored.commits < 20, `${stored.commits} commits for 200 concurrent accounts`);
  });

  test('an account that the database rejects does not fail the others of its group', async () => {
    await bench.rows(`ALTER TABLE account ADD CONSTRAINT no_poison CHECK (name <> 'poison')`);
    const before = await bench.counts('account', 'outbox');
    const names = ['Ann', 'Bob', 'poison', 'Cid'];
    const outcomes = await Promise.allSettled(names.map(create));
    assert.deepEqual(
      outcomes.map((outcome) =>
        outcome.status === 'fulfilled' ? outcome.value.name : (outcome.reason as { reason: string }).reason,
      ),
      ['Ann', 'Bob', 'INTERNAL', 'Cid'],
    );
    assert.deepEqual(
      await bench.counts('account', 'outbox'),
      before.map((count) => count + 3),
    );
  });

  test('an account is not created if the database rejects its event', async () => {
    await bench.rows(
      `ALTER TABLE outbox ADD CONSTRAINT no_mute CHECK (payload->>'name' IS DISTINCT FROM 'mute')`,
    );
    const before = await bench.counts('account', 'outbox');
    await assert.rejects(create('mute'), { reason: 'INTERNAL' });
    assert.deepEqual(await bench.counts('account', 'outbox'), before);
  });
});
