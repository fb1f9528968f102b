import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { needsProc, newFolder, processesIn } from '#platform/test/embedded-server-owner.ts';
import { postGraphQL } from '#testkit/shop.ts';
import { failureLines, spawnProgram, startShop } from './program.ts';

const PROGRAM = 'cmd/fritzy/main.ts';
const isRoot = process.getuid?.() === 0;

async function failureLine(env: Readonly<Record<string, string>>): Promise<string> {
  const [line, ...more] = await failureLines(PROGRAM, env);
  assert.ok(line);
  assert.deepEqual(more, []);
  return line;
}

suite('a failed start prints one line with the problem and the remedy', () => {
  test('a port in use', async () => {
    const folder = newFolder();
    const other = createServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    assert.ok(typeof address === 'object' && address !== null);
    const line = await failureLine({ FRITZY_DATA: folder, PORT: String(address.port) });
    other.close();
    assert.match(line, new RegExp(`^port ${address.port} is in use .*e\\.g\\. PORT=\\d+$`));
    assert.deepEqual(processesIn(folder), []);
  });

  for (const host of ['nonsense.invalid', '192.0.2.1', '2001:db8::1'])
    test(`HOST=${host}, not an address of this machine`, async () => {
      const folder = newFolder();
      const line = await failureLine({
        FRITZY_DATA: folder,
        PORT: '0',
        HOST: host,
        ACCESS: 'enforced',
        RATE_LIMIT: 'on',
      });
      assert.ok(line.startsWith(`HOST is "${host}", which is not an address of this machine`), line);
      assert.match(line, /set it to 127\.0\.0\.1/);
      assert.doesNotMatch(line, /port/i);
      assert.deepEqual(processesIn(folder), []);
    });

  test('invalid settings: all are reported, and the data folder is not created', async () => {
    const folder = newFolder();
    const lines = await failureLines(PROGRAM, {
      FRITZY_DATA: folder,
      PORT: '65536',
      CURRENCY: 'EURO',
      LOG_LEVEL: 'loud',
      REQUEST_TIMEOUT_MS: '1s',
      ORDER_DATABASE_URL: 'mysql://localhost/order',
    });
    const names = lines.map((line) => line.split(' ')[0] ?? '');
    assert.deepEqual(names.toSorted(), [
      'CURRENCY',
      'LOG_LEVEL',
      'ORDER_DATABASE_URL',
      'PORT',
      'REQUEST_TIMEOUT_MS',
    ]);
    for (const line of lines) assert.match(line, /^\w+ is ".*", but must be .+\. It is .+\.$/);
    assert.ok(!existsSync(folder));
  });

  test('a data folder that cannot be created', async () => {
    const file = newFolder();
    writeFileSync(file, '');
    const folder = join(file, 'data');
    assert.match(await failureLine({ FRITZY_DATA: folder, PORT: '0' }), /cannot be written .*FRITZY_DATA/);
  });

  test('a data folder in a file system without regular files', { skip: needsProc }, async () => {
    assert.match(await failureLine({ FRITZY_DATA: '/proc/x', PORT: '0' }), /^\/proc\/x cannot be written/);
  });

  test(
    'a data folder without write permission',
    { skip: isRoot && 'root can write everywhere' },
    async () => {
      const folder = newFolder();
      mkdirSync(folder);
      chmodSync(folder, 0o500);
      assert.match(await failureLine({ FRITZY_DATA: folder, PORT: '0' }), /cannot be written .*FRITZY_DATA/);
    },
  );

  test('a currency that differs from that of the data folder; the prices stay unchanged', async () => {
    const folder = newFolder();
    const price = '{ products { price } }';
    {
      await using first = await startShop(folder, { CURRENCY: 'KWD' });
      const query = 'mutation { createProduct(product: { name: "Chair", price: 1.125 }) { id } }';
      assert.equal((await postGraphQL(first.url, { query })).errors, undefined);
    }
    for (const other of [{}, { CURRENCY: 'EUR' }, { CURRENCY: 'KWD', CURRENCY_DECIMALS: '2' }])
      assert.match(
        await failureLine({ FRITZY_DATA: folder, PORT: '0', ...other }),
        /^the catalog database has amounts in KWD with 3 decimals, .*: start with CURRENCY=KWD CURRENCY_DECIMALS=3, or use another database \(for `make run` another FRITZY_DATA\)\.$/,
      );
    await using again = await startShop(folder, { CURRENCY: 'KWD' });
    const { data } = await postGraphQL(again.url, { query: price });
    assert.deepEqual(data, { products: [{ price: 1.125 }] });
  });

  test('a second shop on the same folder; the first keeps running', async () => {
    const folder = newFolder();
    await using first = await startShop(folder);
    const line = await failureLine({ FRITZY_DATA: folder, PORT: '0' });
    assert.match(
      line,
      new RegExp(`is in use by another Fritzy \\(pid ${first.pid}\\): stop it, or set FRITZY_DATA`),
    );
    assert.equal((await fetch(`${first.url}/readyz`)).status, 200);
  });

  test('an external database that does not respond', async () => {
    const url = 'postgres://nobody:secret@127.0.0.1:1/shop';
    const line = await failureLine({
      FRITZY_DATA: newFolder(),
      PORT: '0',
      ACCOUNT_DATABASE_URL: url,
      CATALOG_DATABASE_URL: url,
      ORDER_DATABASE_URL: url,
      EVENTS_URL: url,
    });
    assert.match(line, /^cannot reach the database 127\.0\.0\.1:1\/shop .*: start it or correct its URL\.$/);
    assert.doesNotMatch(line, /secret/);
  });

  test('known-bad twin: a program that fails with a stack trace is not accepted', async () => {
    await using crashed = spawnProgram('no/such/program.ts', {});
    assert.equal(await crashed.ended, 1);
    await assert.rejects(failureLines('no/such/program.ts', {}), { name: 'AssertionError' });
  });
});
