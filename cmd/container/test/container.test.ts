import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite, test } from 'node:test';
import { givesUp, spawnProgram } from '#cmd/fritzy/test/program.ts';
import { programUrl } from '#cmd/container/programs.ts';
import { ALL_TOPICS } from '#cmd/topics.ts';
import { DEAD_LETTER_RETENTION_MS, PARTITIONS, RETENTION_MS } from '#platform/events/event.ts';
import { MESSAGE_BYTES_MAX } from '#platform/events/kafka-cluster.ts';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const PROGRAMS = ['account', 'catalog', 'order', 'graphql', 'migrate', 'dlq', 'reindex'];

suite('the argument of the image', () => {
  test('names a program that is there', () => {
    for (const name of PROGRAMS) assert.ok(existsSync(programUrl(name)), name);
  });

  test('is passed on without itself: the program sees its own arguments', async () => {
    const lines = await givesUp('cmd/container/main.ts', {}, ['migrate', 'down']);
    assert.deepEqual(lines, ['say what to do: node cmd/migrate/main.ts up, or status.']);
    const [line = ''] = await givesUp('cmd/container/main.ts', {}, ['dlq', 'purge']);
    assert.match(line, /^say what to do: node cmd\/dlq\/main\.ts list, or replay/);
  });

  test('reindex runs from it, and says what it lacks', async () => {
    const [line = ''] = await givesUp('cmd/container/main.ts', {}, ['reindex']);
    assert.match(line, /^SEARCH_URL names no search engine/);
    const env = { SEARCH_URL: 'http://127.0.0.1:9', FRITZY_DATA: '/nonexistent' };
    const [database = ''] = await givesUp('cmd/container/main.ts', env, ['reindex']);
    assert.match(database, /^no catalog database is found/);
  });

  for (const args of [[], ['toString'], ['../fritzy/main.ts']])
    test(`${JSON.stringify(args)} is refused in a line that names what there is`, async () => {
      const [line = ''] = await givesUp('cmd/container/main.ts', {}, args);
      assert.equal(line, `say what to run: one of ${PROGRAMS.join(', ')}.`);
    });
});

suite('the health check of the image', () => {
  async function withServer(answer: RequestListener, work: (port: string) => Promise<void>): Promise<void> {
    const server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await work(String((server.address() as AddressInfo).port));
    } finally {
      server.close();
      server.closeAllConnections();
    }
  }
  const check = (env: Readonly<Record<string, string>>) => spawnProgram('cmd/healthcheck/main.ts', env);

  test('passes if the service or the gateway says that it lives', async () => {
    const healthz: RequestListener = ({ url }, response) =>
      void response.writeHead(url === '/healthz' ? 200 : 404).end();
    await withServer(healthz, async (port) => {
      for (const env of [
        { PORT: port, ADMIN_PORT: '1' },
        { PORT: '1', ADMIN_PORT: port },
      ] as const) {
        await using program = check(env);
        assert.equal(await program.ended, 0, program.stderr());
      }
    });
  });

  test('fails with a line if nobody answers, or answers with an error', async () => {
    const broken: RequestListener = (_, response) => void response.writeHead(500).end();
    await withServer(broken, async (port) => {
      const [line = ''] = await givesUp('cmd/healthcheck/main.ts', { PORT: port, ADMIN_PORT: '1' });
      assert.match(line, /^not alive: .*answers 500/);
    });
  });
});

suite('what is said twice is the same', () => {
  const compose = read('docker-compose.yml');

  test('scripts/compose.env names the ports that docker-compose.yml publishes, all on loopback', () => {
    const published = Array.from(
      compose.matchAll(/'([\d.]+):(\d+):\d+'/g),
      ([, host, port]) => `${host}:${port}`,
    );
    const named = read('scripts/compose.env').match(/127\.0\.0\.1:\d+/g) ?? [];
    assert.deepEqual(new Set(published), new Set([...named, '127.0.0.1:8000']));
    assert.equal(published.length, (compose.match(/^ +ports: /gm) ?? []).length);
  });

  test('docker-compose.yml makes the topics that migrate makes, with the same settings', () => {
    const [, names = ''] = /for topic in (.*); do/.exec(compose) ?? [];
    assert.deepEqual(
      names.split(' ').flatMap((name) => [name, `${name}.dlq`]),
      ALL_TOPICS,
    );
    assert.match(compose, new RegExp(`"\\$\\$topic" ${RETENTION_MS} `));
    assert.match(compose, new RegExp(`"\\$\\$topic\\.dlq" ${DEAD_LETTER_RETENTION_MS} `));
    assert.match(compose, new RegExp(`--partitions ${PARTITIONS} `));
    assert.match(compose, new RegExp(`604800000 ${MESSAGE_BYTES_MAX} &&`));
  });

  test('every service has a bound on its memory, and all together stay below 4 GB', () => {
    const limits = memoryLimits(compose);
    const services = Object.keys(limits);
    assert.ok(services.includes('kafka-3') && services.includes('graphql'), services.join());
    const totalMib = Object.values(limits).reduce((sum, mib) => sum + mib, 0);
    assert.ok(totalMib * 1_048_576 < 4_000_000_000, `${totalMib} MiB`);
    assert.throws(() => memoryLimits(compose.replace('mem_limit: 80m', '')), /redis/, 'known-bad twin');
  });
});

/** Mebibytes by service: its own limit, or that of the block of defaults that it starts from. */
function memoryLimits(compose: string): Record<string, number> {
  const blockOf = (text: string): number | undefined => {
    const [, mib] = /^ +mem_limit: (\d+)m$/m.exec(text) ?? [];
    return mib === undefined ? undefined : Number(mib);
  };
  const defaults = new Map(
    Array.from(compose.matchAll(/^x-[\w-]+: &([\w-]+)\n((?: .*\n|\n)*)/gm), ([, name = '', text = '']) => [
      name,
      text,
    ]),
  );
  const [, services = ''] = /^services:\n((?: .*\n|\n)*)/m.exec(compose) ?? [];
  return Object.fromEntries(
    Array.from(
      services.matchAll(/^ {2}([\w-]+):\n((?: {4}.*\n|\n| +#.*\n)*)/gm),
      ([, name = '', text = '']) => {
        const [, alias = ''] = /^ {4}<<: \*([\w-]+)$/m.exec(text) ?? [];
        const mib = blockOf(text) ?? blockOf(defaults.get(alias) ?? '');
        assert.ok(mib, `${name} has no memory limit`);
        return [name, mib];
      },
    ),
  );
}
