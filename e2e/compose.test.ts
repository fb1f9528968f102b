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

/** The files for containers against the table of services (cmd/services.ts). */

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** What this test reads of docker-compose.yml. */
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

/** The engines that are used because a program has the setting. */
const ENGINES: Readonly<Record<string, string>> = { SEARCH_URL: 'elasticsearch', CACHE_URL: 'redis' };
/** The programs of the image that are no services. */
const TOOLS = ['migrate'];
const PASSWORD = '${POSTGRES_PASSWORD:-fritzy}';

const services = await Promise.all(
  SERVICES.map(async ({ name, load }) => ({ name, settings: settingsOf((await load()).service) })),
);
const gateway = { name: GATEWAY.name, settings: (await GATEWAY.load()).settings };
const programs: readonly { name: string; settings: Settings }[] = [...services, gateway];
const urls = new Set(SERVICES.map(({ name }) => urlSetting(name)));
const topics = await allTopics();

/** What differs between the file and the table, one line each. */
function problemsOf(text: string): string[] {
  const compose = composeOf(text);
  const problems: string[] = [];
  const same = (what: string, actual: unknown, expected: unknown): void => {
    if (JSON.stringify(actual) !== JSON.stringify(expected))
      problems.push(`${what}: ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`);
  };
  const ofImage = Object.entries(compose.services).filter(([, { image }]) => image?.includes('FRITZY_IMAGE'));
  same(
    'programs',
    ofImage.map(([name]) => name).toSorted(),
    [...programs.map(({ name }) => name), ...TOOLS].toSorted(),
  );
  for (const { name, settings } of programs) {
    const { command, environment = {}, depends_on: dependsOn = {} } = compose.services[name] ?? {};
    same(`${name}: command`, command, [name]);
    for (const setting of requiredOf(settings))
      if (!environment[setting]) problems.push(`${name}: ${setting} is not set`);
    const engines = Object.keys(ENGINES).filter((setting) => setting in settings);
    for (const setting of engines)
      if (!environment[setting]?.includes(`//${ENGINES[setting]}:`)) problems.push(`${name}: ${setting}`);
    const called = SERVICES.filter((each) => urlSetting(each.name) in settings).map((each) => each.name);
    // Services start in any order; the gateway is opened when what stands behind it is there.
    const before = name === GATEWAY.name ? called : TOOLS;
    same(
      `${name}: depends_on`,
      Object.keys(dependsOn).toSorted(),
      [...before, ...engines.map((setting) => ENGINES[setting] ?? '')].toSorted(),
    );
  }
  for (const [name, { environment = {} }] of ofImage)
    for (const [setting, value] of Object.entries(environment)) {
      if (urls.has(setting)) same(`${name}: ${setting}`, value, urlInCompose(setting));
      if (name !== 'migrate' && !KNOWN.has(setting)) problems.push(`${name}: ${setting} is no setting`);
    }
  same('graphql: ports', compose.services[GATEWAY.name]?.ports, [
    `127.0.0.1:${GATEWAY.port}:${DEFAULT_PORTS.api}`,
  ]);
  problems.push(...databaseProblems(compose, same));
  return problems;
}

function databaseProblems(
  compose: Compose,
  same: (what: string, actual: unknown, expected: unknown) => void,
): string[] {
  const { depends_on: migrateAfter = {} } = compose.services['migrate'] ?? {};
  return SERVICES.flatMap(({ name }) => {
    const host = `${name}-db`;
    const setting = databaseSetting(name);
    const database = compose.services[host];
    same(`${host}: POSTGRES_DB`, database?.environment?.['POSTGRES_DB'], name);
    const [, port] = new RegExp(`^${setting}=.*@127\\.0\\.0\\.1:(\\d+)/${name}$`, 'm').exec(ENV) ?? [];
    same(`${host}: ports`, database?.ports, [`127.0.0.1:${port}:5432`]);
    for (const user of [name, 'migrate'])
      same(
        `${user}: ${setting}`,
        compose.services[user]?.environment?.[setting],
        `postgres://fritzy:${PASSWORD}@${host}:5432/${name}`,
      );
    return [
      ...(migrateAfter[host]?.condition === 'service_healthy' ? [] : [`migrate does not wait for ${host}`]),
      ...(`${name}-data` in compose.volumes ? [] : [`${name}-data is no volume`]),
    ];
  });
}

const ENV = read('scripts/compose.env');
const KNOWN = new Set(programs.flatMap(({ settings }) => Object.keys(settings)));

/** Those without a default. */
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
  test('it runs each service with its database, its settings and what it needs', () => {
    assert.deepEqual(problemsOf(COMPOSE), []);
  });

  for (const [what, good, bad] of [
    ['another command', 'command: [order]', 'command: [orders]'],
    ['another name', /^ {2}catalog:$/m, '  products:'],
    ['another database', 'POSTGRES_DB: order', 'POSTGRES_DB: orders'],
    ['the URL of another database', '@order-db:5432/order', '@account-db:5432/order'],
    ['another port of a database', '127.0.0.1:5434:5432', '127.0.0.1:5444:5432'],
    ['another port of gRPC', 'grpc://order:50051', 'grpc://order:50053'],
    ['a missing setting', /^ {2}EVENTS_URL: .*\n/m, ''],
    ['a misspelt setting', '  CURRENCY:', '  CURENCY:'],
    ['another port of the API', '127.0.0.1:8000:8000', '127.0.0.1:8000:8001'],
    [
      'a service that the gateway calls is not waited for',
      '      order: { condition: service_healthy }\n',
      '',
    ],
    ['tables that are not waited for', /environment: \*shop-databases\n {4}depends_on: \*migrated/, ''],
    ['a database that is not waited for', '      catalog-db: { condition: service_healthy }\n', ''],
    ['a program that the table does not know', /^volumes:$/m, '  x:\n    <<: *shop\n\nvolumes:'],
  ] as const)
    test(`known-bad twin: ${what}`, () => {
      const twin = COMPOSE.replace(good, bad);
      assert.notEqual(twin, COMPOSE);
      assert.notDeepEqual(problemsOf(twin), []);
    });

  test('it makes the topics that migrate makes, with the same settings', () => {
    assert.deepEqual(topicProblems(COMPOSE), []);
    assert.notDeepEqual(topicProblems(COMPOSE.replace(' order.created', '')), [], 'known-bad twin');
    assert.notDeepEqual(topicProblems(COMPOSE.replace('--partitions 6', '--partitions 8')), []);
  });

  test('scripts/compose.env names the ports that it publishes, all on loopback', () => {
    const containers = Object.values(composeOf(COMPOSE).services);
    const published = containers.flatMap(({ ports = [] }) => ports.map((port) => port.replace(/:\d+$/, '')));
    const named = ENV.match(/127\.0\.0\.1:\d+/g) ?? [];
    assert.deepEqual(new Set(published), new Set([...named, `127.0.0.1:${GATEWAY.port}`]));
  });

  test('every container has a bound on its memory, and all together stay below 4 GB', () => {
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

  test('listens on the ports that the programs have as defaults', () => {
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
    const lacking = (text: string): string[] =>
      programs.flatMap(({ name }) => (text.split('\n').includes(`!${name}`) ? [] : [name]));
    const ignored = read('.dockerignore');
    assert.deepEqual(lacking(ignored), []);
    assert.deepEqual(lacking(ignored.replace('!order\n', '')), ['order'], 'known-bad twin');
  });
});
