import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { test } from 'node:test';
import { listenError } from '#platform/listen-error.ts';

const names = { settings: { host: 'HOST', port: 'PORT' }, otherPort: 9_000 };

/** The real error of listening on this address. */
async function failure(host: string, port: number): Promise<NodeJS.ErrnoException> {
  const server = createServer();
  const failed = once(server, 'error') as Promise<[NodeJS.ErrnoException]>;
  server.listen(port, host);
  return (await failed)[0];
}

test('the error for an address of another machine names only the host setting', async () => {
  for (const host of ['nonsense.invalid', '192.0.2.1', '2001:db8::1', 'fe80::1']) {
    const message = listenError(await failure(host, 0), { host, port: 8_000, ...names }).message;
    assert.match(message, /^HOST is "[^"]+", which is not an address of this machine \(.+\): set it to 127/);
    // Known-bad twin: a message that always names the port.
    assert.doesNotMatch(message, /PORT|8000/);
  }
});

test('the error for a port in use names the port setting and another port', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  assert.ok(typeof address === 'object' && address !== null);
  const { port } = address;
  const error = await failure('127.0.0.1', port);
  other.close();
  const { message } = listenError(error, { host: '127.0.0.1', port, ...names });
  assert.match(message, new RegExp(`^port ${port} is in use by another program: .* e\\.g\\. PORT=9000$`));
});

test('the error for a privileged port names the port setting', () => {
  // The error of Node for a user without permission for ports below 1024, which depends on the machine.
  const error = Object.assign(new Error('listen EACCES: permission denied 127.0.0.1:80'), { code: 'EACCES' });
  const { message } = listenError(error, { host: '127.0.0.1', port: 80, ...names });
  assert.match(message, /^port 80 is not permitted for this user: set PORT to 1024 or more/);
});

test('the suggested port is never the one in use', () => {
  const error = Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE' });
  assert.match(listenError(error, { host: '127.0.0.1', port: 9_000, ...names }).message, /PORT=9001$/);
});
