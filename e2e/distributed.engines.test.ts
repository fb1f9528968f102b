import { after, suite, test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { missingEngine, openTestEngine } from '#testkit/engines.ts';
import { assertSameAnswers, readRecords, record } from './golden/record.ts';
import { publicApi } from './public-api.ts';

/**
 * The distributed shop: gRPC between the services, Kafka, Elasticsearch and Redis. It runs the suite of the embedded
 * one and must give the same answers, errors included.
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

if (options) publicApi('distributed on real engines', options);

suite('the distributed shop', { skip }, () => {
  test('answers every operation as the embedded one does, refusals included', async () => {
    const golden = await readRecords();
    const actual = await record(options?.() ?? {}, golden);
    assertSameAnswers(actual, golden);
  });
});
