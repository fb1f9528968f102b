import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readinessOf } from '#graphql/readiness.ts';
import type { Upstream } from '#platform/upstreams.ts';

const available = (name: string): Upstream => ({ name, ready: async () => {} });
const missing = (name: string): Upstream => ({
  name,
  ready: async () => {
    throw new Error('cannot be reached');
  },
});
const silent = (name: string): Upstream => ({ name, ready: () => new Promise(() => {}) });

type Readiness = (upstreams: readonly Upstream[]) => Promise<string | undefined | void>;

/** The guarantee: the gateway is ready if at least one service is. */
async function assertReadyWithOneService(readiness: Readiness): Promise<void> {
  assert.equal(await readiness([available('account'), available('order')]), undefined);
  assert.equal(
    await readiness([available('account'), missing('catalog'), missing('order')]),
    'catalog: cannot be reached; order: cannot be reached',
  );
  await assert.rejects(readiness([missing('account'), missing('order')]), {
    message: 'account: cannot be reached; order: cannot be reached',
  });
}

suite('the readiness of the gateway', () => {
  test('the gateway is ready while at least one service is, and reports the others', () =>
    assertReadyWithOneService(readinessOf));

  test('a service that does not respond counts as unavailable after the timeout', async () => {
    assert.match(
      (await readinessOf([available('account'), silent('order')])) ?? '',
      /^order: no answer within/,
    );
  });

  const needsAll: Readiness = async (upstreams) =>
    void (await Promise.all(upstreams.map(({ ready }) => ready())));
  const needsNone: Readiness = async () => undefined;
  for (const [what, twin] of [
    ['a gateway that needs every service', needsAll],
    ['a gateway that is always ready', needsNone],
  ] as const)
    test(`known-bad twin: ${what} is caught`, () => assert.rejects(assertReadyWithOneService(twin)));
});
