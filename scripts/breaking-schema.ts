import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import {
  buildSchema,
  findBreakingChanges,
  isInputObjectType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLSchema,
} from 'graphql';

/**
 * Compares schema.graphql in the working folder with that of a revision: `node scripts/breaking-schema.ts [revision]`.
 * The default revision is the last release (the nearest tag `v*`). Exits with status 1 if there are breaking changes.
 */
const FILE = 'schema.graphql';

function git(...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}

/** The arguments and input fields of a schema, keyed by schema coordinate. */
function inputsOf(schema: GraphQLSchema): Map<string, GraphQLArgument | GraphQLInputField> {
  const found = new Map<string, GraphQLArgument | GraphQLInputField>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isInputObjectType(type) && !isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if ('args' in field)
        for (const arg of field.args) found.set(`${type.name}.${field.name}.${arg.name}`, arg);
      else found.set(`${type.name}.${field.name}`, field);
    }
  }
  return found;
}

/** graphql-js reports an input whose type becomes non-null, but not a non-null input that loses its default value. */
function lostDefaults(before: GraphQLSchema, after: GraphQLSchema): string[] {
  const now = inputsOf(after);
  return [...inputsOf(before)].flatMap(([name, { type, defaultValue }]) => {
    const input = now.get(name);
    const required = input && isNonNullType(input.type) && input.defaultValue === undefined;
    return required && isNonNullType(type) && defaultValue !== undefined ? [`${name} is now required.`] : [];
  });
}

function compare(base: string): void {
  if (git('rev-parse', '--verify', '--quiet', `${base}^{commit}`) === undefined) {
    console.error(`GraphQL: ${base} is not a revision`);
    process.exitCode = 1;
    return;
  }
  const text = git('show', `${base}:${FILE}`);
  if (text === undefined) {
    console.log(`GraphQL: skipped: ${base} has no ${FILE}`);
    return;
  }
  const before = buildSchema(text);
  const after = buildSchema(readFileSync(FILE, 'utf8'));
  const changes = findBreakingChanges(before, after).map(({ description }) => description);
  changes.push(...lostDefaults(before, after));
  for (const change of changes) console.error(`GraphQL: ${change}`);
  console.log(`GraphQL: ${changes.length} breaking changes since ${base}`);
  if (changes.length > 0) process.exitCode = 1;
}

const base = process.argv[2] ?? git('describe', '--tags', '--match', 'v*', '--abbrev=0')?.trim();
if (base) compare(base);
else console.log('GraphQL: skipped: there is no release (tag v*) to compare with');
