import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { after, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '#platform/postgres/pool.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { openTestPostgres } from '#testkit/postgres.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const postgres = stack.use(await openTestPostgres());
const url = await postgres.createDatabase('empty');

/** ReadyForQuery, and the ErrorResponse of a server that shuts down (PostgreSQL manual, "Message Formats"). */
const READY = Buffer.from('Z\0\0\0\u0005I', 'latin1');
const FIELDS = Buffer.from('SFATAL\0C57P01\0Mterminating connection\0\0', 'latin1');
const SHUTDOWN = Buffer.concat([Buffer.from([0x45, 0, 0, 0, FIELDS.length + 4]), FIELDS]);

/** A proxy that closes each connection in the same bytes that report that it is ready. */
async function openBreakingProxy(): Promise<string> {
  const { hostname, port } = new URL(url);
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) socket.on('error', () => {});
    near.pipe(far);
    far.on('data', (bytes: Buffer) =>
      near.write(bytes.includes(READY) ? Buffer.concat([bytes, SHUTDOWN]) : bytes),
    );
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => void server.close());
  const proxyUrl = new URL(url);
  proxyUrl.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxyUrl.href;
}

suite('a connection that the server closes as it opens', () => {
  test('rejects its caller with UNAVAILABLE', async () => {
    await using database = openDatabase({
      url: await openBreakingProxy(),
      name: 'test',
      telemetry: createTelemetry(),
    });
    await assert.rejects(database.query({ name: 'one', text: 'SELECT 1' }, []), { reason: 'UNAVAILABLE' });
  });

  test('known-bad twin: a pool whose new connections have no error listener ends the process', async () => {
    const program = `
      import pg from 'pg';
      const pool = new pg.Pool({ connectionString: ${JSON.stringify(await openBreakingProxy())} });
      pool.on('error', () => {});
      const client = await pool.connect();
      client.on('error', () => {});
      client.release(true);
      await pool.end();`;
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const [status] = (await once(child, 'close')) as [number | null];
    assert.equal(status, 1);
    assert.match(errors, /terminating connection/);
  });
});
