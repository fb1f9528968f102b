import { once } from 'node:events';
import { ProduceAcks, Producer, stringSerializers } from '@platformatic/kafka';
import { PAYLOAD, PAYLOAD_JSON, TRACEPARENT, type Progress } from '#bench/event-payload.ts';
import { systemClock } from '#platform/clock.ts';
import { brokersOf } from '#platform/events/events-url.ts';
import type { EventLog } from '#platform/events/event.ts';
import { kafkaCluster } from '#platform/events/kafka-cluster.ts';
import { startInboxConsumer } from '#platform/events/inbox.ts';
import { writeOutbox } from '#platform/events/outbox.ts';
import { startRelay } from '#platform/events/relay.ts';
import { createLogger } from '#platform/logger.ts';
import { openDatabase, type Statement } from '#platform/postgres/pool.ts';
import { openEventLog } from '#platform/service.ts';
import { createTelemetry } from '#platform/telemetry.ts';

/**
 * One process on the way of an event, for bench/events.ts, which forks it and ends it with SIGTERM:
 * node bench/event-worker.ts relay|consume|write|bare <Kafka URL> <database URL> <topic>
 */
const [role = '', eventsUrl = '', databaseUrl = '', topic = ''] = process.argv.slice(2);

const APPLY: Statement = {
  name: 'apply_effect',
  text: `
    INSERT INTO effect (key, version, total_price)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])`,
};
const WAITING: Statement = {
  name: 'outbox_waiting',
  text: 'SELECT count(*)::int AS waiting FROM outbox',
};
/** Events a transaction of the writer, as the group commit of orders makes them when many orders come at once. */
const WRITE_SIZE = 50;
/** The writer waits while the relay is so far behind: it shows the rate that all can hold, not how long the queue gets. */
const WAITING_MAX = 5_000;

// Without its parent it would go on for ever.
process.on('disconnect', () => process.exit());
const now = (): number => performance.timeOrigin + performance.now();
const tell = (progress: Progress): void => void process.send?.(progress);

async function relay(log: EventLog, stack: AsyncDisposableStack): Promise<void> {
  const own = await common(stack);
  stack.use(startRelay({ ...own, log, source: '/fritzy/bench', name: 'bench', now: systemClock.now }));
}

async function consume(log: EventLog, stack: AsyncDisposableStack): Promise<void> {
  const own = await common(stack);
  stack.use(
    await startInboxConsumer(
      { ...own, log, clock: systemClock },
      {
        group: `bench-${topic}`,
        topics: [topic],
        effect: async (tx, events) => {
          const prices = events.map(({ payload }) => (payload as typeof PAYLOAD).total_price);
          await tx.query(APPLY, [
            events.map(({ key }) => key),
            events.map(({ aggregateVersion }) => aggregateVersion),
            prices,
          ]);
        },
      },
    ),
  );
  const timer = setInterval(() => {
    void (async () => {
      const atMs = now();
      const { values } = await own.telemetry.consumedMessages.get();
      tell({ atMs, events: values.reduce((sum, { value }) => sum + value, 0) });
    })();
  }, 20);
  stack.defer(() => clearInterval(timer));
}

async function write(stop: AbortSignal, stack: AsyncDisposableStack): Promise<void> {
  const { database } = await common(stack);
  let waiting = 0;
  let written = 0;
  const lane = async (): Promise<void> => {
    while (!stop.aborted) {
      if (waiting > WAITING_MAX) {
        await new Promise((resolve) => void setTimeout(resolve, 10));
        continue;
      }
      const events = Array.from({ length: WRITE_SIZE }, () => ({
        id: systemClock.newId(),
        topic,
        key: systemClock.newId(),
        type: 'order_placed',
        occurredAt: new Date(),
        aggregateVersion: 1n,
        traceparent: TRACEPARENT,
        payload: PAYLOAD,
      }));
      await database.transaction((tx) => writeOutbox(tx, events));
      written += events.length;
    }
  };
  const looking = async (): Promise<void> => {
    while (!stop.aborted) {
      waiting = (await database.query<{ waiting: number }>(WAITING, []))[0]?.waiting ?? 0;
      await new Promise((resolve) => void setTimeout(resolve, 50));
    }
  };
  const lanes = Promise.all([lane(), lane(), looking()]);
  stack.defer(async () => {
    await lanes;
    tell({ atMs: now(), events: written });
  });
}

async function common(stack: AsyncDisposableStack) {
  const logger = await createLogger({ service: 'bench', level: 'error', format: 'json' });
  const telemetry = createTelemetry();
  const database = stack.use(openDatabase({ url: databaseUrl, name: 'bench', telemetry }));
  return { logger, telemetry, database };
}

/** The reference: the client of Kafka in a bare loop, the same messages, batches and guarantees, and nobody reads. */
async function bare(seconds: number): Promise<void> {
  const brokers = brokersOf(eventsUrl);
  const logger = await createLogger({ service: 'bench', level: 'error', format: 'json' });
  await kafkaCluster({ brokers, logger, newId: systemClock.newId }).ensureTopics([topic]);
  const producer = new Producer({
    clientId: 'fritzy-bench',
    bootstrapBrokers: brokers,
    idempotent: true,
    acks: ProduceAcks.ALL,
    serializers: stringSerializers,
  });
  const messages = Array.from({ length: 2_000 }, () => {
    const id = systemClock.newId();
    return {
      topic,
      key: systemClock.newId(),
      value: PAYLOAD_JSON,
      headers: {
        ce_specversion: '1.0',
        ce_id: id,
        ce_source: '/fritzy/bench',
        ce_type: 'fritzy.order_placed',
        ce_time: '2026-01-31T12:00:00.000Z',
        aggregate_version: '1',
        traceparent: TRACEPARENT,
      },
    };
  });
  const send = async (): Promise<unknown> => producer.send({ messages: messages.map((one) => ({ ...one })) });
  for (let nr = 0; nr < 5; nr++) await send();
  const startedAt = now();
  let events = 0;
  while (now() < startedAt + seconds * 1_000) {
    await send();
    events += messages.length;
  }
  tell({ atMs: now() - startedAt, events });
  await producer.close();
}

if (role === 'bare') {
  await bare(Number(databaseUrl));
  process.disconnect?.();
} else {
  await using stack = new AsyncDisposableStack();
  const stop = new AbortController();
  const logger = await createLogger({ service: 'bench', level: 'error', format: 'json' });
  const log = await openEventLog(
    eventsUrl,
    { logger, telemetry: createTelemetry(), clock: systemClock },
    stack,
  );
  if (role === 'relay') await relay(log, stack);
  if (role === 'consume') await consume(log, stack);
  if (role === 'write') await write(stop.signal, stack);
  await once(process, 'SIGTERM');
  stop.abort();
  await stack.disposeAsync();
  process.disconnect?.();
}
