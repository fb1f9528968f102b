import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createBodyCache } from '#graphql/body-cache.ts';
import { createDocuments } from '#graphql/documents.ts';
import { payloadOf } from '#graphql/graph/payload.ts';
import { markUnmapped, withArgumentPaths, type ArgumentPaths } from '#graphql/graph/violations.ts';
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

/** A service call that rejects with an error. */
async function refuse(error: unknown): Promise<never> {
  throw markUnmapped(error);
}

async function thrownBy(answer: Promise<unknown>): Promise<AppError> {
  const error: unknown = await answer.then(
    () => assert.fail('not rejected'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof AppError);
  return error;
}

/** Returns the response if the resolvers throw an error, and the number of log lines with level error. */
async function responseTo(error: AppError): Promise<{ body: string; errorLines: number }> {
  const { logger, lines } = memoryLogger();
  const telemetry = createTelemetry();
  const bodies = createBodyCache();
  const documents = createDocuments(2, telemetry, { onEvict: bodies.removeOperation });
  const execute = async (): Promise<never> => {
    throw error;
  };
  const body = Buffer.from(JSON.stringify({ query: '{ accounts { id } }' }));
  const header = (name: string): string | undefined =>
    name === 'content-type' ? 'application/json' : undefined;
  const request = {
    method: 'POST',
    path: '/graphql',
    search: '',
    remoteAddress: '127.0.0.1',
    header,
    body,
    call: testCall(),
  };
  const answer = await answerGraphQL({ documents, bodies, logger, telemetry, execute }, request);
  return { body: String(answer.body), errorLines: lines.filter(({ level }) => level === 50).length };
}

suite('violations of a service', () => {
  test('the longest mapped prefix of a path determines the argument path', async () => {
    for (const [inner, outer] of [
      ['id', 'input.id'],
      ['products', 'order.products'],
      ['products[3].quantity', 'order.products[3].quantity'],
      ['page.size', 'first'],
      ['tags.values[2]', 'tags[2]'],
    ] as const)
      assert.equal(
        (await thrownBy(withArgumentPaths(PATHS, refuse(invalid(inner, 'must be another'))))).field,
        outer,
      );
  });

  test('a violation without an argument path is INTERNAL and logged; the response has no internal name', async () => {
    for (const field of ['ids[3]', 'page.skip', 'productsOther', 'constructor']) {
      const violations = [invalid('id', 'must be a UUID'), invalid(field, 'must be another')];
      const [first, ...others] = violations.flatMap((error) => error.violations);
      assert.ok(first);
      const error = await thrownBy(withArgumentPaths(PATHS, refuse(violationsError(first, ...others))));
      const { body, errorLines } = await responseTo(error);
      assert.match(body, /"code":"INTERNAL"/);
      assert.doesNotMatch(body, /must be|page|ids|Other/);
      assert.equal(errorLines, 1);
      await assert.rejects(
        payloadOf('product', () => Promise.reject(error)),
        (thrown) => thrown === error,
      );
    }
  });

  test('known-bad twin: an unmarked violation exposes the field name of the service', async () => {
    const knownBad = await thrownBy(
      withArgumentPaths(PATHS, Promise.reject(invalid('page.skip', 'must be another'))),
    );
    assert.match((await responseTo(knownBad)).body, /page\.skip/);
  });

  test('violations become the user errors of a payload; errors without violations are thrown', async () => {
    const conflict = refused('VERSION_CONFLICT', 'id', 'Read it again.');
    assert.deepEqual(await payloadOf('product', () => withArgumentPaths(PATHS, refuse(conflict))), {
      product: null,
      userErrors: [{ code: 'VERSION_CONFLICT', field: 'input.id', message: 'Read it again.' }],
    });
    assert.deepEqual(
      await payloadOf('product', () => withArgumentPaths(PATHS, refuse(invalid('id', 'must be a UUID')))),
      {
        product: null,
        userErrors: [{ code: 'INVALID_ARGUMENT', field: 'input.id', message: 'Must be a UUID.' }],
      },
    );
    for (const error of [new AppError('UNAVAILABLE', 'Gone.'), new TypeError('bug')])
      await assert.rejects(
        payloadOf('product', () => withArgumentPaths(PATHS, refuse(error))),
        (thrown) => thrown === error,
      );
  });
});
