import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LINES_MAX = 300;

/** Files without a length limit, by reason. */
const EXEMPT: Readonly<Record<string, readonly string[]>> = {
  generated: [
    'package-lock.json',
    'schema.graphql',
    '*/pb/*_pb.{js,d.ts}',
    'graphql/graph/resolver-types.ts',
    'e2e/golden/statements.sql',
  ],
  data: ['e2e/data-folder/*.json', 'docs/images/*'],
  // Moving a message to another file breaks generated clients (buf breaking rules of category FILE).
  published: ['*/pb/*.proto'],
};

interface TrackedFile {
  readonly path: string;
  readonly text: string;
}

function trackedFiles(): TrackedFile[] {
  const { stdout, status, stderr } = spawnSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const paths = stdout.split('\0').filter((path) => path !== '');
  return paths.map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

const matches = ({ path }: TrackedFile, pattern: string): boolean => matchesGlob(path, pattern);
const isLong = ({ text }: TrackedFile): boolean => text.split('\n').length - 1 > LINES_MAX;

/** The paths of files above the limit. */
function tooLong(files: readonly TrackedFile[]): string[] {
  const exempt = Object.values(EXEMPT).flat();
  return files
    .filter((file) => isLong(file) && !exempt.some((pattern) => matches(file, pattern)))
    .map(({ path }) => path);
}

test(`no file has more than ${LINES_MAX} lines, except generated files, data and published protos`, () => {
  const files = trackedFiles();
  assert.ok(files.length > 300, `only ${files.length} files were found`);
  assert.deepEqual(tooLong(files), []);
});

test('each exemption matches an existing file', () => {
  const files = trackedFiles();
  const unused = Object.values(EXEMPT)
    .flat()
    .filter((pattern) => !files.some((file) => matches(file, pattern)));
  assert.deepEqual(unused, []);
});

test('known-bad twin: one line above the limit is reported in code of any language', () => {
  for (const path of [
    'order/store.ts',
    'engines/elasticsearch/java/X.java',
    'scripts/x.sh',
    'Makefile',
    'x.py',
  ]) {
    assert.deepEqual(tooLong([{ path, text: '\n'.repeat(LINES_MAX) }]), []);
    assert.deepEqual(tooLong([{ path, text: '\n'.repeat(LINES_MAX + 1) }]), [path]);
  }
});
