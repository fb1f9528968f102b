import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { followLines } from '#testkit/statement-costs.ts';

test('followLines returns each line once and complete while the file is being written', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'fritzy-lines-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'log');
  await writeFile(file, 'before\nbegun bef');

  const next = await followLines(file);
  assert.deepEqual(await next(), []);
  await appendFile(file, 'ore\nfirst\nsec');
  assert.deepEqual(await next(), ['first']);
  const later = await followLines(file);
  await appendFile(file, 'ond\n');
  assert.deepEqual(await next(), ['second']);
  assert.deepEqual(await later(), []);
  const atEnd = await followLines(file);
  await appendFile(file, 'third\n');
  assert.deepEqual(await Promise.all([next(), later(), atEnd()]), [['third'], ['third'], ['third']]);
});
