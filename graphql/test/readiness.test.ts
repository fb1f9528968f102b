import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readinessOf } from '#graphql/readiness.ts';
import type { Upstream } from '#platform/upstreams.ts';

const there = (name: string): Upstream => ({ name, ready: async () => {} });
const missing = (name: string): Upstream => ({
  name,
  ready: async () => {
    throw new Error('cannot be reached');
  },
});
const silent = (name: string): Upstream => ({ name, ready: () => new Promise(() => {}) });

type Readiness = (upstreams: readonly Upstream[]) => Promise<string | undefined | void>;

/** A gateway that can serve something gets requests; one that can serve nothing gets none. */
async function assertServesWhatItCan(readiness: Readiness): Promise<void> {
  assert.equal(await readiness([there('account'), there('order')]), undefined);
  assert.equal(
    await readiness([there('account'), missing('catalog'), missing('order')]),
    'catalog: cannot be reached; order: cannot be reached',
  );
  await assert.rejects(readiness([missing('account'), missing('order')]), {
    message: 'account: cannot be reached; order: cannot be reached',
  });
}

suite('the readiness of the gateway', () => {
  test('it is ready while at least one service is, and names the others', () =>
    assertServesWhatItCan(readinessOf));

  test('a service that does not answer counts as missing and does not delay the check', async () => {
    assert.match((await readinessOf([there('account'), silent('order')])) ?? '', /^order: no answer within/);
  });

  const needsAll: Readiness = async (upstreams) =>
    void (await Promise.all(upstreams.map(({ ready }) => ready())));
  const needsNone: Readiness = async () => undefined;
  for (const [what, twin] of [
    ['one that needs every service', needsAll],
    ['one that is always ready', needsNone],
  ] as const)
    test(`known-bad twin: ${what}`, () => assert.rejects(assertServesWhatItCan(twin)));
});
