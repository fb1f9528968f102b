import { PARTITIONS, type StoredMessage, type Subscription } from '#platform/events/event.ts';
import { handleRound } from '#platform/events/handle-round.ts';
import { toStored, type EventRow } from '#platform/events/postgres-rows.ts';
import type { PostgresEventLogDeps } from '#platform/events/postgres.ts';
import { repeat, rest } from '#platform/events/repeat.ts';
import type { Queryable, Statement } from '#platform/postgres/pool.ts';
import { joinShares, type Shares } from '#platform/postgres/shares.ts';

/** How long a member rests when nothing waits. */
const IDLE_MS = 100;
/** How often members share the partitions anew: what a dead one held is taken over within that time. */
const SETTLE_MS = 1_000;
/** Messages of one round; each partition may fill its part of it. */
const ROUND_SIZE_MAX = 2_000;

/** Partitions are given back between rounds only: none is lost during one. */
const NEVER = new AbortController().signal;

const SPACE: Statement = { name: 'consumer_space', text: 'SELECT hashtext($1) AS space' };
/** The oldest unhandled messages of the partitions that the member holds. */
const NEXT: Statement = {
  name: 'next_events',
  text: `
    SELECT e.position, e.topic, e.partition, e.key, e.ce_id, e.headers, e.value, e.appended_at
    FROM unnest($2::text[], $3::smallint[]) AS held(topic, partition)
    CROSS JOIN LATERAL (
      SELECT position, topic, partition, key, ce_id, headers, value::text AS value, appended_at
      FROM event
      WHERE topic = held.topic AND partition = held.partition AND position > coalesce((
        SELECT position FROM consumer_position
        WHERE consumer_group = $1 AND topic = held.topic AND partition = held.partition), 0)
      ORDER BY position LIMIT $4
    ) AS e`,
};
const COMMIT: Statement = {
  name: 'commit_position',
  text: `
    INSERT INTO consumer_position (consumer_group, topic, partition, position)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET position = excluded.position`,
};

/** A member of a consumer group on the event log in PostgreSQL. */
export function consumeFromPostgres(
  { database, logger }: PostgresEventLogDeps,
  subscription: Subscription,
): AsyncDisposable {
  const { group, topics } = subscription;
  return repeat(IDLE_MS, logger, `consuming as ${group}`, async (stop) => {
    await database.session(async (session) => {
      const [row] = await session.query<{ space: number }>(SPACE, [group]);
      const shares = await joinShares(session, row?.space ?? 0, topics.length * PARTITIONS);
      const inTurn = oneByOne();
      let settledAtMs = -Infinity;
      while (!stop.aborted) {
        if (performance.now() - settledAtMs >= SETTLE_MS) {
          await shares.settle();
          settledAtMs = performance.now();
        }
        const messages = await nextMessages(session, subscription, shares);
        if (messages.length === 0) {
          await rest(IDLE_MS, stop);
          continue;
        }
        await handleRound(messages, {
          subscription,
          logger,
          ended: stop,
          lossOf: () => NEVER,
          // Through the connection that holds them: when it broke, another member may have gone on already.
          commit: ({ topic, partition, offset }) =>
            inTurn(() => session.query(COMMIT, [group, topic, partition, offset])),
        });
      }
    });
    return false;
  });
}

/** Partition p of the t-th topic is share t × PARTITIONS + p: a group's topics keep their order, new ones come last. */
async function nextMessages(
  session: Queryable,
  { group, topics }: Subscription,
  { held }: Shares,
): Promise<StoredMessage[]> {
  if (held.size === 0) return [];
  const shares = [...held];
  const rows = await session.query<EventRow>(NEXT, [
    group,
    shares.map((share) => topics[Math.floor(share / PARTITIONS)]),
    shares.map((share) => share % PARTITIONS),
    Math.ceil(ROUND_SIZE_MAX / held.size),
  ]);
  return rows.map(toStored);
}

/** Does what is asked for one after the other: a connection has one statement at a time. */
function oneByOne(): (work: () => Promise<unknown>) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  return async (work) => {
    const mine = last.then(work);
    // Its failure is the caller's business; who comes next goes on.
    last = mine.catch(() => {});
    await mine;
  };
}
