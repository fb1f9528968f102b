import { PARTITIONS, type StoredMessage, type Subscription } from '#platform/events/event.ts';
import { handleRound } from '#platform/events/handle-round.ts';
import { partitionBehind, toStored, type EventRow } from '#platform/events/postgres-rows.ts';
import { repeat } from '#platform/events/repeat.ts';
import type { Logger } from '#platform/logger.ts';
import type { Database, Queryable, Statement } from '#platform/postgres/pool.ts';
import { leaseShards, type ShardLeases } from '#platform/postgres/shard-leases.ts';
import { pause } from '#platform/retry.ts';

/** How long a member rests when nothing waits. */
const IDLE_MS = 100;
/** How often members share the partitions anew: what a dead one held is taken over within that time. */
const SETTLE_MS = 1_000;
/** Messages of one round; each partition may fill its part of it. */
const ROUND_SIZE_MAX = 2_000;

/** Partitions are given back between rounds only: none is lost during one. */
const NEVER = new AbortController().signal;

const SPACE: Statement = { name: 'consumer_space', text: 'SELECT hashtext($1) AS space' };
const POSITIONS: Statement = {
  name: 'consumer_positions',
  text: 'SELECT topic, partition, position FROM consumer_position WHERE consumer_group = $1',
};
/** The oldest messages behind a position in each of the partitions that the member holds. */
const NEXT: Statement = {
  name: 'next_events',
  text: `
    SELECT e.position, e.topic, e.partition, e.key, e.ce_id, e.headers, e.value, e.appended_at
    FROM unnest($1::text[], $2::smallint[], $3::bigint[]) AS held(topic, partition, position)
    CROSS JOIN LATERAL (
      SELECT position, topic, partition, key, ce_id, headers, value::text AS value, appended_at
      FROM event WHERE ${partitionBehind('held.topic', 'held.partition', 'held.position', '$4')}
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
      const places = new Places(subscription);
      const inTurn = oneByOne();
      let settledAtMs = -Infinity;
      while (!stop.aborted) {
        if (performance.now() - settledAtMs >= SETTLE_MS) {
          await leases.settle();
          await places.follow(leases, session);
          settledAtMs = performance.now();
        }
        const messages = await nextMessages(session, places.held);
        if (messages.length === 0) {
          await pause(IDLE_MS, stop);
          continue;
        }
        await handleRound(messages, {
          subscription,
          logger,
          ended: stop,
          lossOf: () => NEVER,
          // Through the connection that holds them: when it broke, another member may have gone on already.
          commit: (last) => inTurn(() => places.commit(last, session)),
        });
      }
    });
    return false;
  });
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  /** The position of the last message that was handled; 0 if none was. */
  readonly position: bigint;
}

/**
 * How far the partitions that the member holds are handled. It is read when a partition is taken and then kept here,
 * since no other member moves it: the row has been updated so often that reading it costs more and more while a long
 * transaction keeps its old versions.
 */
class Places {
  readonly #subscription: Subscription;
  #held = new Map<number, Place>();

  constructor(subscription: Subscription) {
    this.#subscription = subscription;
  }

  get held(): Place[] {
    return [...this.#held.values()];
  }

  /** Partition p of the t-th topic is shard t × PARTITIONS + p: a group's topics keep their order, new ones come last. */
  async follow({ held }: ShardLeases, session: Queryable): Promise<void> {
    const { group, topics } = this.#subscription;
    const isNew = [...held].some((shard) => !this.#held.has(shard));
    const stored = isNew ? await session.query<Place>(POSITIONS, [group]) : [];
    const placeOf = (shard: number): Place => {
      const known = this.#held.get(shard);
      if (known) return known;
      const topic = topics[Math.floor(shard / PARTITIONS)] ?? '';
      const partition = shard % PARTITIONS;
      const found = stored.find((one) => one.topic === topic && one.partition === partition);
      return found ?? { topic, partition, position: 0n };
    };
    this.#held = new Map(Array.from(held, (shard) => [shard, placeOf(shard)]));
  }

  async commit({ topic, partition, offset }: StoredMessage, session: Queryable): Promise<void> {
    const { group, topics } = this.#subscription;
    await session.query(COMMIT, [group, topic, partition, offset]);
    const shard = topics.indexOf(topic) * PARTITIONS + partition;
    this.#held.set(shard, { topic, partition, position: offset });
  }
}

async function nextMessages(session: Queryable, places: readonly Place[]): Promise<StoredMessage[]> {
  if (places.length === 0) return [];
  const rows = await session.query<EventRow>(NEXT, [
    places.map(({ topic }) => topic),
    places.map(({ partition }) => partition),
    places.map(({ position }) => position),
    Math.ceil(ROUND_SIZE_MAX / places.length),
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
