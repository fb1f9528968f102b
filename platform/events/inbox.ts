import { fileURLToPath } from 'node:url';
import { startConsumer, type ConsumerDeps, type ReceivedEvent } from '#platform/events/consumer.ts';
import { RETENTION_MS } from '#platform/events/event.ts';
import { repeat } from '#platform/events/repeat.ts';
import { setIndexOrder } from '#platform/postgres/index-order.ts';
import type { Database, Queryable, Statement } from '#platform/postgres/pool.ts';

export const INBOX_MIGRATIONS = fileURLToPath(new URL('./migrations/inbox', import.meta.url));

/** Longer than the retention of the event log, so that no event can be redelivered after its row is deleted. */
const INBOX_RETENTION_MS = RETENTION_MS + 86_400_000;
const DELETE_INTERVAL_MS = 600_000;
const DELETE_BATCH_MAX = 1_000;

/** Sorted, so that two members with the same events after a rebalance cannot deadlock. */
const INSERT: Statement = {
  name: 'insert_inbox',
  text: `
    INSERT INTO inbox (consumer, event_id)
    SELECT $1, event_id FROM (SELECT DISTINCT unnest($2::uuid[]) AS event_id ORDER BY 1) AS given
    ON CONFLICT DO NOTHING
    RETURNING event_id`,
};
const DELETE_OLD: Statement = {
  name: 'delete_old_inbox',
  text: `
    DELETE FROM inbox WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM inbox WHERE handled_at < $1 ORDER BY handled_at LIMIT ${DELETE_BATCH_MAX}))
    RETURNING event_id`,
};
const INDEX_ORDER = setIndexOrder('transaction');

/**
 * Consumes topics so that each event has its effect exactly once in `database`: the effect and the inbox row are one
 * transaction. `effect` receives the events that were not handled before, at least one, in order.
 */
export async function startInboxConsumer(
  deps: ConsumerDeps & { readonly database: Database },
  consumption: {
    readonly group: string;
    readonly topics: readonly string[];
    effect(tx: Queryable, events: readonly ReceivedEvent[]): Promise<void>;
  },
): Promise<AsyncDisposable> {
  const { group, topics, effect } = consumption;
  await using stack = new AsyncDisposableStack();
  stack.use(
    await startConsumer(deps, {
      group,
      topics,
      effect: (events) =>
        deps.database.transaction(async (tx) => {
          const rows = await tx.query<{ event_id: string }>(INSERT, [group, events.map(({ id }) => id)]);
          const fresh = new Set(rows.map((row) => row.event_id));
          // Deduplicate: an event that is twice in the log may be twice in the batch.
          const unhandled = events.filter(({ id }) => fresh.delete(id));
          if (unhandled.length > 0) await effect(tx, unhandled);
        }),
    }),
  );
  stack.use(
    repeat(DELETE_INTERVAL_MS, deps.logger, `deleting old inbox rows of ${group}`, async () => {
      const deleted = await deps.database.transaction(async (tx) => {
        await tx.query(INDEX_ORDER, []);
        return tx.query(DELETE_OLD, [new Date(deps.clock.now() - INBOX_RETENTION_MS)]);
      });
      return deleted.length === DELETE_BATCH_MAX;
    }),
  );
  const started = stack.move();
  return { [Symbol.asyncDispose]: () => started.disposeAsync() };
}
