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
 * One process of the event pipeline. bench/events.ts forks it and stops it with SIGTERM:
 * node bench/event-worker.ts relay|consume|write|bare <Kafka URL> <database URL> <topic>
 */
const [role = '', eventsUrl = '', databaseUrl = '', topic = ''] = process.argv.slice(2);

const APPLY: Statement = {
  name: 'apply_effect',
  text: `
    INSERT INTO effect (key, version, total_price)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])`,
};
const COUNT_PENDING: Statement = {
  name: 'outbox_pending',
  text: 'SELECT count(*)::int AS pending FROM outbox',
};
/** Events per transaction of the writer, similar to the group commit of orders under load. */
const WRITE_SIZE = 50;
/** The writer pauses while the outbox is longer, so that the bench measures the sustainable rate and not the backlog. */
const PENDING_MAX = 5_000;

// Without its parent, the process would never exit.
process.on('disconnect', () => process.exit());
const now = (): number => performance.timeOrigin + performance.now();
const report = (progress: Progress): void => void process.send?.(progress);

async function relay(log: EventLog, stack: AsyncDisposableStack): Promise<void> {
  const deps = await common(stack);
  stack.use(startRelay({ ...deps, log, source: '/fritzy/bench', name: 'bench', now: systemClock.now }));
}

async function consume(log: EventLog, stack: AsyncDisposableStack): Promise<void> {
  const deps = await common(stack);
  stack.use(
    await startInboxConsumer(
      { ...deps, log, clock: systemClock },
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
      const { values } = await deps.telemetry.consumedMessages.get();
      report({ atMs, events: values.reduce((sum, { value }) => sum + value, 0) });
    })();
  }, 20);
  stack.defer(() => clearInterval(timer));
}

async function write(stop: AbortSignal, stack: AsyncDisposableStack): Promise<void> {
  const { database } = await common(stack);
  let pending = 0;
  let written = 0;
  const writeLoop = async (): Promise<void> => {
    while (!stop.aborted) {
      if (pending > PENDING_MAX) {
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
  const pollPending = async (): Promise<void> => {
    while (!stop.aborted) {
      pending = (await database.query<{ pending: number }>(COUNT_PENDING, []))[0]?.pending ?? 0;
      await new Promise((resolve) => void setTimeout(resolve, 50));
    }
  };
  const loops = Promise.all([writeLoop(), writeLoop(), pollPending()]);
  stack.defer(async () => {
    await loops;
    report({ atMs: now(), events: written });
  });
}

async function common(stack: AsyncDisposableStack) {
  const logger = await createLogger({ service: 'bench', level: 'error', format: 'json' });
  const telemetry = createTelemetry();
  const database = stack.use(openDatabase({ url: databaseUrl, name: 'bench', telemetry }));
  return { logger, telemetry, database };
}

/** The reference: the Kafka client in a loop with the same messages, batches and guarantees, without a consumer. */
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
  const send = async (): Promise<unknown> =>
    producer.send({ messages: messages.map((message) => ({ ...message })) });
  for (let warmUp = 0; warmUp < 5; warmUp++) await send();
  const startedAt = now();
  let events = 0;
  while (now() < startedAt + seconds * 1_000) {
    await send();
    events += messages.length;
  }
  report({ atMs: now() - startedAt, events });
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
