import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { parse } from 'yaml';
import { databaseSetting, GATEWAY, SERVICES, urlSetting } from '#cmd/services.ts';
import { allTopics } from '#cmd/topics.ts';
import type { Settings } from '#platform/config.ts';
import { DEAD_LETTER_RETENTION_MS, PARTITIONS, RETENTION_MS } from '#platform/events/event.ts';
import { MESSAGE_BYTES_MAX } from '#platform/events/kafka-cluster.ts';
import { DEFAULT_PORTS } from '#platform/ports.ts';
import { settingsOf } from '#platform/service.ts';

/** Compares the container files with the table of services (cmd/services.ts). */

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** The part of docker-compose.yml that this test reads. */
interface Compose {
  readonly services: Readonly<Record<string, Container>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}
interface Container {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly mem_limit?: string;
}

const composeOf = (text: string): Compose => parse(text, { merge: true }) as Compose;
const COMPOSE = read('docker-compose.yml');

/** The container of the engine that a setting requires. */
const ENGINES: Readonly<Record<string, string>> = { SEARCH_URL: 'elasticsearch', CACHE_URL: 'redis' };
/** The programs of the image that are not services. */
const TOOLS = ['migrate'];
const PASSWORD = '${POSTGRES_PASSWORD:-fritzy}';

const services = await Promise.all(
  SERVICES.map(async ({ name, load }) => ({ name, settings: settingsOf((await load()).service) })),
);
const gateway = { name: GATEWAY.name, settings: (await GATEWAY.load()).settings };
const programs: readonly { name: string; settings: Settings }[] = [...services, gateway];
const urls = new Set(SERVICES.map(({ name }) => urlSetting(name)));
const topics = await allTopics();

/** The differences between the file and the table, one line each. */
function problemsOf(text: string): string[] {
  const compose = composeOf(text);
  const problems: string[] = [];
  const expectSame = (subject: string, actual: unknown, expected: unknown): void => {
    if (JSON.stringify(actual) !== JSON.stringify(expected))
      problems.push(`${subject}: ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`);
  };
  const ofImage = Object.entries(compose.services).filter(([, { image }]) => image?.includes('FRITZY_IMAGE'));
  expectSame(
    'programs',
    ofImage.map(([name]) => name).toSorted(),
    [...programs.map(({ name }) => name), ...TOOLS].toSorted(),
  );
  for (const { name, settings } of programs) {
    const { command, environment = {}, depends_on: dependsOn = {} } = compose.services[name] ?? {};
    expectSame(`${name}: command`, command, [name]);
    for (const setting of requiredOf(settings))
      if (!environment[setting]) problems.push(`${name}: ${setting} is not set`);
    const engines = Object.keys(ENGINES).filter((setting) => setting in settings);
    for (const setting of engines)
      if (!environment[setting]?.includes(`//${ENGINES[setting]}:`)) problems.push(`${name}: ${setting}`);
    const called = SERVICES.filter((each) => urlSetting(each.name) in settings).map((each) => each.name);
    // Services start in any order; the gateway starts after the services that it calls.
    const before = name === GATEWAY.name ? called : TOOLS;
    expectSame(
      `${name}: depends_on`,
      Object.keys(dependsOn).toSorted(),
      [...before, ...engines.map((setting) => ENGINES[setting] ?? '')].toSorted(),
    );
  }
  for (const [name, { environment = {} }] of ofImage)
    for (const [setting, value] of Object.entries(environment)) {
      if (urls.has(setting)) expectSame(`${name}: ${setting}`, value, urlInCompose(setting));
      if (name !== 'migrate' && !KNOWN_SETTINGS.has(setting))
        problems.push(`${name}: ${setting} is not a setting`);
    }
  expectSame('graphql: ports', compose.services[GATEWAY.name]?.ports, [
    `127.0.0.1:${GATEWAY.port}:${DEFAULT_PORTS.api}`,
  ]);
  problems.push(...databaseProblems(compose, expectSame));
  return problems;
}

function databaseProblems(
  compose: Compose,
  expectSame: (subject: string, actual: unknown, expected: unknown) => void,
): string[] {
  const { depends_on: migrateAfter = {} } = compose.services['migrate'] ?? {};
  return SERVICES.flatMap(({ name }) => {
    const host = `${name}-db`;
    const setting = databaseSetting(name);
    const database = compose.services[host];
    expectSame(`${host}: POSTGRES_DB`, database?.environment?.['POSTGRES_DB'], name);
    const [, port] = new RegExp(`^${setting}=.*@127\\.0\\.0\\.1:(\\d+)/${name}$`, 'm').exec(ENV) ?? [];
    expectSame(`${host}: ports`, database?.ports, [`127.0.0.1:${port}:5432`]);
    for (const user of [name, 'migrate'])
      expectSame(
        `${user}: ${setting}`,
        compose.services[user]?.environment?.[setting],
        `postgres://fritzy:${PASSWORD}@${host}:5432/${name}`,
      );
    return [
      ...(migrateAfter[host]?.condition === 'service_healthy' ? [] : [`migrate does not wait for ${host}`]),
      ...(`${name}-data` in compose.volumes ? [] : [`${name}-data is not a volume`]),
    ];
  });
}

const ENV = read('scripts/compose.env');
const KNOWN_SETTINGS = new Set(programs.flatMap(({ settings }) => Object.keys(settings)));

/** The settings without a default. */
const requiredOf = (settings: Settings): string[] =>
  Object.entries(settings).flatMap(([name, spec]) => ('default' in spec ? [] : [name]));

function urlInCompose(setting: string): string {
  const called = SERVICES.find(({ name }) => urlSetting(name) === setting);
  return `grpc://${called?.name}:${DEFAULT_PORTS.grpc}`;
}

function topicProblems(text: string): string[] {
  const [, names = ''] = /for topic in (.*); do/.exec(text) ?? [];
  const expected = [
    `"$$topic" ${RETENTION_MS} ${MESSAGE_BYTES_MAX} `,
    `"$$topic.dlq" ${DEAD_LETTER_RETENTION_MS} `,
    `--partitions ${PARTITIONS} `,
  ];
  const missing = topics.filter((topic) => !names.split(' ').includes(topic));
  const unknown = names.split(' ').filter((name) => !topics.includes(name));
  return [...missing, ...unknown, ...expected.filter((part) => !text.includes(part))];
}

suite('docker-compose.yml against the table of services', () => {
  test('each service runs with its database, its settings and its dependencies', () => {
    assert.deepEqual(problemsOf(COMPOSE), []);
  });

  for (const [difference, good, bad] of [
    ['another command', 'command: [order]', 'command: [orders]'],
    ['another name', /^ {2}catalog:$/m, '  products:'],
    ['another database', 'POSTGRES_DB: order', 'POSTGRES_DB: orders'],
    ['the URL of another database', '@order-db:5432/order', '@account-db:5432/order'],
    ['another database port', '127.0.0.1:5434:5432', '127.0.0.1:5444:5432'],
    ['another gRPC port', 'grpc://order:50051', 'grpc://order:50053'],
    ['a missing setting', /^ {2}EVENTS_URL: .*\n/m, ''],
    ['a misspelt setting', '  CURRENCY:', '  CURENCY:'],
    ['another API port', '127.0.0.1:8000:8000', '127.0.0.1:8000:8001'],
    ['a gateway that does not wait for a service', '      order: { condition: service_healthy }\n', ''],
    [
      'a service that does not wait for migrate',
      /environment: \*shop-databases\n {4}depends_on: \*migrated/,
      '',
    ],
    ['a migrate that does not wait for a database', '      catalog-db: { condition: service_healthy }\n', ''],
    ['a program that is not in the table', /^volumes:$/m, '  x:\n    <<: *shop\n\nvolumes:'],
  ] as const)
    test(`known-bad twin: ${difference}`, () => {
      const twin = COMPOSE.replace(good, bad);
      assert.notEqual(twin, COMPOSE);
      assert.notDeepEqual(problemsOf(twin), []);
    });

  test('Compose and migrate create the same topics with the same settings', () => {
    assert.deepEqual(topicProblems(COMPOSE), []);
    assert.notDeepEqual(topicProblems(COMPOSE.replace(' order.created', '')), [], 'known-bad twin');
    assert.notDeepEqual(topicProblems(COMPOSE.replace('--partitions 6', '--partitions 8')), []);
  });

  test('scripts/compose.env names every published port; all ports are on loopback', () => {
    const containers = Object.values(composeOf(COMPOSE).services);
    const published = containers.flatMap(({ ports = [] }) => ports.map((port) => port.replace(/:\d+$/, '')));
    const named = ENV.match(/127\.0\.0\.1:\d+/g) ?? [];
    assert.deepEqual(new Set(published), new Set([...named, `127.0.0.1:${GATEWAY.port}`]));
  });

  test('every container has a memory limit, and the sum is below 4 GB', () => {
    const totalMib = memoryMib(COMPOSE);
    assert.ok(totalMib * 1_048_576 < 4_000_000_000, `${totalMib} MiB`);
    assert.throws(() => memoryMib(COMPOSE.replace('mem_limit: 80m', '')), /redis/, 'known-bad twin');
  });
});

function memoryMib(text: string): number {
  const limits = Object.entries(composeOf(text).services).map(([name, { mem_limit: limit = '' }]) => {
    const [, mib] = /^(\d+)m$/.exec(limit) ?? [];
    assert.ok(mib, `${name} has no memory limit`);
    return Number(mib);
  });
  return limits.reduce((sum, mib) => sum + mib, 0);
}

suite('the image', () => {
  const dockerfile = read('Dockerfile');

  test('listens on the default ports of the programs', () => {
    for (const [pattern, port] of [
      [/^ +PORT=(\d+)/m, DEFAULT_PORTS.api],
      [/^ +LISTEN=0\.0\.0\.0:(\d+)/m, DEFAULT_PORTS.grpc],
      [/^ +ADMIN_PORT=(\d+)/m, DEFAULT_PORTS.admin],
    ] as const)
      assert.equal(Number(pattern.exec(dockerfile)?.[1]), port);
    const { api, grpc, admin } = DEFAULT_PORTS;
    assert.match(dockerfile, new RegExp(`^EXPOSE ${api} ${grpc} ${admin}$`, 'm'));
  });

  test('contains the folder of each service', () => {
    const missingFolders = (text: string): string[] =>
      programs.flatMap(({ name }) => (text.split('\n').includes(`!${name}`) ? [] : [name]));
    const ignored = read('.dockerignore');
    assert.deepEqual(missingFolders(ignored), []);
    assert.deepEqual(missingFolders(ignored.replace('!order\n', '')), ['order'], 'known-bad twin');
  });
});
