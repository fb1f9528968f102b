import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from '@opensearch-project/opensearch';
import {
  Admin,
  Consumer,
  MessagesStreamFallbackModes,
  MessagesStreamModes,
  ProduceAcks,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka';
import { createClient } from 'redis';
import {
  missingEngine,
  startElasticsearch,
  startKafka,
  startOpenSearch,
  startRedis,
} from '#testkit/engines.ts';
import { eventually } from '#testkit/shop.ts';

for (const [kind, start] of [
  ['elasticsearch', startElasticsearch],
  ['opensearch', startOpenSearch],
] as const) {
  test(
    `${kind} searches, checks external versions and keeps its data after kill -9`,
    { skip: missingEngine(kind, { own: true }) },
    () =>
      assertNoLeftovers(async (pids) => {
        await using engine = await start();
        pids.add(engine.pid);
        const client = new Client({ node: engine.url });
        await client.indices.create({
          index: 'products',
          body: {
            mappings: { properties: { name: { type: 'text' } } },
          },
        });
        const put = (name: string, version: number): Promise<unknown> =>
          client.index({ index: 'products', id: '1', version, version_type: 'external', body: { name } });
        await put('Old television', 5);
        await put('Television', 7);
        await assert.rejects(put('Older', 6), { statusCode: 409 });

        await engine.kill();
        await assert.rejects(client.ping());
        await engine.start();
        await client.indices.refresh({ index: 'products' });
        const { body } = await client.search({
          index: 'products',
          body: { query: { match: { name: 'television' } } },
        });
        assert.deepEqual(
          body.hits.hits.map(({ _source }) => _source),
          [{ name: 'Television' }],
        );
        pids.add(engine.pid);
        await client.close();
      }),
  );
}

test(
  'kafka replicates to three brokers, accepts messages while one is down and keeps its data after kill -9 of all',
  { skip: missingEngine('kafka', { own: true }) },
  () =>
    assertNoLeftovers(async (pids) => {
      await using kafka = await startKafka();
      const bootstrapBrokers = kafka.url.replace('kafka://', '').split(',');
      const options = {
        clientId: 'test',
        bootstrapBrokers,
        retries: 2,
        retryDelay: 200,
        metadataMaxAge: 500,
      };
      await using stack = new AsyncDisposableStack();
      const admin = stack.adopt(new Admin(options), (admin) => admin.close());
      await admin.createTopics({ topics: ['greetings'], partitions: 6, replicas: 3 });
      const replicas = await eventually(async () => {
        const { topics } = await admin.metadata({ topics: ['greetings'], forceUpdate: true });
        const partitions = topics.get('greetings')?.partitions ?? [];
        assert.equal(partitions.length, 6);
        return partitions.map(({ isr }) => isr.length);
      });
      assert.deepEqual(replicas, [3, 3, 3, 3, 3, 3]);

      const producer = stack.adopt(
        new Producer({ ...options, serializers: stringSerializers, idempotent: true, acks: ProduceAcks.ALL }),
        (producer) => producer.close(),
      );
      const send = (value: string): Promise<unknown> =>
        producer.send({ messages: [{ topic: 'greetings', key: value, value }] });
      await send('first');
      const [one] = kafka.brokers;
      const recordPids = (): void => kafka.brokers.forEach(({ pid }) => pids.add(pid));
      recordPids();
      assert.ok(one);
      await one.kill();
      await eventually(() => send('second'), 60_000);
      await one.start();
      for (const broker of kafka.brokers) await broker.kill();
      await Promise.all(kafka.brokers.map((broker) => broker.start()));
      recordPids();
      assert.equal(pids.size, 6);

      const consumer = stack.adopt(
        new Consumer({ ...options, retries: 10, groupId: 'readers', deserializers: stringDeserializers }),
        (consumer) => consumer.close(true),
      );
      const stream = await eventually(
        () =>
          consumer.consume({
            topics: ['greetings'],
            autocommit: false,
            mode: MessagesStreamModes.COMMITTED,
            fallbackMode: MessagesStreamFallbackModes.EARLIEST,
          }),
        60_000,
      );
      const seen = new Set<string>();
      for await (const message of stream) {
        seen.add(message.value);
        if (seen.size === 2) break;
      }
      assert.deepEqual([...seen].sort(), ['first', 'second']);
    }),
);

test(
  'a paused broker keeps its port and does not respond until it is resumed',
  { skip: missingEngine('kafka', { own: true }) },
  async () => {
    await using kafka = await startKafka({ brokers: 1 });
    const [broker] = kafka.brokers;
    assert.ok(broker);
    const clusterId = async (): Promise<string> => {
      await using stack = new AsyncDisposableStack();
      const admin = stack.adopt(
        new Admin({
          clientId: 'test',
          bootstrapBrokers: [`127.0.0.1:${broker.port}`],
          retries: 0,
          requestTimeout: 500,
          connectTimeout: 500,
        }),
        (admin) => admin.close(),
      );
      return (await admin.metadata({ forceUpdate: true })).id;
    };
    const id = await clusterId();
    broker.pause();
    await assert.rejects(clusterId());
    broker.resume();
    assert.equal(await eventually(clusterId), id);
  },
);

test(
  'redis loses its data when it is killed and responds after a restart',
  { skip: missingEngine('redis', { own: true }) },
  () =>
    assertNoLeftovers(async (pids) => {
      await using redis = await startRedis();
      pids.add(redis.pid);
      const client = createClient({ url: redis.url });
      client.on('error', () => {});
      await client.connect();
      await client.set('key', 'value');
      assert.equal(await client.get('key'), 'value');
      await redis.kill();
      await redis.start();
      pids.add(redis.pid);
      assert.equal(await eventually(() => client.get('key')), null);
      client.destroy();
    }),
);

/** Asserts that the engines started in `use` leave no process and no folder. */
async function assertNoLeftovers(use: (pids: Set<number>) => Promise<void>): Promise<void> {
  const before = process.env['TMPDIR'];
  const folder = await mkdtemp(join(tmpdir(), 'fritzy-test-'));
  const pids = new Set<number>();
  process.env['TMPDIR'] = folder;
  try {
    await use(pids);
    assert.deepEqual(await readdir(folder), []);
    assert.ok(pids.size > 0);
    for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    await rm(folder, { recursive: true, force: true });
  }
}
