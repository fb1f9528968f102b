import assert from 'node:assert/strict';
import { cpSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DEFINITIONS, definitionHash } from '#testkit/engine-cache.ts';

/** Files of a definition whose change leaves the hash as it was. */
function undetectedChanges(hashOf: (definitions: string) => string): string[] {
  const copy = mkdtempSync(join(tmpdir(), 'fritzy-definitions-'));
  try {
    cpSync(DEFINITIONS, copy, { recursive: true });
    const before = hashOf(copy);
    return globSync(['pom.xml', 'elasticsearch/**/*.{xml,java}'], { cwd: copy }).filter((path) => {
      const text = readFileSync(join(copy, path), 'utf8');
      writeFileSync(join(copy, path), `${text}\n`);
      const after = hashOf(copy);
      writeFileSync(join(copy, path), text);
      return after === before;
    });
  } finally {
    rmSync(copy, { recursive: true });
  }
}

test('a change of any source file of an engine gives the engine a new folder', () => {
  assert.deepEqual(
    undetectedChanges((definitions) => definitionHash(definitions, 'elasticsearch')),
    [],
  );
});

test('known-bad twin: a hash of the main class alone misses the versions of the libraries', () => {
  const ofMainClass = (definitions: string): string => {
    const folder = join(definitions, 'elasticsearch/java');
    return readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('\n');
  };
  assert.ok(undetectedChanges(ofMainClass).includes('elasticsearch/pom.xml'));
});
