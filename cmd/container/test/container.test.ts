import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite, test } from 'node:test';
import { failureLines, spawnProgram } from '#cmd/fritzy/test/program.ts';
import { programUrl } from '#cmd/container/programs.ts';

const PROGRAMS = [
  'account',
  'catalog',
  'order',
  'graphql',
  'migrate',
  'token',
  'rotate-keys',
  'dlq',
  'reindex',
  'search-report',
];

suite('the first argument of the image', () => {
  test('selects a program whose entry file exists', () => {
    for (const name of PROGRAMS) assert.ok(existsSync(programUrl(name)), name);
  });

  test('is removed: the program receives only the other arguments', async () => {
    const lines = await failureLines('cmd/container/main.ts', {}, ['migrate', 'down']);
    assert.deepEqual(lines, ['the command must be up or status: node cmd/migrate/main.ts up|status.']);
    const [line = ''] = await failureLines('cmd/container/main.ts', {}, ['dlq', 'purge']);
    assert.match(line, /^the command must be list or replay: /);
  });

  test('runs reindex, which reports a missing setting', async () => {
    const [line = ''] = await failureLines('cmd/container/main.ts', {}, ['reindex']);
    assert.match(line, /^SEARCH_URL does not name a search engine/);
    const env = { SEARCH_URL: 'http://127.0.0.1:9', FRITZY_DATA: '/nonexistent' };
    const [database = ''] = await failureLines('cmd/container/main.ts', env, ['reindex']);
    assert.match(database, /^no catalog database found/);
  });

  for (const args of [[], ['toString'], ['../fritzy/main.ts']])
    test(`${JSON.stringify(args)} is rejected with one line that lists the programs`, async () => {
      const [line = ''] = await failureLines('cmd/container/main.ts', {}, args);
      assert.equal(line, `the first argument must be one of ${PROGRAMS.join(', ')}.`);
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

  test('passes if /healthz of the service or of the gateway answers 200', async () => {
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

  test('fails with one line if neither port answers 200', async () => {
    const broken: RequestListener = (_, response) => void response.writeHead(500).end();
    await withServer(broken, async (port) => {
      const [line = ''] = await failureLines('cmd/healthcheck/main.ts', { PORT: port, ADMIN_PORT: '1' });
      assert.match(line, /^not alive: .* answered 500/);
    });
  });
});
