import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COLUMNS_MAX = 100;

/** Runs make without the "Entering directory" lines that a parent make causes. */
const make = (...args: string[]): string =>
  execFileSync('make', ['--no-print-directory', ...args], { cwd: ROOT, encoding: 'utf8' });
const targetsOf = (help: string): string[] =>
  [...help.matchAll(/^ {2}make (\S+) +\S/gm)].map(([, name]) => name ?? '');

/** The missing targets and too wide lines of a help text. */
function problemsOf(help: string, phony: readonly string[]): string[] {
  const listed = targetsOf(help);
  return [
    ...phony.filter((name) => !listed.includes(name)).map((name) => `${name} is missing`),
    ...help.split('\n').filter((line) => line.length > COLUMNS_MAX),
  ];
}

test('make and make help list every target in the groups Use, Develop and Operate, within 100 columns', () => {
  const help = make('help');
  assert.equal(make(), help);
  const makefile = readFileSync(join(ROOT, 'Makefile'), 'utf8');
  const phony = [...makefile.matchAll(/^\.PHONY: (\S+)$/gm)]
    .map(([, name]) => name ?? '')
    .filter((name) => name !== 'help');
  assert.ok(phony.length > 20);
  assert.deepEqual(problemsOf(help, phony), []);
  const headings = help.split('\n').filter((line) => /^\S/.test(line));
  assert.deepEqual(headings, ['Use', 'Develop', 'Operate']);
  const groups = help.split('\n\n').map(targetsOf);
  for (const [index, name] of ['run', 'test', 'run-all'].entries())
    assert.ok(groups[index]?.includes(name), name);
});

test('known-bad twin: a target without a description and a line above 100 columns are reported', () => {
  const folder = mkdtempSync(join(tmpdir(), 'make-help-'));
  const file = join(folder, 'Makefile');
  writeFileSync(file, `##@ Use\n\nquiet:\n\nwide: ## ${'x'.repeat(100)}\n`);
  const help = execFileSync('awk', ['-f', join(ROOT, 'scripts/help.awk'), file], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  const problems = problemsOf(help, ['quiet', 'wide']);
  assert.equal(problems.length, 2);
  assert.equal(problems[0], 'quiet is missing');
});
