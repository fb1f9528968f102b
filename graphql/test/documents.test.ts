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

/** Documents that calls `done` immediately after `prepare`. */
function createUnused(): Documents {
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
  /** About 2,000 tokens: the largest possible document. */
  const large = (index: number): string =>
    `{ products(query: "${index}", pagination: { take: 1 }) { ${repeat(640, (one) => `a${one}: id`)} } }`;
  const flood = 40;

  test('a document that is sent repeatedly is cached, and the cache is limited in bytes', () => {
    const documents = createUnused();
    const first = documents.prepare(source(0), undefined);
    const second = documents.prepare(source(0), undefined);
    assert.notEqual(first, second, 'a document that was sent once is not cached');
    assert.equal(documents.prepare(source(0), undefined), second);
    for (let index = 0; index < 30; index++)
      for (let time = 0; time < 2; time++) documents.prepare(large(index), undefined);
    assert.ok(documents.cachedBytes <= DOCUMENT_CACHE_BYTES_MAX);
    assert.ok(
      documents.cachedBytes > 0.8 * DOCUMENT_CACHE_BYTES_MAX,
      'as many large documents as fit are cached',
    );
  });

  /** Returns whether a document is still cached after a flood of others that are sent once. */
  function survivesFlood(documents: Pick<Documents, 'prepare'>): boolean {
    documents.prepare(source(0), undefined);
    const cached = documents.prepare(source(0), undefined);
    for (let index = 1; index <= flood; index++) documents.prepare(large(index), undefined);
    return documents.prepare(source(0), undefined) === cached;
  }

  test('documents that are sent once evict nothing; twin: a cache that stores all documents is caught', () => {
    assert.ok(survivesFlood(createUnused()));
    const { prepare } = createUnused();
    const knownBad = new LRUCache<string, object>({ max: flood });
    assert.ok(
      !survivesFlood({
        prepare: (text, name) => {
          const operation = knownBad.get(text) ?? prepare(text, name);
          knownBad.set(text, operation);
          return operation as ReturnType<typeof prepare>;
        },
      }),
    );
  });

  test('evicting an operation removes its request bodies from the body cache', () => {
    const bodies = createBodyCache();
    const documents = createDocuments(2, telemetry, { onEvict: bodies.removeOperation });
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

  test('uncached documents in use are limited in bytes until they are done', () => {
    const documents = createDocuments(2, telemetry);
    const inUse: Operation[] = [];
    let refused: string | undefined;
    for (let index = 0; refused === undefined && index < 100; index++) {
      const operation = documents.prepare(large(index), undefined);
      if ('errors' in operation) refused = String(operation.errors[0]?.extensions['code']);
      else inUse.push(operation);
    }
    assert.equal(refused, 'RESOURCE_EXHAUSTED');
    for (const operation of inUse) documents.done(operation);
    assert.ok(!('errors' in documents.prepare(large(200), undefined)));
  });

  test('a rejected document does not evict a valid one', () => {
    const documents = createUnused();
    documents.prepare(source(0), undefined);
    const cached = documents.prepare(source(0), undefined);
    for (let index = 0; index < flood; index++)
      assert.ok('errors' in documents.prepare(`{ nope${index} }`, undefined));
    assert.equal(documents.prepare(source(0), undefined), cached);
  });
});
