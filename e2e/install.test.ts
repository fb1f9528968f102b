import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { mountSmallDisk, needsMount } from '#testkit/small-disk.ts';

/** `make install` on a fresh clone: scripts/install.sh reports each problem in one line. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FILES = ['Makefile', 'package.json', 'package-lock.json', '.npmrc', 'scripts/install.sh'];
const LINE_DEADLINE_MS = 20_000;
const NODE_18 = `node-${process.platform}-${process.arch}@18`;

const run = promisify(execFile);
const scratch = mkdtempSync(join(tmpdir(), 'install-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
let folders = 0;

function newFolder(): string {
  folders += 1;
  const folder = join(scratch, String(folders));
  mkdirSync(folder);
  return folder;
}

/** Copies the files that `make install` reads. */
function freshClone(folder = newFolder()): string {
  for (const file of [...FILES, 'cmd/fritzy/node-flags']) cpSync(join(ROOT, file), join(folder, file));
  return folder;
}

/** A clone whose only package is a local file of 8 MB, so that installing it needs no network. */
function tinyClone(): string {
  const folder = freshClone();
  const content = join(newFolder(), 'package');
  mkdirSync(content);
  writeFileSync(join(content, 'package.json'), JSON.stringify({ name: 'big', version: '1.0.0' }));
  writeFileSync(join(content, 'blob'), crypto.getRandomValues(new Uint8Array(65_536)));
  for (let part = 1; part <= 8; part++)
    writeFileSync(
      join(content, `blob-${part}`),
      Buffer.alloc(1_048_576, crypto.getRandomValues(new Uint8Array(65_536))),
    );
  execFileSync('tar', ['cf', join(folder, 'big.tgz'), '-C', dirname(content), 'package']);
  const project = { name: 'tiny', version: '1.0.0', private: true, dependencies: { big: 'file:big.tgz' } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(project));
  rmSync(join(folder, 'package-lock.json'));
  execFileSync('npm', ['install', '--package-lock-only', '--offline'], { cwd: folder, env: environment({}) });
  return folder;
}

/** PATH without node_modules, because a fresh clone contains no Node, and without other settings of the developer. */
function environment(more: Readonly<Record<string, string>>): Record<string, string> {
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((entry) => !entry.includes('node_modules'));
  return { PATH: path.join(delimiter), HOME: scratch, npm_config_cache: join(scratch, 'cache'), ...more };
}

interface Outcome {
  readonly code: number | null;
  /** The lines of standard error without the error line of make. */
  readonly lines: readonly string[];
}

async function make(
  folder: string,
  env: Readonly<Record<string, string>>,
  prefix: readonly string[] = [],
): Promise<Outcome> {
  const child = spawn('env', [...prefix, 'make', 'install'], {
    cwd: folder,
    env: environment(env),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));
  const timeout = setTimeout(() => child.kill('SIGKILL'), 4 * LINE_DEADLINE_MS);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timeout);
  return { code, lines: text.split('\n').filter((line) => line !== '' && !line.startsWith('make: ***')) };
}

function assertOneLine({ code, lines }: Outcome, expected: RegExp): void {
  assert.notEqual(code, 0);
  assert.equal(lines.length, 1, lines.join('\n'));
  assert.match(lines[0] ?? '', expected);
}

/** Starts a server on loopback, which is closed after the tests. */
async function listening(server: Server): Promise<string> {
  after(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

suite('without network, make on a fresh clone fails with one line within 20 s', () => {
  const expected =
    /^fritzy: the npm registry http\S+ cannot be reached \(\w.*\): check the network or the proxy/;

  test(
    'no network interface',
    { skip: needsMount && 'needs Linux and root to create a network namespace' },
    async () => {
      const startedMs = performance.now();
      assertOneLine(await make(freshClone(), {}, ['unshare', '--net']), expected);
      assert.ok(performance.now() - startedMs < LINE_DEADLINE_MS);
    },
  );

  test('a registry that refuses connections, and one that never answers', async () => {
    // An open socket must not keep the test process running.
    const silent = createTcpServer((socket) => void socket.unref());
    const silentUrl = await listening(silent);
    for (const registry of ['http://127.0.0.1:1', silentUrl]) {
      const startedMs = performance.now();
      // Known-bad twin: plain `npm ci`, started at the same time, is still waiting when the line appears.
      const knownBad = spawn('npm', ['ci'], {
        cwd: freshClone(),
        env: environment({ npm_config_registry: registry }),
        stdio: 'ignore',
      });
      assertOneLine(await make(freshClone(), { npm_config_registry: registry }), expected);
      assert.ok(performance.now() - startedMs < LINE_DEADLINE_MS, registry);
      assert.equal(knownBad.exitCode, null, 'npm ci ended first');
      knownBad.kill('SIGKILL');
      await once(knownBad, 'close');
    }
  });
});

test('a registry that takes two seconds for its first answer is used', async () => {
  const slow = createServer((_request, response) => void delay(2_000).then(() => response.end('{}')));
  const folder = tinyClone();
  const { code, lines } = await make(folder, { npm_config_registry: await listening(slow) });
  assert.deepEqual({ code, lines }, { code: 0, lines: [] });
  assert.ok(existsSync(join(folder, 'node_modules', 'big', 'blob')));
});

test('without network, packages from local files are installed', async () => {
  const folder = tinyClone();
  const { code } = await make(folder, { npm_config_registry: 'http://127.0.0.1:1' });
  assert.equal(code, 0);
});

test('Node 18 is rejected before anything is installed', async (t) => {
  const prefix = newFolder();
  try {
    const options = ['--no-save', '--no-audit', '--no-fund', '--fetch-retries=0', '--fetch-timeout=60000'];
    await run('npm', ['install', ...options, '--prefix', prefix, NODE_18], { env: { ...process.env } });
  } catch (error) {
    if (process.env['CI']) throw error;
    t.skip(`cannot install ${NODE_18} from npm`);
    return;
  }
  const env = environment({});
  const path = [join(prefix, 'node_modules', '.bin'), env['PATH']].join(delimiter);
  const folder = freshClone();
  assertOneLine(
    await make(folder, { PATH: path }),
    /^fritzy: Node v18\.\S+ is too old: install Node 20 or newer/,
  );
  assert.ok(!existsSync(join(folder, 'node_modules')));
  // Known-bad twin: a supported Node passes the version check.
  assertOneLine(await make(folder, { npm_config_registry: 'http://127.0.0.1:1' }), /cannot be reached/);
});

suite('a disk too small for the packages is reported in one line', { skip: needsMount }, () => {
  const expected =
    /^fritzy: the disk is full: \S+ has \d+ MiB free, npm's cache \S+ has \d+ MiB; .*: free some space and try again\.$/;

  test('a full disk of the clone is reported before npm runs', async () => {
    using disk = mountSmallDisk('size=30m');
    const folder = freshClone(disk.folder);
    assertOneLine(await make(folder, { npm_config_registry: 'http://127.0.0.1:1' }), expected);
    assert.ok(!existsSync(join(folder, 'node_modules')));
  });

  test('a full disk of the npm cache is reported when npm fails', async () => {
    const registry = createServer((_request, response) => void response.end('{}'));
    const npm = { npm_config_registry: await listening(registry) };
    const folder = tinyClone();
    using disk = mountSmallDisk('size=2m');
    assertOneLine(await make(folder, { ...npm, npm_config_cache: disk.folder }), expected);
    assert.ok(!existsSync(join(folder, 'node_modules', '.package-lock.json')));
    // Known-bad twin: with enough space, the same project is installed.
    assert.equal((await make(folder, npm)).code, 0);
  });
});

test('the required disk space is between 1 and 1.5 times the size of the packages', () => {
  const [, required] =
    /^PACKAGES_MIB=(\d+)$/m.exec(readFileSync(join(ROOT, 'scripts/install.sh'), 'utf8')) ?? [];
  const [used] = execFileSync('du', ['-sm', join(ROOT, 'node_modules')], { encoding: 'utf8' }).split('\t');
  assert.ok(
    Number(required) >= Number(used) && Number(required) < 1.5 * Number(used),
    `${used} MiB used, ${required} MiB required`,
  );
});
