import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { missingEngine } from '#testkit/engines.ts';

suite('a missing engine', { concurrency: false }, () => {
  const names = ['CI', 'FRITZY_ENGINES', 'FRITZY_TEST_KAFKA'] as const;
  const withEnvironment = (
    values: Partial<Record<(typeof names)[number], string>>,
    check: () => void,
  ): void => {
    const before = names.map((name) => [name, process.env[name]] as const);
    for (const name of names) setVariable(name, values[name]);
    try {
      check();
    } finally {
      for (const [name, value] of before) setVariable(name, value);
    }
  };

  test('is a skip that names the command which brings it', () => {
    withEnvironment({ FRITZY_ENGINES: '/nonexistent' }, () => {
      assert.match(String(missingEngine('kafka')), /run "make engines"/);
    });
  });

  test('is a failure in CI', () => {
    withEnvironment({ FRITZY_ENGINES: '/nonexistent', CI: 'true' }, () => {
      assert.throws(() => missingEngine('kafka'), /CI must not skip: .*make engines/);
    });
  });

  test('is not missed by a test that can use a running one, only by one that kills it', () => {
    withEnvironment({ FRITZY_ENGINES: '/nonexistent', FRITZY_TEST_KAFKA: 'kafka://127.0.0.1:1' }, () => {
      assert.equal(missingEngine('kafka'), false);
      assert.match(String(missingEngine('kafka', { own: true })), /make engines/);
    });
  });
});

function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
