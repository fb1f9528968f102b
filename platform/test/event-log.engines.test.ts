import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Admin, ConfigResourceTypes, Producer, stringSerializers } from '@platformatic/kafka';
import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import {
  DEAD_LETTER_RETENTION_MS,
  PARTITIONS,
  RETENTION_MS,
  type Batch,
  type EventLog,
  type StoredMessage,
} from '#platform/events/event.ts';
import { brokersOf } from '#platform/events/events-url.ts';
import { kafkaEventLog } from '#platform/events/kafka.ts';
import { missingEngine, openTestEngine } from '#testkit/engines.ts';
import { eventually, memoryLogger } from '#testkit/shop.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { consumerContract, consumerDeps } from './consumer-contract.ts';
import { consumerCrashContract } from './consumer-crash-contract.ts';
import { openEffects, withInbox } from './effects.ts';
import {
  assertComplete,
  eventLogContract,
  keysUpTo,
  messageIn,
  messagesIn,
  newTopic,
} from './event-log-contract.ts';
import { relayCrashContract } from './relay-crash-contract.ts';

const skip = missingEngine('kafka');
const engine = skip === false ? await openTestEngine('kafka') : undefined;
after(() => engine?.[Symbol.asyncDispose]());
const brokers = brokersOf(engine?.url ?? '');

async function open() {
  const { logger, lines } = memoryLogger();
  const log = kafkaEventLog({ brokers, logger, newId: systemClock.newId });
  return { url: engine?.url ?? '', log, lines, [Symbol.asyncDispose]: () => log[Symbol.asyncDispose]() };
}

const postgres = await openTestPostgres();
after(() => postgres[Symbol.asyncDispose]());

eventLogContract('Kafka', open, skip);
consumerContract('Kafka', open, postgres, skip);
consumerCrashContract('Kafka', open, postgres, skip);
relayCrashContract('Kafka', open, postgres, skip);

test(
  'topics are created with three replicas and the retention of messages or of dead letters',
  { skip },
  async () => {
    await using backend = await open();
    const topic = newTopic();
    const topics = [topic, `${topic}.dlq`];
    await backend.log.append(topics.map((one) => messageIn(one, 'a', 1)));
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: brokers });
    try {
      const { topics: described } = await admin.metadata({ topics });
      for (const one of topics)
        assert.deepEqual(
          described.get(one)?.partitions.map(({ replicas }) => replicas.length),
          Array.from({ length: 6 }, () => 3),
        );
      const configs = await admin.describeConfigs({
        resources: topics.map((resourceName) => ({
          resourceType: ConfigResourceTypes.TOPIC,
          resourceName,
          configurationKeys: ['retention.ms', 'min.insync.replicas'],
        })),
      });
      const valueOf = (name: string, key: string): string | null | undefined =>
        configs
          .find(({ resourceName }) => resourceName === name)
          ?.configs.find((config) => config.name === key)?.value;
      assert.deepEqual(
        topics.map((one) => [valueOf(one, 'retention.ms'), valueOf(one, 'min.insync.replicas')]),
        [
          [String(RETENTION_MS), '2'],
          [String(DEAD_LETTER_RETENTION_MS), '2'],
        ],
      );
    } finally {
      await admin.close();
    }
  },
);

test('append and ping reject while the log cannot be reached', { skip }, async () => {
  const { logger } = memoryLogger();
  await using log = kafkaEventLog({ brokers: ['127.0.0.1:1'], logger, newId: systemClock.newId });
  const unavailable = (error: unknown): boolean =>
    error instanceof AppError && error.reason === 'UNAVAILABLE';
  await assert.rejects(log.append([messageIn(newTopic(), 'a', 1)]), unavailable);
  await assert.rejects(log.ping(), unavailable);
});

test(
  'a poison message that is too large for a dead letter becomes one without its value, and blocks nothing',
  { skip },
  async () => {
    await using backend = await open();
    await using effects = await openEffects(postgres);
    const topic = newTopic();
    const large = messageIn(topic, 'a', 1);
    const { ce_type: _, ...headers } = large.headers;
    await backend.log.append([messageIn(topic, 'a', 0)]);
    // The size limit of a topic applies to compressed messages.
    const producer = new Producer({
      clientId: 'test',
      bootstrapBrokers: brokers,
      serializers: stringSerializers,
    });
    try {
      const message = { topic, key: 'a', headers, value: 'x'.repeat(6 * 1024 * 1024) };
      await producer.send({ messages: [message], compression: 'gzip' });
    } finally {
      await producer.close();
    }
    await backend.log.append([messageIn(topic, 'a', 2)]);
    await using consumer = await withInbox(consumerDeps(backend.log), effects, {
      group: topic,
      topics: [topic],
    });
    await eventually(async () => assert.deepEqual(await effects.of(topic), ['a@0', 'a@2']), 60_000);
    const [letter] = await Array.fromAsync(backend.log.read(`${topic}.dlq`));
    assert.equal(letter?.id, large.id);
    assert.equal(letter.headers['dlq_value'], 'too large');
    await consumer[Symbol.asyncDispose]();
  },
);

const KEYS = keysUpTo(30);

interface OneTopic {
  readonly group: string;
  readonly topics: readonly [string];
}

/** A new group on a new topic. */
function newSubscription(): OneTopic {
  const topic = newTopic();
  return { group: `group-${topic}`, topics: [topic] };
}

/**
 * Starts a member that receives messages of every partition and does not complete them until `resume`; `stack` ends it in
 * any case. `end` handles a batch after that.
 */
async function holdAll(
  log: EventLog,
  subscription: OneTopic,
  stack: AsyncDisposableStack,
  end: (batch: Batch, signal: AbortSignal) => void,
) {
  const [inHand, signalled] = [new Set<number>(), new Set<number>()];
  const [allInHand, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const member = stack.use(
    await log.consume({
      ...subscription,
      // The brokers determine the contents of a round: wait for a round with messages of every partition.
      handle: async (batch, signal) => {
        const { partition } = batch;
        inHand.add(partition);
        if (inHand.size === PARTITIONS) allInHand.resolve();
        signal.addEventListener('abort', () => signalled.add(partition));
        const isKept = await Promise.race([allInHand.promise.then(() => true), delay(500, false)]);
        if (isKept) await mayEnd.promise;
        else inHand.delete(partition);
        end(batch, signal);
      },
    }),
  );
  // Disposing of a member waits for its handlers.
  stack.defer(mayEnd.resolve);
  let versions = 0;
  const append = () => log.append(messagesIn(subscription.topics[0], KEYS, 1, ++versions));
  await eventually(async () => {
    await append();
    assert.equal(inHand.size, PARTITIONS);
  }, 30_000);
  // These are fetched and wait behind the batch in progress.
  for (let more = 0; more < 5; more++) await append();
  return { member, signalled, versions, resume: mayEnd.resolve };
}

test(
  'the signal fires for a member that loses a partition while handling it, and the member does not reset the position of the new owner',
  { skip },
  async () => {
    await using backend = await open();
    const { log } = backend;
    const subscription = newSubscription();
    await using stack = new AsyncDisposableStack();
    const { signalled, resume } = await holdAll(log, subscription, stack, () => {});
    const seen: StoredMessage[] = [];
    stack.use(
      await log.consume({
        ...subscription,
        handle: async ({ messages }) => void seen.push(...messages),
      }),
    );
    const lagOf = async (partitions: ReadonlySet<number>): Promise<number> =>
      (await log.lag(subscription.group, subscription.topics))
        .filter(({ partition }) => partitions.has(partition))
        .reduce((sum, { messages }) => sum + Number(messages), 0);
    const taken = await eventually(async () => {
      const partitions = new Set(seen.map(({ partition }) => partition));
      assert.ok(signalled.size > 0, 'no signal has fired');
      assert.deepEqual(signalled, partitions, 'the lost partitions differ from those taken over');
      assert.equal(await lagOf(partitions), 0);
      return partitions;
    }, 30_000);
    resume();
    await eventually(async () => assert.equal(await lagOf(new Set(Array(PARTITIONS).keys())), 0), 30_000);
    assert.equal(await lagOf(taken), 0);
  },
);

test('a member that regains a lost partition continues at the position of the group', { skip }, async () => {
  await using backend = await open();
  const { log } = backend;
  const subscription = newSubscription();
  const handled: StoredMessage[] = [];
  await using stack = new AsyncDisposableStack();
  const { signalled, versions, resume } = await holdAll(log, subscription, stack, ({ messages }, signal) => {
    signal.throwIfAborted();
    handled.push(...messages);
  });
  await using other = await log.consume({
    ...subscription,
    handle: () => Promise.reject(new Error('not yet')),
  });
  await eventually(() => assert.ok(signalled.size > 0, 'no partition was lost'), 30_000);
  await other[Symbol.asyncDispose]();
  resume();
  await eventually(() => assertComplete(handled, KEYS, versions), 30_000);
});

test(
  'a member that stops during a batch commits the messages that it has handled and releases its partitions immediately',
  { skip },
  async () => {
    await using backend = await open();
    const { log } = backend;
    const subscription = newSubscription();
    const handled: StoredMessage[] = [];
    await using stack = new AsyncDisposableStack();
    const { member, versions, resume } = await holdAll(log, subscription, stack, ({ messages }) => {
      handled.push(...messages);
    });
    const stopping = member[Symbol.asyncDispose]();
    let taken = 0;
    stack.use(
      await log.consume({
        ...subscription,
        handle: async ({ messages }) => {
          taken += messages.length;
          handled.push(...messages);
        },
      }),
    );
    await eventually(() => assert.ok(taken > 0, 'the other member receives nothing'), 30_000);
    resume();
    await stopping;
    await eventually(() => assertComplete(handled, KEYS, versions), 30_000);
    await eventually(async () => {
      const lags = await log.lag(subscription.group, subscription.topics);
      assert.ok(lags.every(({ messages }) => messages === 0n));
    }, 30_000);
  },
);
