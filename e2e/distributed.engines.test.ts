import { after, suite, test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { missingEngine, openTestEngine } from '#testkit/engines.ts';
import { assertSameAnswers, readRecords, record } from './golden/record.ts';
import { testPublicApi } from './public-api.ts';

/**
 * The distributed shop: gRPC between the services, Kafka, Elasticsearch and Redis. It passes the tests of the embedded
 * shop and gives the same answers and errors.
 */
const skip = missingEngine('kafka') || missingEngine('elasticsearch') || missingEngine('redis');
const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());

async function distributed() {
  const open = async (kind: 'kafka' | 'elasticsearch' | 'redis') => stack.use(await openTestEngine(kind)).url;
  const [eventsUrl, engineUrl, cacheUrl] = [
    await open('kafka'),
    await open('elasticsearch'),
    await open('redis'),
  ];
  return () =>
    ({ link: 'grpc', eventsUrl, cacheUrl, searchUrl: `${engineUrl}/test-${systemClock.newId()}` }) as const;
}
const options = skip === false ? await distributed() : undefined;

if (options) testPublicApi('distributed on real engines', options);

suite('the distributed shop', { skip }, () => {
  test('gives the same answer or error as the embedded shop for every operation', async () => {
    const golden = await readRecords();
    const actual = await record(options?.() ?? {}, golden);
    assertSameAnswers(actual, golden);
  });
});
