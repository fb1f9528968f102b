import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  introspectionFromSchema,
  isIntrospectionType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
  type GraphQLSchema,
  type IntrospectionQuery,
} from 'graphql';
import { createSchemas, makeSchemas } from '#graphql/graph/schema.ts';

const CURRENCY_DIGITS = 2;

interface Described {
  readonly name: string;
  readonly description?: string | null | undefined;
}

/** Returns the coordinates of all schema elements that introspection returns without a description. */
function undescribed(schema: GraphQLSchema): string[] {
  const { __schema: found }: IntrospectionQuery = introspectionFromSchema(schema);
  const missing: string[] = [];
  const visit = (owner: string, elements: readonly Described[]): void => {
    for (const { name, description } of elements)
      if (!description?.trim()) missing.push(owner ? `${owner}.${name}` : name);
  };
  for (const type of found.types) {
    const defined = schema.getType(type.name);
    if (!defined || isIntrospectionType(defined) || isSpecifiedScalarType(defined)) continue;
    visit('', [type]);
    if (type.kind === 'ENUM') visit(type.name, type.enumValues);
    if (type.kind === 'INPUT_OBJECT') visit(type.name, type.inputFields);
    if (type.kind !== 'OBJECT' && type.kind !== 'INTERFACE') continue;
    visit(type.name, type.fields);
    for (const field of type.fields) visit(`${type.name}.${field.name}`, field.args);
  }
  for (const directive of found.directives) {
    const defined = schema.getDirective(directive.name);
    if (!defined || isSpecifiedDirective(defined)) continue;
    visit('', [directive]);
    visit(`@${directive.name}`, directive.args);
  }
  return missing;
}

test('introspection describes every type, field, argument, enum value, input field and directive', () => {
  const { schema, ofCoerced } = createSchemas(CURRENCY_DIGITS);
  for (const executable of [schema, ofCoerced]) {
    assert.ok(Object.keys(executable.getTypeMap()).length > 30);
    assert.deepEqual(undescribed(executable), []);
  }
});

test('known-bad twin: each kind of element without a description is found', () => {
  const sdl = `
    directive @hint(text: String) on FIELD_DEFINITION
    scalar Money scalar DateTime scalar Cursor
    interface Named { name: String }
    type Query implements Named { name(short: Boolean): String "" price: Money }
    input Filter { text: String }
    enum Sort { NAME }
    "Described." type Described { "Described." id("Described." as: Sort): ID }
  `;
  const missing = undescribed(makeSchemas([sdl], CURRENCY_DIGITS, []).schema);
  assert.deepEqual(missing.sort(), [
    '@hint.text',
    'Cursor',
    'DateTime',
    'Filter',
    'Filter.text',
    'Money',
    'Named',
    'Named.name',
    'Query',
    'Query.name',
    'Query.name.short',
    'Query.price',
    'Sort',
    'Sort.NAME',
    'hint',
  ]);
});
