import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { EventLog } from '#platform/events/event.ts';
import { writeOutbox } from '#platform/events/outbox.ts';
import { postgresEventLog } from '#platform/events/postgres.ts';
import type { Database, Queryable, Statement } from '#platform/postgres/pool.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { eventually, memoryLogger } from '#testkit/shop.ts';
import { eventOf, messageOf, namesOf, openLog, openOutbox, realRelay, type LogRow } from './event-service.ts';

const postgres = await openTestPostgres();
after(() => postgres[Symbol.asyncDispose]());

const SLEEP: Statement = { name: 'nap', text: 'SELECT pg_sleep(random() * 0.01)' };

/** The same database with slow commits, as on a loaded server. */
function slowToCommit(database: Database): Database {
  return {
    ...database,
    transaction: (work) =>
      database.transaction(async (tx) => {
        const result = await work(tx);
        await tx.query(SLEEP, []);
        return result;
      }),
  };
}

/** Reads from the last seen position until it is stopped. */
function followLog(next: (position: bigint) => Promise<LogRow[]>) {
  const seen: LogRow[] = [];
  let over = false;
  const loop = async (): Promise<LogRow[]> => {
    for (;;) {
      const last = over;
      const rows = await next(seen.at(-1)?.position ?? 0n);
      seen.push(...rows);
      if (last) return seen;
    }
  };
  const done = loop();
  return (): Promise<LogRow[]> => {
    over = true;
    return done;
  };
}

/** Concurrent appends and a reader that continues from its last position: it must receive all of them. */
async function assertReaderSeesAll(logOn: (database: Database) => Pick<EventLog, 'append'>): Promise<void> {
  await using log = await openLog(postgres);
  const target = logOn(slowToCommit(log.database));
  const finish = followLog(log.after);
  const appender = async (key: string): Promise<void> => {
    for (let version = 1; version <= 12; version += 2)
      await target.append([messageOf(key, version), messageOf(key, version + 1)]);
  };
  const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
  await Promise.all(keys.map(appender));
  const seen = await finish();
  for (const key of keys) {
    const versions = seen
      .filter((row) => row.key === key)
      .map((row) => Number(row.headers['aggregate_version']));
    assert.deepEqual(
      versions,
      Array.from({ length: 12 }, (_, index) => index + 1),
      'lost or out of order',
    );
  }
}

const logOn = (database: Database): EventLog =>
  postgresEventLog({ database, logger: memoryLogger().logger, now: Date.now });

/** Known-bad twin: the same log without the lock that makes positions follow the order of commits. */
function unlockedLog(database: Database): EventLog {
  const withoutLock = (tx: Queryable): Queryable => ({
    query: async (statement, values, signal) =>
      statement.name === 'lock_event_log' ? [] : tx.query(statement, values, signal),
  });
  return logOn({
    ...database,
    transaction: (work) => database.transaction((tx) => work(withoutLock(tx))),
  });
}

test('a reader that continues from its last position receives every event, in the order of its key', async () => {
  await assertReaderSeesAll(logOn);
  await assert.rejects(assertReaderSeesAll(unlockedLog), /lost or out of order/);
});

test('a rejected batch appends nothing', async () => {
  await using log = await openLog(postgres);
  const broken = { ...messageOf('a', 2), value: 'no JSON' };
  await assert.rejects(log.log.append([messageOf('a', 1), broken]), { code: '22P02' });
  assert.deepEqual(await log.after(0n), []);
});

const NEXT_VERSION: Statement = {
  name: 'next_version',
  text: `
    INSERT INTO thing (key, version) VALUES ($1, 1)
    ON CONFLICT (key) DO UPDATE SET version = thing.version + 1 RETURNING version`,
};

test('all events of concurrent writers in two services arrive, in version order per key', async () => {
  await using log = await openLog(postgres);
  await using first = await openOutbox(postgres);
  await using second = await openOutbox(postgres);
  const finish = followLog(log.after);
  const [writers, writes, keys] = [8, 20, ['a', 'b', 'c']];
  for (const outbox of [first, second]) {
    const text = 'CREATE TABLE thing (key text PRIMARY KEY, version integer NOT NULL)';
    await outbox.database.query({ name: 'create', text }, []);
  }
  await using _ = realRelay(first, log.log);
  await using __ = realRelay(second, log.log);
  await Promise.all(
    [first, second].flatMap((outbox, service) =>
      Array.from({ length: writers }, async (_, writer) => {
        for (let write = 0; write < writes; write++) {
          const key = `${keys[(writer + write) % keys.length]}${service}`;
          await slowToCommit(outbox.database).transaction(async (tx) => {
            const [row] = await tx.query<{ version: number }>(NEXT_VERSION, [key]);
            await writeOutbox(tx, [eventOf(key, row?.version ?? 0)]);
          });
        }
      }),
    ),
  );
  await eventually(async () => assert.equal((await first.waiting()) + (await second.waiting()), 0));
  const seen = await finish();
  assert.equal(seen.length, 2 * writers * writes);
  for (const [key, rows] of Map.groupBy(seen, (row) => row.key)) {
    assert.deepEqual(
      namesOf(rows),
      rows.map((_, index) => `${key}@${index + 1}`),
    );
  }
});
