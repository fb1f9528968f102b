import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createBodyCache } from '#graphql/body-cache.ts';
import { createDocuments } from '#graphql/documents.ts';
import { named, payloadOf, unnamed, type ArgumentPaths } from '#graphql/graph/violations.ts';
import { answerGraphQL } from '#graphql/graphql-over-http.ts';
import { AppError, invalid, refused, violationsError } from '#platform/errors.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { memoryLogger, testCall } from '#testkit/shop.ts';

const PATHS: ArgumentPaths = {
  id: 'input.id',
  products: 'order.products',
  'page.size': 'first',
  'tags.values': 'tags',
};

/** The answer of a service that refuses a request. */
async function refuse(error: unknown): Promise<never> {
  throw unnamed(error);
}

async function thrownBy(answer: Promise<unknown>): Promise<AppError> {
  const error: unknown = await answer.then(
    () => assert.fail('not refused'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof AppError);
  return error;
}

/** What a caller reads if the resolvers throw this. */
async function answerTo(error: AppError): Promise<{ body: string; errorLines: number }> {
  const { logger, lines } = memoryLogger();
  const telemetry = createTelemetry();
  const bodies = createBodyCache();
  const documents = createDocuments(2, telemetry, bodies.forget);
  const execute = async (): Promise<never> => {
    throw error;
  };
  const body = Buffer.from(JSON.stringify({ query: '{ accounts { id } }' }));
  const header = (name: string): string | undefined =>
    name === 'content-type' ? 'application/json' : undefined;
  const request = { method: 'POST', path: '/graphql', search: '', header, body, call: testCall() };
  const answer = await answerGraphQL({ documents, bodies, logger, telemetry, execute }, request);
  return { body: String(answer.body), errorLines: lines.filter(({ level }) => level === 50).length };
}

suite('violations of a service', () => {
  test('are named by the longest part of their path that has a name', async () => {
    for (const [inner, outer] of [
      ['id', 'input.id'],
      ['products', 'order.products'],
      ['products[3].quantity', 'order.products[3].quantity'],
      ['page.size', 'first'],
      ['tags.values[2]', 'tags[2]'],
    ] as const)
      assert.equal((await thrownBy(named(PATHS, refuse(invalid(inner, 'must be another'))))).field, outer);
  });

  test('that have no name are INTERNAL and a line in the log: no name of a service gets out', async () => {
    for (const field of ['ids[3]', 'page.skip', 'productsOther', 'constructor']) {
      const violations = [invalid('id', 'must be a UUID'), invalid(field, 'must be another')];
      const [first, ...others] = violations.flatMap((error) => error.violations);
      assert.ok(first);
      const error = await thrownBy(named(PATHS, refuse(violationsError(first, ...others))));
      const { body, errorLines } = await answerTo(error);
      assert.match(body, /"code":"INTERNAL"/);
      assert.doesNotMatch(body, /must be|page|ids|Other/);
      assert.equal(errorLines, 1);
      await assert.rejects(
        payloadOf('product', () => Promise.reject(error)),
        (thrown) => thrown === error,
      );
    }
  });

  test('known-bad twin: a violation that is not marked gets out with the name of the service', async () => {
    const careless = await thrownBy(named(PATHS, Promise.reject(invalid('page.skip', 'must be another'))));
    assert.match((await answerTo(careless)).body, /page\.skip/);
  });

  test('are the user errors of a payload; what has none is thrown', async () => {
    const conflict = refused('VERSION_CONFLICT', 'id', 'Read it again.');
    assert.deepEqual(await payloadOf('product', () => named(PATHS, refuse(conflict))), {
      product: null,
      userErrors: [{ code: 'VERSION_CONFLICT', field: 'input.id', message: 'Read it again.' }],
    });
    assert.deepEqual(
      await payloadOf('product', () => named(PATHS, refuse(invalid('id', 'must be a UUID')))),
      {
        product: null,
        userErrors: [{ code: 'INVALID_ARGUMENT', field: 'input.id', message: 'Must be a UUID.' }],
      },
    );
    for (const error of [new AppError('UNAVAILABLE', 'Gone.'), new TypeError('bug')])
      await assert.rejects(
        payloadOf('product', () => named(PATHS, refuse(error))),
        (thrown) => thrown === error,
      );
  });
});
