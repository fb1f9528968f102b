import { PARTITIONS, type StoredMessage, type Subscription } from '#platform/events/event.ts';
import { handleRound } from '#platform/events/handle-round.ts';
import { partitionAfter, toStored, type EventRow } from '#platform/events/postgres-rows.ts';
import { repeat } from '#platform/events/repeat.ts';
import type { Logger } from '#platform/logger.ts';
import type { Database, Queryable, Statement } from '#platform/postgres/pool.ts';
import { leaseShards, type ShardLeases } from '#platform/postgres/shard-leases.ts';
import { pause } from '#platform/retry.ts';

/** The pause of a member when no messages wait. */
const IDLE_MS = 100;
/** The interval in which members rebalance the partitions: those of a dead member are taken over within this time. */
const REBALANCE_INTERVAL_MS = 1_000;
/** Maximum messages of one round, divided evenly among the partitions. */
const ROUND_SIZE_MAX = 2_000;

/** Partitions are released between rounds only, so none is lost during a round. */
const NEVER = new AbortController().signal;

const SPACE: Statement = { name: 'consumer_space', text: 'SELECT hashtext($1) AS space' };
const POSITIONS: Statement = {
  name: 'consumer_positions',
  text: 'SELECT topic, partition, position FROM consumer_position WHERE consumer_group = $1',
};
/** The oldest messages after the position of each partition that the member holds. */
const NEXT: Statement = {
  name: 'next_events',
  text: `
    SELECT e.position, e.topic, e.partition, e.key, e.ce_id, e.headers, e.value, e.appended_at
    FROM unnest($1::text[], $2::smallint[], $3::bigint[]) AS held(topic, partition, position)
    CROSS JOIN LATERAL (
      SELECT position, topic, partition, key, ce_id, headers, value::text AS value, appended_at
      FROM event WHERE ${partitionAfter('held.topic', 'held.partition', 'held.position', '$4')}
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
  { database, logger }: { database: Database; logger: Logger },
  subscription: Subscription,
): AsyncDisposable {
  const { group, topics } = subscription;
  return repeat(IDLE_MS, logger, `consuming as ${group}`, async (stop) => {
    await database.session(async (session) => {
      const [row] = await session.query<{ space: number }>(SPACE, [group]);
      const leases = await leaseShards(session, row?.space ?? 0, topics.length * PARTITIONS);
      const positions = new Positions(subscription);
      const serialize = createSerializer();
      let rebalancedAtMs = -Infinity;
      while (!stop.aborted) {
        if (performance.now() - rebalancedAtMs >= REBALANCE_INTERVAL_MS) {
          await leases.rebalance();
          await positions.follow(leases, session);
          rebalancedAtMs = performance.now();
        }
        const messages = await nextMessages(session, positions.held);
        if (messages.length === 0) {
          await pause(IDLE_MS, stop);
          continue;
        }
        await handleRound(messages, {
          subscription,
          logger,
          ended: stop,
          lossOf: () => NEVER,
          // Use the connection that holds the partitions: if it broke, another member may have taken them over.
          commit: (last) => serialize(() => positions.commit(last, session)),
        });
      }
    });
    return false;
  });
}

interface Position {
  readonly topic: string;
  readonly partition: number;
  /** The position of the last handled message; 0 if there is none. */
  readonly position: bigint;
}

/**
 * The positions of the partitions that the member holds. A position is read when the partition is acquired and then
 * kept here, because no other member changes it: the row is updated so often that reading it gets expensive while a
 * long transaction keeps its old versions.
 */
class Positions {
  readonly #subscription: Subscription;
  #held = new Map<number, Position>();

  constructor(subscription: Subscription) {
    this.#subscription = subscription;
  }

  get held(): Position[] {
    return [...this.#held.values()];
  }

  /**
   * Partition p of the t-th topic is shard t × PARTITIONS + p: the topics of a group must keep their order, and new
   * topics come last.
   */
  async follow({ held }: ShardLeases, session: Queryable): Promise<void> {
    const { group, topics } = this.#subscription;
    const isNew = [...held].some((shard) => !this.#held.has(shard));
    const stored = isNew ? await session.query<Position>(POSITIONS, [group]) : [];
    const positionOf = (shard: number): Position => {
      const known = this.#held.get(shard);
      if (known) return known;
      const topic = topics[Math.floor(shard / PARTITIONS)] ?? '';
      const partition = shard % PARTITIONS;
      const found = stored.find((each) => each.topic === topic && each.partition === partition);
      return found ?? { topic, partition, position: 0n };
    };
    this.#held = new Map(Array.from(held, (shard) => [shard, positionOf(shard)]));
  }

  async commit({ topic, partition, offset }: StoredMessage, session: Queryable): Promise<void> {
    const { group, topics } = this.#subscription;
    await session.query(COMMIT, [group, topic, partition, offset]);
    const shard = topics.indexOf(topic) * PARTITIONS + partition;
    this.#held.set(shard, { topic, partition, position: offset });
  }
}

async function nextMessages(session: Queryable, positions: readonly Position[]): Promise<StoredMessage[]> {
  if (positions.length === 0) return [];
  const rows = await session.query<EventRow>(NEXT, [
    positions.map(({ topic }) => topic),
    positions.map(({ partition }) => partition),
    positions.map(({ position }) => position),
    Math.ceil(ROUND_SIZE_MAX / positions.length),
  ]);
  return rows.map(toStored);
}

/** Serializes work: a connection runs one statement at a time. */
function createSerializer(): (work: () => Promise<unknown>) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  return async (work) => {
    const current = last.then(work);
    // The caller handles the error; the next work runs regardless.
    last = current.catch(() => {});
    await current;
  };
}
