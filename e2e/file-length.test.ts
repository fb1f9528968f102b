import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LINES_MAX = 300;

/** Files that nobody reads from top to bottom. */
const EXEMPT: Readonly<Record<string, readonly string[]>> = {
  generated: [
    'package-lock.json',
    'schema.graphql',
    '*/pb/*_pb.{js,d.ts}',
    'graphql/graph/resolver-types.ts',
  ],
  data: ['e2e/data-folder/*.json', 'docs/images/*'],
  // A message that moves to another file breaks generated clients: buf's rules of the category FILE.
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

/** Paths of the files that are too long. */
function tooLong(files: readonly TrackedFile[]): string[] {
  const exempt = Object.values(EXEMPT).flat();
  return files
    .filter((file) => isLong(file) && !exempt.some((pattern) => matches(file, pattern)))
    .map(({ path }) => path);
}

test(`no file has more than ${LINES_MAX} lines, apart from generated files, data and published protos`, () => {
  const files = trackedFiles();
  assert.ok(files.length > 300, `only ${files.length} files were found`);
  assert.deepEqual(tooLong(files), []);
});

test('each exemption is for a file that exists', () => {
  const files = trackedFiles();
  const unused = Object.values(EXEMPT)
    .flat()
    .filter((pattern) => !files.some((file) => matches(file, pattern)));
  assert.deepEqual(unused, []);
});

test('known-bad twin: one line too many is found in code of any language', () => {
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
