import graphql from '@graphql-eslint/eslint-plugin';

const rule = (name) => `@graphql-eslint/${name}`;

/** Lints the SDL files with all schema rules of the plugin except those turned off here. oxlint checks the code. */
export default [
  {
    files: ['graphql/graph/*.graphql'],
    plugins: { '@graphql-eslint': graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: 'graphql/graph/*.graphql' } },
    },
    rules: {
      ...graphql.configs['flat/schema-all'].rules,
      ...graphql.configs['flat/schema-relay'].rules,

      // Off: fields are ordered by meaning, for example the id first. schema.graphql is sorted.
      [rule('alphabetize')]: 'off',
      // Off: a payload contains the changed entity. A client that needs other data sends a query.
      [rule('require-field-of-type-query-in-mutation-result')]: 'off',
      // Off: deprecated elements stay until the next major version, which has no date.
      [rule('require-deprecation-date')]: 'off',

      // Mutations are allowed, subscriptions are not.
      [rule('no-root-type')]: ['error', { disallow: ['subscription'] }],
      // Lists, payloads and value types have no id.
      [rule('strict-id-in-types')]: [
        'error',
        {
          exceptions: {
            suffixes: ['Connection', 'Edge', 'Payload', 'Facets', 'Bucket', 'Count', 'Suggestion', 'Error'],
            types: ['Currency', 'PageInfo', 'Shop', 'Tokens'],
          },
        },
      ],
      // Short lists and the `nodes` field of a connection have no edges.
      [rule('relay-edge-types')]: [
        'error',
        { withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false },
      ],
      // searchProducts supports forward pagination only.
      [rule('relay-arguments')]: ['error', { includeBoth: false }],

      [rule('description-style')]: ['error', { style: 'inline' }],
      [rule('require-description')]: [
        'error',
        {
          types: true,
          rootField: true,
          DirectiveDefinition: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
        },
      ],
    },
  },
];
