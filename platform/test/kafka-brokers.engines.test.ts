import assert from 'node:assert/strict';
import { after, before, suite, test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ProduceAcks, Producer, stringSerializers } from '@platformatic/kafka';
import { AppError } from '#platform/errors.ts';
import { missingEngine, startKafka, type TestKafka } from '#testkit/engines.ts';
import { openTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import { eventually } from '#testkit/shop.ts';
import { withoutInbox } from './effects.ts';
import { keysUpTo } from './event-log-contract.ts';
import {
  faultyCluster,
  openFlow,
  type FaultyCluster,
  type Flow,
  type FlowOptions,
  type WrapLog,
} from './event-flow.ts';

const skip = missingEngine('kafka', { own: true });
const WRITERS = 4;
const KEYS_EACH = 25;
/** The pause between two transactions of a writer, each with an event of all its keys: 1,000 events/s. */
const WRITE_INTERVAL_MS = 100;
const EVENTS_MIN = 20_000;
/** The guarantee: after the loss of a broker, events are acknowledged again within this time. */
const RESUMED_MS_MAX = 10_000;
/** The number of appends that prove that producing has resumed. */
const RESUMED_APPENDS = 50;

suite('Kafka with failing brokers', { skip }, () => {
  const stack = new AsyncDisposableStack();
  let kafka: TestKafka;
  let postgres: TestPostgres;
  let cluster: FaultyCluster;
  before(async () => {
    kafka = stack.use(await startKafka());
    postgres = stack.use(await openTestPostgres());
    cluster = faultyCluster(kafka);
  });
  after(() => stack.disposeAsync());

  /** Writes until `stop` fires and at least `eventsMin` events are written. */
  async function write(flow: Flow, eventsMin: number, stop: AbortSignal): Promise<void> {
    const writers = Array.from({ length: WRITERS }, async (_, writer) => {
      const keys = keysUpTo(KEYS_EACH).map((key) => `${writer}-${key}`);
      for (let round = 0; !stop.aborted || round * KEYS_EACH * WRITERS < eventsMin; round++) {
        await flow.write(keys);
        await delay(WRITE_INTERVAL_MS);
      }
    });
    await Promise.all(writers);
  }

  /**
   * Kills leading brokers, the first of which also coordinates the group; each is up again before the next is killed.
   * Returns the longest gap between acknowledgements, in ms.
   */
  async function killLeaders(flow: Flow, kills: number, t: TestContext): Promise<number> {
    let longestMs = 0;
    for (let kill = 1; kill <= kills; kill++) {
      const leaders = await cluster.leadersOf(flow.topic);
      const coordinator = await cluster.coordinatorOf(flow.topic);
      const victim = (kill === 1 && leaders.find(({ id }) => id === coordinator)) || leaders[0];
      assert.ok(victim, 'no broker leads');
      const before = flow.appends.acknowledgements;
      const killedMs = performance.now();
      await cluster.kill(victim.id);
      await eventually(
        () =>
          assert.ok(
            flow.appends.acknowledgements > before + RESUMED_APPENDS,
            'nothing is acknowledged any more',
          ),
        60_000,
      );
      // Ask the other brokers for the leaders: the killed broker was one and no longer is.
      const now = await cluster.leadersOf(flow.topic);
      assert.ok(!now.some(({ id }) => id === victim.id), `broker ${victim.id} still leads`);
      if (kill < kills) await cluster.allBack([flow.topic, '__consumer_offsets']);
      const gapMs = flow.appends.longestGapMs(killedMs, performance.now());
      t.diagnostic(
        `broker ${victim.id} killed, leader of ${victim.partitions} partitions` +
          `${victim.id === coordinator ? ' and coordinator of the group' : ''}: ` +
          `for ${Math.round(gapMs)} ms no event of some key was acknowledged`,
      );
      longestMs = Math.max(longestMs, gapMs);
    }
    return longestMs;
  }

  /** A broker may die after it has written and before it has responded. Simulate that once for each relay. */
  const losesAnAnswer: WrapLog = (log) => {
    let appends = 0;
    return {
      async append(messages) {
        await log.append(messages);
        appends += 1;
        if (appends === 10) throw new AppError('UNAVAILABLE', 'The response was lost.');
      },
    };
  };

  async function assertSurvivesKills(
    options: Omit<FlowOptions, 'kafka' | 'postgres' | 'wrapLog'> & { kills: number; eventsMin: number },
    t: TestContext,
  ): Promise<void> {
    await cluster.allBack([]);
    await using flow = await openFlow({ kafka, postgres, wrapLog: losesAnAnswer, ...options });
    const stop = new AbortController();
    const startedMs = performance.now();
    const writing = write(flow, options.eventsMin, stop.signal);
    let gapMs = 0;
    try {
      await eventually(async () => assert.ok((await flow.effects.of(flow.topic)).length > 0), 60_000);
      gapMs = await killLeaders(flow, options.kills, t);
    } finally {
      stop.abort();
      await writing;
    }
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    await flow.drained();
    const count = await flow.assertEffects();
    const onTheWire = (await Array.fromAsync(flow.log.read(flow.topic))).length;
    assert.ok(onTheWire > count, 'the log has no duplicates, so the inbox was not tested');
    t.diagnostic(
      `${count} events in ${seconds} s, ${flow.appends.failures} appends failed, ` +
        `${onTheWire - count} duplicates in the log, none in the effects`,
    );
    assert.ok(count >= options.eventsMin);
    assert.ok(gapMs <= RESUMED_MS_MAX, `producing resumed only after ${Math.round(gapMs)} ms`);
  }

  test('with two of three brokers killed in turn under load, no event is lost, duplicated or out of order, and events are acknowledged again within 10 s', async (t) => {
    await assertSurvivesKills({ kills: 2, eventsMin: EVENTS_MIN }, t);
  });

  test('known-bad twin: a consumer without an inbox is detected', async (t) => {
    const twin = assertSurvivesKills({ kills: 1, eventsMin: 0, consumer: withoutInbox }, t);
    await assert.rejects(twin, /duplicated/);
  });

  test('a broker that hangs with open connections stops events only until the other brokers exclude it', async (t) => {
    await cluster.allBack([]);
    await using flow = await openFlow({ kafka, postgres });
    const keys = keysUpTo(60);
    await flow.write(keys);
    await flow.drained();
    // The worst case: the broker is a leader, the group coordinator and a bootstrap broker.
    const coordinator = await cluster.coordinatorOf(flow.topic);
    const node = cluster.nodeOf(coordinator);
    node.pause();
    const pausedMs = performance.now();
    try {
      await flow.write(keys);
      await flow.drained();
      await flow.assertEffects();
      t.diagnostic(`handled ${Math.round(performance.now() - pausedMs)} ms after broker ${coordinator} node`);
    } finally {
      node.resume();
    }
  });

  /**
   * The two other brokers are paused, so that only the leader has the messages that it accepts; then the leader is
   * killed.
   */
  async function assertSurvivesLeaderAhead(wrapLog: WrapLog): Promise<void> {
    const keys = keysUpTo(60);
    await cluster.allBack([]);
    await using flow = await openFlow({ kafka, postgres, wrapLog });
    await flow.write(keys);
    // With a log that acknowledges early, the outbox is empty before the messages are readable.
    await eventually(flow.assertEffects, 60_000);
    // A restarted broker may return old leaders, and duplicates are counted once.
    await cluster.allBack([flow.topic]);
    const partitions = await cluster.partitionsOf([flow.topic]);
    const victim = partitions.map(({ leader }) => leader).find((leader) => leader > 0) ?? -1;
    const own = (await Array.fromAsync(flow.log.read(flow.topic)))
      .filter(({ partition }) => partitions[partition]?.leader === victim)
      .map(({ key }) => key);
    assert.ok(own.length > 0, `broker ${victim} leads no partition with messages`);
    const others = cluster.ids.filter((id) => id !== victim).map(cluster.nodeOf);
    for (const node of others) node.pause();
    try {
      // Waiting followers still receive the first of these; only the leader has the second.
      for (const _version of [2, 3]) {
        const { acknowledgements, failures } = flow.appends;
        await flow.write(own);
        await eventually(() => {
          const sinceMs = flow.appends.runningSinceMs ?? Infinity;
          const wasTried = flow.appends.failures > failures || performance.now() - sinceMs > 1_000;
          assert.ok(flow.appends.acknowledgements > acknowledgements || wasTried, 'no message is appended');
        });
      }
    } finally {
      await cluster.kill(victim);
      for (const node of others) node.resume();
    }
    await flow.drained();
    await flow.assertEffects();
  }

  test('messages that only the leader has are not acknowledged, so they survive its loss', async () => {
    await assertSurvivesLeaderAhead((log) => log);
  });

  test('known-bad twin: a log that acknowledges messages that only the leader has is detected', async () => {
    await assert.rejects(assertSurvivesLeaderAhead(acknowledgesTooEarly()), /lost/);
  });

  /** Known-bad twin: does not wait for the replicas. */
  function acknowledgesTooEarly(): WrapLog {
    const open = () =>
      new Producer({
        clientId: 'twin',
        bootstrapBrokers: kafka.brokers.map(({ port }) => `127.0.0.1:${port}`),
        acks: ProduceAcks.LEADER,
        serializers: stringSerializers,
        retries: 0,
        connectTimeout: 1_000,
        requestTimeout: 3_000,
        // It must not query the other brokers while they are paused.
        metadataMaxAge: 60_000,
      });
    // One producer for all relays: it knows the leaders before the others are paused, whichever relay published the
    // first events.
    let producer: ReturnType<typeof open> | undefined;
    stack.defer(() => producer?.close());
    return () => ({
      async append(messages) {
        producer ??= open();
        const used = producer;
        try {
          await used.send({ messages: [...messages] });
        } catch (error) {
          if (producer === used) producer = undefined;
          await used.close(true).catch(() => {});
          throw error;
        }
      },
    });
  }
});
