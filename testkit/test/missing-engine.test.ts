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

  test('skips the test with the command that installs it', () => {
    withEnvironment({ FRITZY_ENGINES: '/nonexistent' }, () => {
      assert.match(String(missingEngine('kafka')), /run "make engines"/);
    });
  });

  test('fails in CI', () => {
    withEnvironment({ FRITZY_ENGINES: '/nonexistent', CI: 'true' }, () => {
      assert.throws(() => missingEngine('kafka'), /CI must not skip tests: .*make engines/);
    });
  });

  test('does not skip a test that can use a running engine, only a test that starts its own', () => {
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
