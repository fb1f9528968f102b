import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressesOf, grpcUrl } from '#platform/grpc-url.ts';
import { commonSettings, oneOf, readConfig, str, urlOf, wholeNumber } from '#platform/config.ts';

const SETTINGS = {
  ...commonSettings,
  PORT: wholeNumber(0, 65_535)({ default: 8_000, desc: 'The port.' }),
  DATABASE_URL: urlOf('postgres', 'postgresql')({ desc: 'The database.' }),
  MODE: oneOf('fast', 'safe')({ default: 'safe', desc: 'The mode.' }),
  NAME: str({ default: 'shop', desc: 'The name.' }),
};
const URL_OK = 'postgres://user:password@localhost:5432/shop';

function problems(env: Record<string, string>): string[] {
  try {
    readConfig(env, SETTINGS);
  } catch (error) {
    assert.ok(error instanceof Error);
    assert.equal(error.name, 'StartError');
    return error.message.split('\n');
  }
  return [];
}

test('all invalid settings are reported together, each in one line with its value, bound and description', () => {
  const wrong = { PORT: '65536', DATABASE_URL: 'mysql://localhost', MODE: 'Fast', LOG_LEVEL: 'loud' };
  assert.deepEqual(problems(wrong).sort(), [
    'DATABASE_URL is "mysql://localhost", but must be a URL that starts with postgres:// or postgresql://. It is the database.',
    'LOG_LEVEL is "loud", but must be one of trace, debug, info, warn, error, fatal. It is the lowest level of log lines that are written.',
    'MODE is "Fast", but must be one of fast, safe. It is the mode.',
    'PORT is "65536", but must be a whole number from 0 to 65535. It is the port.',
  ]);
});

test('a setting without a default is required; an empty value counts as missing', () => {
  for (const env of [{}, { DATABASE_URL: '' }]) {
    const [line, ...others] = problems(env);
    assert.match(line ?? '', /^DATABASE_URL is missing; it must be .+\. It is the database\.$/);
    assert.deepEqual(others, []);
  }
});

test('an unset or empty setting has its default', () => {
  const env = { DATABASE_URL: URL_OK, PORT: '', MODE: '', HOME: '/somewhere' };
  const config = readConfig(env, SETTINGS);
  assert.deepEqual(
    {
      port: config.PORT,
      mode: config.MODE,
      name: config.NAME,
      url: config.DATABASE_URL,
      level: config.LOG_LEVEL,
    },
    { port: 8_000, mode: 'safe', name: 'shop', url: URL_OK, level: 'info' },
  );
});

test('a whole number is accepted within its inclusive bounds, in plain digits only', () => {
  const portOf = (PORT: string): number => readConfig({ DATABASE_URL: URL_OK, PORT }, SETTINGS).PORT;
  for (const [text, value] of [
    ['0', 0],
    ['65535', 65_535],
    ['0080', 80],
  ] as const)
    assert.equal(portOf(text), value);
  for (const text of [
    '65536',
    '-1',
    '+1',
    '1.0',
    '1e3',
    '0x10',
    ' 1',
    '1 ',
    'NaN',
    'Infinity',
    '٣',
    '9'.repeat(20),
  ])
    assert.deepEqual(problems({ DATABASE_URL: URL_OK, PORT: text }).length, 1, text);
});

test('a URL is accepted only with an allowed scheme', () => {
  for (const text of [URL_OK, 'postgresql://localhost/shop'])
    assert.deepEqual(problems({ DATABASE_URL: text }), [], text);
  for (const text of [
    'localhost:5432',
    'postgres',
    '//localhost',
    'http://localhost',
    'postgress://localhost',
  ])
    assert.equal(problems({ DATABASE_URL: text }).length, 1, text);
});

test('an invalid URL is reported without its password', () => {
  for (const url of [
    'postgre://shop:hunter2@db/shop',
    'postgres//shop:hunter2@db',
    'postgres://shop:hunter@2@[db/shop',
  ]) {
    const text = problems({ DATABASE_URL: url }).join('\n');
    assert.match(text, /^DATABASE_URL is ".*\*\*\*@/);
    assert.doesNotMatch(text, /hunter/);
  }
});

test('the URL of a service contains one or several instances; an error describes the format', () => {
  assert.deepEqual(addressesOf('grpc://order:50051,10.0.0.2:50052,[::1]:50053/'), [
    { host: 'order', port: 50_051 },
    { host: '10.0.0.2', port: 50_052 },
    { host: '::1', port: 50_053 },
  ]);
  assert.deepEqual(addressesOf('dns:///order.shop.svc:50051'), [{ host: 'order.shop.svc', port: 50_051 }]);
  const settings = { ORDER_URL: grpcUrl({ desc: 'The URL of the orders.' }) };
  const many = Array.from({ length: 21 }, () => 'a:1').join();
  for (const wrong of [
    'http://order:1',
    'grpc://',
    'grpc://order',
    'grpc://order:0',
    'grpc://order:65536',
    'grpc://order:1,',
    'grpc://order:1,other',
    'grpc://order:1;other:2',
    'grpc://order:1/path',
    `grpc://${many}`,
    'dns://order:1',
  ])
    assert.throws(() => readConfig({ ORDER_URL: wrong }, settings), {
      name: 'StartError',
      message: `ORDER_URL is ${JSON.stringify(wrong)}, but must be a URL like grpc://host:50051, grpc://host:50051,other:50051 (up to 20) or dns:///host:50051. It is the URL of the orders.`,
    });
});
