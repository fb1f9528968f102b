import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { gatewayConfig, gatewaySettings } from '#graphql/config.ts';
import { commonSettings, readConfig } from '#platform/config.ts';
import { StartError } from '#platform/errors.ts';

const read = (env: Record<string, string>) =>
  gatewayConfig(readConfig(env, { ...commonSettings, ...gatewaySettings }));

suite('settings of the gateway', () => {
  test('the defaults allow no other origin and no other host, and drain for one second', () => {
    const { corsOrigins, allowedHosts, drainDelayMs, connectionsMax } = read({});
    assert.deepEqual(
      { corsOrigins, allowedHosts, drainDelayMs, connectionsMax },
      { corsOrigins: [], allowedHosts: [], drainDelayMs: 1_000, connectionsMax: 4_000 },
    );
  });

  test('lists are separated by commas', () => {
    assert.deepEqual(read({ CORS_ORIGINS: 'https://shop.example, http://localhost:3000' }).corsOrigins, [
      'https://shop.example',
      'http://localhost:3000',
    ]);
    assert.deepEqual(read({ CORS_ORIGINS: '*' }).corsOrigins, ['*']);
    assert.deepEqual(read({ ALLOWED_HOSTS: 'shop.example,[fe80::1]' }).allowedHosts, [
      'shop.example',
      '[fe80::1]',
    ]);
  });

  test('an origin or a host name that can never match is rejected', () => {
    for (const [name, value] of [
      ['CORS_ORIGINS', 'shop.example'],
      ['CORS_ORIGINS', 'https://shop.example/'],
      ['CORS_ORIGINS', 'https://Shop.example'],
      ['CORS_ORIGINS', 'https://*.example'],
      ['CORS_ORIGINS', 'https://shop.example,'],
      ['ALLOWED_HOSTS', 'shop.example:8000'],
      ['ALLOWED_HOSTS', 'https://shop.example'],
    ] as const)
      assert.throws(
        () => read({ [name]: value }),
        (error) => error instanceof StartError && error.message.startsWith(`${name} is "`),
        value,
      );
  });

  test('NODE_ENV=production disables the playground and introspection', () => {
    const shown = (env: Record<string, string>): boolean[] => {
      const { playground, introspection } = read(env);
      return [playground, introspection];
    };
    assert.deepEqual(shown({}), [true, true]);
    assert.deepEqual(shown({ NODE_ENV: 'production' }), [false, false]);
    assert.deepEqual(shown({ NODE_ENV: 'production', INTROSPECTION: 'on' }), [false, true]);
    assert.deepEqual(shown({ INTROSPECTION: 'off' }), [true, false]);
  });
});
