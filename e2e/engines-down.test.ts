import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { spawnProgram } from '#cmd/fritzy/test/program.ts';
import { stopPostgresIn } from '#scripts/engines-state.ts';
import { findFreePorts, isFree } from '#testkit/free-ports.ts';
import { eventually } from '#testkit/shop.ts';

test('make engines-down stops the PostgreSQL server of a killed supervisor, even if the process record does not list it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fritzy-engines-'));
  const [port = 0] = await findFreePorts(1);
  const urlFile = join(folder, 'url');
  try {
    await using supervisor = spawnProgram('scripts/engines-postgres.ts', {}, [folder, String(port), urlFile]);
    await eventually(() => assert.match(readFileSync(urlFile, 'utf8'), /^postgres:/), 60_000);
    supervisor.signal('SIGKILL');
    await supervisor.ended;
    assert.equal(
      await isFree(port),
      false,
      'known-bad twin: killing only the supervisor leaves the server running',
    );
    assert.equal(typeof (await stopPostgresIn(folder)), 'number');
    await eventually(async () => assert.equal(await isFree(port), true));
    assert.equal(await stopPostgresIn(folder), undefined, 'no server is left');
  } finally {
    await stopPostgresIn(folder);
    rmSync(folder, { recursive: true, force: true });
  }
});
