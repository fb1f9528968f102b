import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { needsProc, newFolder, processesIn, temporaryFolders } from '#platform/test/embedded-server-owner.ts';
import { eventually, postGraphQL } from '#testkit/shop.ts';
import { welcome } from '#cmd/fritzy/welcome.ts';
import { spawnProgram, startShop } from './program.ts';

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const IDLE_MB_MAX = 200;
const COLUMNS_MAX = 100;

function lacks(...programs: string[]): string | false {
  const missing = programs.filter((name) => {
    try {
      execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
  return missing.length > 0 && `needs ${missing.join(' and ')}`;
}

/** The commands in the output of `make run`: the paragraphs that call curl. */
function commandsOf(output: string): string[] {
  return output.split(/\n{2,}/).filter((paragraph) => paragraph.includes('curl '));
}

function tooWideLines(text: string): string[] {
  return text.split('\n').filter((line) => line.length > COLUMNS_MAX);
}

async function createAccount(url: string): Promise<string> {
  const { data } = await postGraphQL(url, {
    query: 'mutation { createAccount(account: { name: "Kept" }) { id } }',
  });
  return String(data.createAccount.id);
}

/** Runs commands in a shell. Returns the last line of the output and the whole output. */
async function paste(shell: string, commands: readonly string[]): Promise<{ last: string; output: string }> {
  const { stdout } = await run(shell, ['-c', `{\n${commands.join('\n')}\n} 2>&1`]);
  return { last: stdout.trim().split('\n').at(-1) ?? '', output: stdout };
}

suite('make run, after the start', async () => {
  const folder = newFolder();
  const shop = await startShop(folder);
  after(() => shop[Symbol.asyncDispose]());

  test(`uses at most ${IDLE_MB_MAX} MB of memory when idle`, { skip: needsProc }, async () => {
    assert.ok(residentMb(shop.pid) <= IDLE_MB_MAX, `${residentMb(shop.pid)} MB`);
    // Known-bad twin: the measurement shows 200 MB more in this process.
    const ballast = Buffer.alloc(IDLE_MB_MAX * 1_048_576, 1);
    assert.ok(residentMb(process.pid) > IDLE_MB_MAX, `${ballast.length} bytes`);
  });

  for (const shell of ['sh', 'bash']) {
    test(
      `prints three commands that work in that order, pasted into ${shell}`,
      { skip: lacks(shell, 'curl') },
      async () => {
        const commands = commandsOf(shop.stdout());
        assert.equal(commands.length, 3);
        const { last, output } = await paste(shell, commands);
        const { data } = JSON.parse(last) as { data: { createOrder: { totalPrice: number } } };
        assert.equal(data.createOrder.totalPrice, 2399.98);
        assert.match(output, /"name":"John Doe"[^]*"name":"iPhone 15 Pro","price":1199.99/);
        // Known-bad twin: without the first command, the order has no account.
        assert.match((await paste(shell, commands.slice(1))).last, /"code":"INVALID_ARGUMENT"/);
      },
    );
  }

  test('prints the URLs of the API and the metrics and the data folder, and nothing on standard error', async () => {
    assert.match(shop.stdout(), new RegExp(`Data: +${folder}\\n`));
    const [metrics = ''] = /http:\S+\/metrics/.exec(shop.stdout()) ?? [];
    assert.match(await (await fetch(metrics)).text(), /^# HELP /);
    assert.equal((await fetch(`${shop.url}/readyz`)).status, 200);
    assert.equal(shop.stderr(), '');
  });
});

test('the start message is at most 100 columns wide', () => {
  const text = welcome({
    host: '127.0.0.1',
    port: 65_535,
    folder: '/data',
    playground: true,
    tokens: '/data',
  });
  assert.deepEqual(tooWideLines(text), []);
  // Known-bad twin: each command on one line.
  assert.equal(
    tooWideLines(
      commandsOf(text)
        .map((command) => command.replaceAll('\n', ' '))
        .join('\n'),
    ).length,
    3,
  );
});

test('the start message contains the URL at which the API is reachable', () => {
  for (const [host, url] of [
    ['127.0.0.1', 'http://localhost:8000/graphql'],
    ['0.0.0.0', 'http://localhost:8000/graphql'],
    ['192.168.1.5', 'http://192.168.1.5:8000/graphql'],
    ['fe80::1', 'http://[fe80::1]:8000/graphql'],
    ['2001:db8:1234:5678::9abc', 'http://[2001:db8:1234:5678::9abc]:8000/graphql'],
  ] as const) {
    const shop = { host, port: 8_000, folder: '/data', tokens: '.fritzy' };
    assert.doesNotMatch(welcome({ ...shop, playground: false }), /playground/);
    const text = welcome({ ...shop, playground: true });
    assert.match(text, /playground/);
    assert.ok(text.includes(`Fritzy is running:  ${url} `), text);
    assert.equal(commandsOf(text).length, 3);
    for (const command of commandsOf(text))
      assert.match(command, new RegExp(`^}' ${RegExp.escape(url)}\\)?$`, 'm'));
    assert.deepEqual(tooWideLines(text), []);
  }
});

suite('make run', () => {
  const folder = newFolder();
  const accounts: string[] = [];
  for (const [signal, to] of [
    ['SIGINT', 'program'],
    ['SIGTERM', 'program'],
    ['SIGINT', 'group'],
    ['SIGTERM', 'group'],
  ] as const) {
    test(`${signal} to the ${to} stops it with status 0; no process is left and no data is lost`, async () => {
      await using shop = await startShop(folder);
      for (const id of accounts) {
        const { data } = await postGraphQL(shop.url, { query: `{ account(id: "${id}") { name } }` });
        assert.deepEqual(data, { account: { name: 'Kept' } });
      }
      accounts.push(await createAccount(shop.url));
      if (needsProc === false) assert.notDeepEqual(processesIn(folder), []);
      shop.signal(signal, to);
      assert.equal(await shop.ended, 0, shop.stderr());
      assert.deepEqual(processesIn(folder), []);
      assert.equal(shop.stderr(), '');
    });
  }

  test('a signal during the first start stops it with status 0', async () => {
    const folder = newFolder();
    await using shop = spawnProgram('cmd/fritzy/main.ts', { FRITZY_DATA: folder, PORT: '0' });
    await eventually(() =>
      assert.ok(temporaryFolders(folder).length > 0 || existsSync(join(folder, 'postgres'))),
    );
    shop.signal('SIGINT', 'group');
    assert.equal(await shop.ended, 0, shop.stderr());
    assert.deepEqual(processesIn(folder), []);
  });

  test(
    'root can use a data folder that only root can access',
    { skip: !isRoot && 'needs root' },
    async () => {
      const folder = join(newFolder(), 'private', 'data');
      mkdirSync(dirname(folder), { recursive: true });
      chmodSync(dirname(folder), 0o700);
      await using shop = await startShop(folder);
      assert.match(await createAccount(shop.url), /^[0-9a-f-]{36}$/);
    },
  );
});

function residentMb(pid: number): number {
  const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kb) / 1_024);
}
