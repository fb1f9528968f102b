import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  buildSchema,
  getIntrospectionQuery,
  getNamedType,
  getNullableType,
  graphql,
  GraphQLScalarType,
  isListType,
  isObjectType,
  print,
  type FieldDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type IntrospectionQuery,
  type IntrospectionScalarType,
} from 'graphql';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { createSchemas, readTypeDefs } from '#graphql/graph/schema.ts';

const { schema, ofCoerced } = createSchemas(2);

suite('the schema', () => {
  test('every list has a size: @listSize, or sizedFields of each field that returns its object', () => {
    assert.deepEqual(unsizedLists(schema), []);
  });

  test('known-bad twin: new lists without a size are found', () => {
    const added = buildSchema(`
      directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!]) on FIELD_DEFINITION
      type Query { new: [Int!]  sized: Page @listSize(sizedFields: ["items"])  other: Page  many: [Page] @listSize(assumedSize: 2) }
      type Page { items: [Int]  more: [Int!]! }
    `);
    assert.deepEqual(unsizedLists(added), ['Query.new', 'Page.items', 'Page.more']);
  });

  for (const [name, one] of [
    ['interpreted', schema],
    ['compiled', ofCoerced],
  ] as const)
    test(`the scalars have a description and a specification at run time (${name})`, async () => {
      const scalars = await describedScalars(one);
      assert.deepEqual(Object.keys(scalars).toSorted(), ['Cursor', 'DateTime', 'Money']);
      for (const [scalar, { description, specifiedByURL }] of Object.entries(scalars)) {
        assert.ok((description ?? '').length > 10, scalar);
        assert.match(specifiedByURL ?? '', /^https:\/\//, scalar);
      }
    });

  test('known-bad twin: a scalar in the resolvers hides the description of the SDL', async () => {
    const Money = new GraphQLScalarType({ name: 'Money' });
    const knownBad = makeExecutableSchema({ typeDefs: readTypeDefs(), resolvers: [{ Money }] });
    const { description, specifiedByURL } = (await describedScalars(knownBad))['Money'] ?? {};
    assert.deepEqual([description, specifiedByURL], [null, null]);
  });
});

/** Returns the custom scalars of a schema from introspection. */
async function describedScalars(
  of: GraphQLSchema,
): Promise<Record<string, Pick<IntrospectionScalarType, 'description' | 'specifiedByURL'>>> {
  const source = getIntrospectionQuery({ specifiedByUrl: true });
  const { data, errors } = await graphql({ schema: of, source });
  assert.equal(errors, undefined);
  const { types } = (data as unknown as IntrospectionQuery).__schema;
  const own = types.flatMap((type) => (type.kind === 'SCALAR' && !isSpecified(type.name) ? [type] : []));
  return Object.fromEntries(own.map((type) => [type.name, type]));
}

const isSpecified = (name: string): boolean => ['Boolean', 'Float', 'ID', 'Int', 'String'].includes(name);

/** Returns the lists without a size in the schema. */
function unsizedLists(of: GraphQLSchema): string[] {
  const objects = Object.values(of.getTypeMap()).filter(
    (type) => isObjectType(type) && !type.name.startsWith('__'),
  );
  const fields = objects.flatMap((type) =>
    isObjectType(type) ? Object.values(type.getFields()).map((field) => ({ type, field })) : [],
  );
  const listSize = (node: FieldDefinitionNode | null | undefined): string =>
    node?.directives
      ?.filter(({ name }) => name.value === 'listSize')
      .map(print)
      .join() ?? '';
  const isSizedByAll = (type: GraphQLObjectType, name: string): boolean => {
    const parents = fields.filter(({ field }) => getNamedType(field.type) === type);
    return (
      parents.length > 0 &&
      parents.every(({ field }) =>
        /sizedFields: \[([^\]]*)\]/.exec(listSize(field.astNode))?.[1]?.includes(`"${name}"`),
      )
    );
  };
  return fields
    .filter(({ type, field }) => {
      if (!isListType(getNullableType(field.type))) return false;
      return listSize(field.astNode) === '' && !isSizedByAll(type, field.name);
    })
    .map(({ type, field }) => `${type.name}.${field.name}`);
}
