import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { EventLog, Message } from '#platform/events/event.ts';
import { brokersOf } from '#platform/events/events-url.ts';
import { FindCoordinatorKeyTypes } from '@platformatic/kafka';
import { asAdmin, kafkaCluster } from '#platform/events/kafka-cluster.ts';
import { kafkaEventLog } from '#platform/events/kafka.ts';
import { systemClock } from '#platform/clock.ts';
import type { TestKafka } from '#testkit/engines.ts';
import type { TestPostgres } from '#testkit/postgres.ts';
import { eventually, memoryLogger } from '#testkit/shop.ts';
import { consumerDeps } from './consumer-contract.ts';
import { assertEffects, openEffects, withInbox, type StartEffects } from './effects.ts';
import { newTopic } from './event-log-contract.ts';
import { eventOf, openOutbox, realRelay } from './event-service.ts';

/** The complete flow of events through Kafka, from writers to effects, for tests that stop brokers. */

const RELAYS = 2;
const MEMBERS = 2;
/** The maximum time to drain after all brokers are up again. */
const DRAIN_MS_MAX = 120_000;

/** Wraps the log that the relays append to, so that a test can replace it with a known-bad one. */
export type WrapLog = (log: EventLog) => Pick<EventLog, 'append'>;

export interface FlowOptions {
  readonly kafka: TestKafka;
  readonly postgres: TestPostgres;
  readonly consumer?: StartEffects;
  readonly wrapLog?: WrapLog;
}

/** Records the appends of the relays. */
class Appends {
  /** The times at which messages of a key were acknowledged, by key; in ms of performance.now(). */
  readonly acknowledged = new Map<string, number[]>();
  readonly #running = new Set<{ readonly sinceMs: number }>();
  acknowledgements = 0;
  failures = 0;

  /** The start of the append that has run longest. */
  get runningSinceMs(): number | undefined {
    return this.#running.values().next().value?.sinceMs;
  }

  async watch(messages: readonly Message[], append: Promise<void>): Promise<void> {
    const own = { sinceMs: performance.now() };
    this.#running.add(own);
    try {
      await append;
    } catch (error) {
      this.failures += 1;
      throw error;
    } finally {
      this.#running.delete(own);
    }
    this.acknowledgements += 1;
    for (const key of new Set(messages.map(({ key }) => key))) {
      const times = this.acknowledged.get(key) ?? [];
      this.acknowledged.set(key, times);
      times.push(performance.now());
    }
  }

  /** The longest time without an acknowledgement for any key, in ms. */
  longestGapMs(fromMs: number, toMs: number): number {
    const gaps = Array.from(this.acknowledged.values(), (times) => {
      const within = [fromMs, ...times.filter((atMs) => atMs > fromMs && atMs < toMs), toMs];
      return Math.max(...within.slice(1).map((atMs, index) => atMs - (within[index] ?? fromMs)));
    });
    return Math.max(...gaps);
  }
}

/** An outbox, relays, Kafka, the members of a group and their effects, on a separate topic. */
export async function openFlow(options: FlowOptions) {
  await using stack = new AsyncDisposableStack();
  const effects = stack.use(await openEffects(options.postgres));
  const outbox = stack.use(await openOutbox(options.postgres));
  const topic = newTopic();
  const appends = new Appends();
  const openLog = () =>
    stack.use(
      kafkaEventLog({
        brokers: brokersOf(options.kafka.url),
        logger: memoryLogger().logger,
        newId: systemClock.newId,
      }),
    );
  const log = openLog();
  // A new cluster has no group coordinator yet.
  await eventually(() => log.lag(topic, [topic]), 60_000);
  for (let member = 0; member < MEMBERS; member++) {
    const start = options.consumer ?? withInbox;
    stack.use(await start(consumerDeps(openLog()), effects, { group: topic, topics: [topic] }));
  }
  const wrap = options.wrapLog ?? ((one) => one);
  for (let relay = 0; relay < RELAYS; relay++) {
    const own = wrap(openLog());
    const append = (messages: readonly Message[]) => appends.watch(messages, own.append(messages));
    stack.use(realRelay(outbox, { append }));
  }
  const written = new Map<string, number>();
  const flow = {
    topic,
    log,
    appends,
    effects,
    /** The last written version of each key. */
    written,
    /** Writes the next version of each key in one transaction. */
    async write(keys: readonly string[]): Promise<void> {
      const versions = keys.map((key) => (written.get(key) ?? 0) + 1);
      const events = keys.map((key, index) => ({ ...eventOf(key, versions[index] ?? 0), topic }));
      await outbox.write(...events);
      for (const [index, key] of keys.entries()) written.set(key, versions[index] ?? 0);
    },
    /** Waits until every written event is published and handled. */
    async drained(): Promise<void> {
      await eventually(
        async () => assert.equal(await outbox.waiting(), 0, 'events wait in the outbox'),
        DRAIN_MS_MAX,
      );
      await eventually(async () => {
        await delay(100);
        const lags = await log.lag(topic, [topic]);
        assert.ok(
          lags.every(({ messages }) => messages <= 0n),
          'events wait in Kafka',
        );
      }, DRAIN_MS_MAX);
    },
    /** Asserts the guarantee: each event has its effect once, in the order of its key. */
    async assertEffects(): Promise<number> {
      const all = await effects.of(topic);
      assertEffects(all, written);
      return all.length;
    },
  };
  const started = stack.move();
  return { ...flow, [Symbol.asyncDispose]: () => started.disposeAsync() };
}
export type Flow = Awaited<ReturnType<typeof openFlow>>;

/** A cluster whose brokers can be killed and restarted. */
export function faultyCluster(kafka: TestKafka) {
  const cluster = kafkaCluster({
    brokers: brokersOf(kafka.url),
    logger: memoryLogger().logger,
    newId: systemClock.newId,
  });
  const dead = new Set<number>();
  const nodeOf = (id: number) => {
    const node = kafka.brokers[id - 1];
    if (!node) throw new Error(`there is no broker ${id}`);
    return node;
  };
  const partitionsOf = (topics: readonly string[]) =>
    asAdmin(cluster, async (admin) => {
      const { topics: described } = await admin.metadata({ topics: [...topics], forceUpdate: true });
      return topics.flatMap((topic) => described.get(topic)?.partitions ?? []);
    });
  return {
    nodeOf,
    ids: kafka.brokers.map((_, index) => index + 1),
    partitionsOf,
    /** The brokers that lead partitions of the topic, sorted by their number, highest first. */
    async leadersOf(topic: string): Promise<{ id: number; partitions: number }[]> {
      const led = Map.groupBy(await partitionsOf([topic]), ({ leader }) => leader);
      const leaders = Array.from(led, ([id, { length }]) => ({ id, partitions: length }));
      return leaders.filter(({ id }) => id > 0).sort((one, other) => other.partitions - one.partitions);
    },
    /** The coordinator of a group, which stores its offsets. */
    coordinatorOf: (group: string): Promise<number> =>
      asAdmin(cluster, async (admin) => {
        const found = await admin.findCoordinator({ keyType: FindCoordinatorKeyTypes.GROUP, keys: [group] });
        return found[0]?.nodeId ?? -1;
      }),
    async kill(id: number): Promise<void> {
      dead.add(id);
      await nodeOf(id).kill();
    },
    /** Starts the killed brokers; resolves when all replicas are in sync. */
    async allBack(topics: readonly string[]): Promise<void> {
      await Promise.all([...dead].map((id) => nodeOf(id).start()));
      dead.clear();
      await eventually(async () => {
        await delay(100);
        const partitions = await partitionsOf(topics);
        assert.ok(
          partitions.every(({ isr }) => isr.length === kafka.brokers.length),
          'replicas are out of sync',
        );
      }, 120_000);
    },
  };
}
export type FaultyCluster = ReturnType<typeof faultyCluster>;
