import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, suite, test } from 'node:test';
import {
  deleteOldKeys,
  findClaims,
  isKeyBusy,
  KEY_RETENTION_MS,
  storeClaim,
  storeClaims,
  type Claim,
} from '#platform/idempotency/keys.ts';
import { openDatabase, type Queryable } from '#platform/postgres/pool.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { eventually, fakeClock, memoryLogger } from '#testkit/shop.ts';

const claimOf = (key: string, answer = 'answer'): Claim => ({
  key: hash('sha256', key, 'buffer'),
  requestHash: hash('sha256', answer, 'buffer'),
  answer: Buffer.from(answer),
});

suite('idempotency keys in PostgreSQL', async () => {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());
  const postgres = stack.use(await openTestPostgres());
  const url = await postgres.createDatabase('account');
  const database = stack.use(openDatabase({ url, name: 'test', telemetry: createTelemetry() }));
  const { signal } = new AbortController();
  const isStored = async ({ key }: Claim): Promise<boolean> =>
    (await findClaims(database, [key], signal))[0] !== null;

  test('of claims with one key, in one transaction or in many, exactly one is stored', async () => {
    const claims = Array.from({ length: 20 }, (_, index) => claimOf('one', `answer ${index}`));
    const stored = await Promise.all(
      Array.from({ length: 5 }, (_, index) =>
        database.transaction((tx) => storeClaims(tx, claims.slice(4 * index, 4 * index + 4))),
      ),
    );
    const [first, ...others] = stored.flatMap((set) => Array.from(set));
    assert.ok(first);
    assert.deepEqual(others, []);
    const [found] = await findClaims(database, [first.key], signal);
    assert.equal(found?.answer.toString(), first.answer.toString());
  });

  test('a claim waits for the transaction that stores its key: its commit takes the key, its rollback frees it', async () => {
    for (const outcome of ['commit', 'rollback'] as const) {
      const claim = claimOf(`waiting for ${outcome}`);
      const held = Promise.withResolvers<void>();
      const end = Promise.withResolvers<void>();
      const first = database.transaction(async (tx) => {
        await storeClaim(tx, claim);
        held.resolve();
        await end.promise;
        if (outcome === 'rollback') throw new Error('the effect failed');
      });
      await held.promise;
      const second = database.transaction((tx) => storeClaim(tx, claim));
      end.resolve();
      if (outcome === 'commit') {
        await first;
        await assert.rejects(second, { reason: 'IDEMPOTENCY_IN_PROGRESS' });
      } else {
        await assert.rejects(first, /the effect failed/);
        await second;
      }
      assert.ok(await isStored(claim));
    }
  });

  /** Two transactions that store the same keys in opposite order. */
  async function storeCrosswise(store: (tx: Queryable, claims: readonly Claim[]) => Promise<unknown>) {
    const name = crypto.randomUUID();
    const claims = Array.from({ length: 200 }, (_, index) => claimOf(`${name} ${index}`));
    await Promise.all(
      [claims, claims.toReversed()].map((each) => database.transaction((tx) => store(tx, each))),
    );
  }

  test('transactions with the same keys in another order do not deadlock', async () => {
    for (let round = 0; round < 20; round++) await storeCrosswise(storeClaims);
  });

  test('known-bad twin: claims that are stored in the order of their requests deadlock', async () => {
    await assert.rejects(async () => {
      for (let round = 0; round < 20; round++)
        await storeCrosswise(async (tx, claims) => {
          for (const claim of claims) await storeClaims(tx, [claim]);
        });
    }, /deadlock detected|lock timeout/);
  });

  test('a claim does not wait for longer than two seconds', async () => {
    const claim = claimOf('busy');
    const held = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    const first = database.transaction(async (tx) => {
      await storeClaim(tx, claim);
      held.resolve();
      await end.promise;
    });
    await held.promise;
    const both = [claim, claimOf('free')];
    await assert.rejects(
      database.transaction((tx) => storeClaims(tx, both)),
      (error) => isKeyBusy(error),
    );
    end.resolve();
    await first;
  });

  test('keys are kept for 24 hours and then deleted', async () => {
    const nowMs = Date.now();
    const insertedAt = async (key: string, ageMs: number): Promise<Claim> => {
      const claim = claimOf(key);
      await database.transaction((tx) => storeClaim(tx, claim));
      await database.query(
        { name: 'age', text: 'UPDATE idempotency_key SET created_at = $2 WHERE key = $1' },
        [claim.key, new Date(nowMs - ageMs)],
      );
      return claim;
    };
    const old = await insertedAt('old', KEY_RETENTION_MS + 1);
    const kept = await insertedAt('kept', KEY_RETENTION_MS - 1);
    await using _deleting = deleteOldKeys({
      database,
      clock: fakeClock(nowMs),
      logger: memoryLogger().logger,
    });
    await eventually(async () => assert.equal(await isStored(old), false));
    assert.ok(await isStored(kept));
  });
});
