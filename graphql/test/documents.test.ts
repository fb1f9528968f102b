import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LRUCache } from 'lru-cache';
import { createBodyCache } from '#graphql/body-cache.ts';
import {
  createDocuments,
  DOCUMENT_CACHE_BYTES_MAX,
  type Documents,
  type Operation,
} from '#graphql/documents.ts';
import { createTelemetry } from '#platform/telemetry.ts';

const telemetry = createTelemetry();
const repeat = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

/** Documents that are used and done with at once. */
function createUsed(): Documents {
  const documents = createDocuments(2, telemetry);
  return {
    ...documents,
    prepare: (source, operationName) => {
      const operation = documents.prepare(source, operationName);
      if (!('errors' in operation)) documents.done(operation);
      return operation;
    },
    get cachedBytes() {
      return documents.cachedBytes;
    },
  };
}

suite('the document cache', () => {
  const source = (index: number): string => `{ a${index}: __typename }`;
  /** About 2,000 tokens: the heaviest document there is. */
  const large = (index: number): string =>
    `{ products(query: "${index}", pagination: { take: 1 }) { ${repeat(640, (one) => `a${one}: id`)} } }`;
  const flood = 40;

  test('a document that comes again is kept, and what one document takes is bounded in bytes', () => {
    const documents = createUsed();
    const first = documents.prepare(source(0), undefined);
    const second = documents.prepare(source(0), undefined);
    assert.notEqual(first, second, 'a document that came once is not kept');
    assert.equal(documents.prepare(source(0), undefined), second);
    for (let index = 0; index < 30; index++)
      for (let time = 0; time < 2; time++) documents.prepare(large(index), undefined);
    assert.ok(documents.cachedBytes <= DOCUMENT_CACHE_BYTES_MAX);
    assert.ok(
      documents.cachedBytes > 0.8 * DOCUMENT_CACHE_BYTES_MAX,
      'the large ones were kept, as far as they fit',
    );
  });

  /** Whether a document in use is still kept after a flood of others that come once each. */
  function survives(documents: Pick<Documents, 'prepare'>): boolean {
    documents.prepare(source(0), undefined);
    const trusted = documents.prepare(source(0), undefined);
    for (let index = 1; index <= flood; index++) documents.prepare(large(index), undefined);
    return documents.prepare(source(0), undefined) === trusted;
  }

  test('what a stranger sends once evicts nothing; a cache that keeps everything is caught', () => {
    assert.ok(survives(createUsed()));
    const { prepare } = createUsed();
    const careless = new LRUCache<string, object>({ max: flood });
    assert.ok(
      !survives({
        prepare: (text, name) => {
          const operation = careless.get(text) ?? prepare(text, name);
          careless.set(text, operation);
          return operation as ReturnType<typeof prepare>;
        },
      }),
    );
  });

  test('an operation that makes room takes the bodies that ask for it with it', () => {
    const bodies = createBodyCache();
    const documents = createDocuments(2, telemetry, bodies.forget);
    const use = (text: string, work: (operation: Operation) => void = () => {}): void => {
      const operation = documents.prepare(text, undefined);
      assert.ok(!('errors' in operation));
      work(operation);
      documents.done(operation);
    };
    for (let time = 0; time < 2; time++)
      use(source(0), (operation) => {
        assert.equal(documents.isCached(operation), time === 1);
        if (!documents.isCached(operation)) return;
        for (let again = 0; again < 2; again++) bodies.offer('body', { operation, variables: {}, key: '' });
      });
    assert.ok(bodies.get('body'));
    for (let index = 0; index < 30; index++) for (let time = 0; time < 2; time++) use(large(index));
    assert.equal(bodies.get('body'), undefined);
  });

  test('new documents under way are bounded in bytes; those that are done with make room', () => {
    const documents = createDocuments(2, telemetry);
    const underWay: Operation[] = [];
    let refused: string | undefined;
    for (let index = 0; refused === undefined && index < 100; index++) {
      const operation = documents.prepare(large(index), undefined);
      if ('errors' in operation) refused = String(operation.errors[0]?.extensions['code']);
      else underWay.push(operation);
    }
    assert.equal(refused, 'RESOURCE_EXHAUSTED');
    for (const operation of underWay) documents.done(operation);
    assert.ok(!('errors' in documents.prepare(large(200), undefined)));
  });

  test('a document that is refused is not kept in the place of a good one', () => {
    const documents = createUsed();
    documents.prepare(source(0), undefined);
    const kept = documents.prepare(source(0), undefined);
    for (let index = 0; index < flood; index++)
      assert.ok('errors' in documents.prepare(`{ nope${index} }`, undefined));
    assert.equal(documents.prepare(source(0), undefined), kept);
  });
});
