import assert from 'node:assert/strict';
import { startConsumer, type ConsumerDeps, type ReceivedEvent } from '#platform/events/consumer.ts';
import { startInboxConsumer } from '#platform/events/inbox.ts';
import { openDatabase, type Database, type Queryable, type Statement } from '#platform/postgres/pool.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import type { TestPostgres } from '#testkit/postgres.ts';

/** Consumers whose effects are rows, for tests that count and order them. */

const NEW_TABLE: Statement = {
  name: 'create_effect',
  text: `
    CREATE TABLE effect (
      nr bigint GENERATED ALWAYS AS IDENTITY, consumer text NOT NULL, key text NOT NULL, version bigint NOT NULL)`,
};
const APPLY: Statement = {
  name: 'apply_effect',
  text: `
    INSERT INTO effect (consumer, key, version)
    SELECT $1, key, version FROM unnest($2::text[], $3::bigint[]) WITH ORDINALITY AS e(key, version, nr) ORDER BY nr`,
};
const EFFECTS: Statement = {
  name: 'effects',
  text: 'SELECT key, version::int AS version FROM effect WHERE consumer = $1 ORDER BY nr',
};

/** A consumer's database: every applied event adds a row. */
export async function openEffects(postgres: TestPostgres) {
  const effects = effectsIn(await postgres.createDatabase('inbox'));
  await effects.database.query(NEW_TABLE, []);
  return effects;
}

/** The same database, opened by another process. */
export function effectsIn(url: string) {
  const database: Database = openDatabase({ url, name: 'test', telemetry: createTelemetry() });
  return {
    url,
    database,
    apply: async (tx: Queryable, consumer: string, events: readonly ReceivedEvent[]): Promise<void> => {
      const versions = events.map(({ aggregateVersion }) => aggregateVersion);
      await tx.query(APPLY, [consumer, events.map(({ key }) => key), versions]);
    },
    /** `key@version` in the order of the effects. */
    of: async (consumer: string): Promise<string[]> => {
      const rows = await database.query<{ key: string; version: number }>(EFFECTS, [consumer]);
      return rows.map(({ key, version }) => `${key}@${version}`);
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}
export type Effects = ReturnType<typeof effectsIn>;

/**
 * Asserts the guarantee: each event has its effect once, in the order of its key. `written` contains the last version
 * of each key.
 */
export function assertEffects(all: readonly string[], written: ReadonlyMap<string, number>): void {
  const versions = Map.groupBy(
    all.map((name) => name.split('@')),
    ([key]) => key,
  );
  for (const [key, last] of written) {
    const found = (versions.get(key) ?? []).map(([, version]) => Number(version));
    const expected = Array.from({ length: last }, (_, index) => index + 1);
    const lost = new Set(expected).difference(new Set(found));
    assert.equal(lost.size, 0, `lost: ${lost.size} of ${last} events of ${key}`);
    assert.equal(found.length, expected.length, `duplicated: effects of ${key}`);
    assert.deepEqual(found, expected, `out of order: effects of ${key}`);
  }
}

/** Starts a consumer whose effects are rows: the real one, or a known-bad twin. */
export type StartEffects = (
  deps: ConsumerDeps,
  effects: Effects,
  consumption: { group: string; topics: readonly string[]; before?: (event: ReceivedEvent) => void },
) => Promise<AsyncDisposable>;

export const withInbox: StartEffects = (deps, effects, { group, topics, before }) =>
  startInboxConsumer(
    { ...deps, database: effects.database },
    {
      group,
      topics,
      effect: (tx, events) => {
        for (const event of events) before?.(event);
        return effects.apply(tx, group, events);
      },
    },
  );

/** Known-bad twin: has no inbox, so a redelivered event has its effect again. */
export const withoutInbox: StartEffects = (deps, effects, { group, topics, before }) =>
  startConsumer(deps, {
    group,
    topics,
    effect: (events) => {
      for (const event of events) before?.(event);
      return effects.apply(effects.database, group, events);
    },
  });
