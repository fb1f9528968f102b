import graphql from '@graphql-eslint/eslint-plugin';

const rule = (name) => `@graphql-eslint/${name}`;

/** The lint of the SDL files; oxlint checks the code. Every schema rule of the plugin is on, except for those turned off here. */
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

      // Off: the order of fields has a meaning, such as the id first. schema.graphql is sorted.
      [rule('alphabetize')]: 'off',
      // Off: a payload contains the changed entity. A client that needs more sends a query.
      [rule('require-field-of-type-query-in-mutation-result')]: 'off',
      // Off: a deprecated element stays until the next major version, which has no date.
      [rule('require-deprecation-date')]: 'off',

      // Mutations are allowed, subscriptions are not.
      [rule('no-root-type')]: ['error', { disallow: ['subscription'] }],
      // Lists, payloads and values have no identity of their own.
      [rule('strict-id-in-types')]: [
        'error',
        {
          exceptions: {
            suffixes: ['Connection', 'Edge', 'Payload', 'Facets', 'Bucket', 'Count', 'Suggestion', 'Error'],
            types: ['Currency', 'PageInfo', 'Shop'],
          },
        },
      ],
      // Short lists and the field nodes of a connection have no edges.
      [rule('relay-edge-types')]: [
        'error',
        { withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false },
      ],
      // searchProducts has pages in one direction only.
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
