import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite, test } from 'node:test';
import { givesUp, spawnProgram } from '#cmd/fritzy/test/program.ts';
import { programUrl } from '#cmd/container/programs.ts';

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
    assert.match(line, /^SEARCH_URL does not name a search engine/);
    const env = { SEARCH_URL: 'http://127.0.0.1:9', FRITZY_DATA: '/nonexistent' };
    const [database = ''] = await givesUp('cmd/container/main.ts', env, ['reindex']);
    assert.match(database, /^no catalog database found/);
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
