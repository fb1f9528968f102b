import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** `make breaking` for GraphQL: a change that breaks clients of the last release is refused. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SCRIPT = join(ROOT, 'scripts/breaking-schema.ts');
const RELEASED = `
type Query {
  items(filter: Filter, first: Int! = 20, sort: Sort! = NAME): [Item!]
}
type Item { id: ID! name: String! note: String }
input Filter { name: String take: Int! = 20 }
enum Sort { NAME PRICE }
`;

const repository = mkdtempSync(join(tmpdir(), 'breaking-schema-'));
after(() => rmSync(repository, { recursive: true, force: true }));

const git = (...args: string[]): void =>
  void execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], {
    cwd: repository,
    stdio: 'ignore',
  });

function commit(schema: string): void {
  writeFileSync(join(repository, 'schema.graphql'), schema);
  git('add', '.');
  git('commit', '--allow-empty', '-m', 'change');
}

function check(schema: string, ...args: string[]): { status: number | null; output: string } {
  writeFileSync(join(repository, 'schema.graphql'), schema);
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], {
    cwd: repository,
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

git('init', '-b', 'main');
commit(RELEASED);

suite('compatibility of the GraphQL schema', () => {
  test('without a release the check is skipped with one line', () => {
    const { status, output } = check('type Query { other: Int }');
    assert.equal(status, 0);
    assert.equal(output, 'GraphQL: skipped: there is no release (tag v*) to compare with\n');
  });

  test('changes since the last release that break no client pass', () => {
    git('tag', 'v1.0.0');
    const compatible = RELEASED.replace(
      'note: String',
      'note: String @deprecated(reason: "Use name.") size: Int',
    )
      .replace('first: Int! = 20', 'first: Int! = 20 last: Int')
      .replace('enum Sort {', 'enum Sort { SIZE');
    assert.deepEqual(check(compatible), { status: 0, output: 'GraphQL: 0 breaking changes since v1.0.0\n' });
  });

  const breaking: [change: string, from: string, to: string, reported: RegExp][] = [
    ['a removed field', 'note: String', '', /Item\.note was removed/],
    ['a changed type', 'note: String', 'note: Int', /Item\.note changed type from String to Int/],
    ['a result that becomes nullable', 'name: String! note', 'name: String note', /String! to String/],
    [
      'an input that becomes non-null',
      'Filter { name: String',
      'Filter { name: String!',
      /String to String!/,
    ],
    ['a new required argument', 'filter: Filter', 'filter: Filter, shop: ID!', /required arg shop/],
    [
      'an argument that loses its default',
      'first: Int! = 20',
      'first: Int!',
      /Query\.items\.first is now required/,
    ],
    [
      'an input field that loses its default',
      'take: Int! = 20',
      'take: Int!',
      /Filter\.take is now required/,
    ],
    ['a removed enum value', 'NAME PRICE }', 'NAME }', /PRICE was removed from enum type Sort/],
  ];
  for (const [change, from, to, reported] of breaking) {
    test(`known-bad twin: ${change} is refused`, () => {
      const schema = RELEASED.replace(from, to);
      assert.notEqual(schema, RELEASED);
      const { status, output } = check(schema);
      assert.match(output, reported);
      assert.match(output, /1 breaking changes since v1\.0\.0/);
      assert.equal(status, 1);
    });
  }

  test('the base is the last release, not the previous commit', () => {
    const withoutNote = RELEASED.replace('note: String', '');
    commit(withoutNote);
    commit(withoutNote);
    assert.equal(check(withoutNote).status, 1);
    assert.equal(check(withoutNote, 'HEAD~1').status, 0);
    assert.match(check(withoutNote, 'no-such-revision').output, /no-such-revision is not a revision/);
    git('tag', 'v2.0.0');
    assert.equal(check(withoutNote).status, 0);
  });

  test('the schema of the shop is compatible with itself and with no schema that lacks a type of it', () => {
    const own = readFileSync(join(ROOT, 'schema.graphql'), 'utf8');
    commit(own);
    assert.equal(check(own, 'HEAD').status, 0);
    assert.equal(check(own.replaceAll('ProductSort', 'ProductOrder'), 'HEAD').status, 1);
  });
});
