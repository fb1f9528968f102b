import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { Admin } from '@platformatic/kafka';
import { waitForOutput, spawnProgram } from '#cmd/fritzy/test/program.ts';
import { allTopics, withDeadLetters } from '#cmd/topics.ts';
import { systemClock } from '#platform/clock.ts';
import { brokersOf } from '#platform/events/events-url.ts';
import { asAdmin, createTopics, kafkaCluster } from '#platform/events/kafka-cluster.ts';
import { createLogger } from '#platform/logger.ts';
import { missingEngine, startKafka } from '#testkit/engines.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { eventually } from '#testkit/shop.ts';

const DEADLINE_MS = 60_000;

suite('make migrate-up on Kafka', { skip: missingEngine('kafka', { own: true }) }, () => {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());

  test('up creates topics with three replicas even if a broker is down at first; status lists them before and after', async () => {
    const postgres = stack.use(await openTestPostgres());
    const kafka = stack.use(await startKafka());
    const logger = await createLogger({ service: 'test', level: 'fatal', format: 'json' });
    const cluster = kafkaCluster({ brokers: brokersOf(kafka.url), logger, newId: systemClock.newId });
    const replicasOf = (topics: readonly string[]): Promise<number[][]> =>
      asAdmin(cluster, async (admin: Admin) => {
        const { topics: described } = await admin.metadata({ topics: [...topics] });
        return topics.map((topic) =>
          Object.values(described.get(topic)?.partitions ?? {}).map(({ replicas }) => replicas.length),
        );
      });
    const env = {
      ACCOUNT_DATABASE_URL: await postgres.createDatabase('account'),
      CATALOG_DATABASE_URL: await postgres.createDatabase('catalog'),
      ORDER_DATABASE_URL: await postgres.createDatabase('order'),
      EVENTS_URL: kafka.url,
    };
    const migrate = (command: string) => spawnProgram('cmd/migrate/main.ts', env, [command]);

    await using before = migrate('status');
    assert.equal(await before.ended, 1, before.stderr());
    assert.match(before.stdout(), /^events +[\d.:,]+ +0 +12 +account\.events, account\.events\.dlq, /m);

    const [, , last] = kafka.brokers;
    assert.ok(last);
    await last.kill();
    await eventually(async () => {
      const { brokers } = await asAdmin(cluster, (admin) => admin.metadata({ topics: [] }));
      assert.equal(brokers.size, 2);
    }, DEADLINE_MS);
    await asAdmin(cluster, (admin) => createTopics(admin, ['twin'], 2));
    await eventually(async () => {
      assert.deepEqual(
        await replicasOf(['twin']),
        [[2, 2, 2, 2, 2, 2]],
        'known-bad twin: two replicas, permanently',
      );
    }, DEADLINE_MS);

    await using up = migrate('up');
    await waitForOutput(up, /2 of 3 brokers are up[^]*retrying for up to 60 s/, 'stderr');
    await last.start();
    assert.equal(await up.ended, 0, up.stderr());
    assert.match(up.stdout(), /^events +[\d.:,]+ +12 +0 +applied account\.events, /m);
    await eventually(async () => {
      for (const replicas of await replicasOf(withDeadLetters(await allTopics())))
        assert.deepEqual(replicas, [3, 3, 3, 3, 3, 3]);
    }, DEADLINE_MS);

    await using again = migrate('up');
    assert.equal(await again.ended, 0, again.stderr());
    assert.match(again.stdout(), /^events .* nothing to do \(/m);
    await eventually(async () => {
      await using afterwards = migrate('status');
      assert.equal(await afterwards.ended, 0, afterwards.stderr());
    }, DEADLINE_MS);
  });
});
