import type { CodegenConfig } from '@graphql-codegen/cli';

/**
 * Generates schema.graphql (the published schema in one file) and the resolver types from the SDL files. The parent
 * types are the protobuf messages, because resolvers read from them directly.
 */
const config: CodegenConfig = {
  schema: 'graphql/graph/*.graphql',
  generates: {
    'schema.graphql': { plugins: ['schema-ast'], config: { includeDirectives: true } },
    'graphql/graph/resolver-types.ts': {
      plugins: ['typescript', 'typescript-resolvers'],
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        skipTypename: true,
        avoidOptionals: { field: true, defaultValue: true },
        contextType: './context.ts#Context',
        mappers: {
          Tokens: '../../account/pb/account_pb.js#Tokens as TokensMessage',
          Session: '../../account/pb/account_pb.js#Session as SessionMessage',
          Account: '../../account/pb/account_pb.js#Account as AccountMessage',
          Product: '../../catalog/pb/catalog_pb.js#Product as ProductMessage',
          Category: '../../catalog/pb/catalog_pb.js#Category as CategoryMessage',
          Shop: '../shop.ts#Shop as ShopModel',
          ProductSearchConnection: './product-search.ts#ProductSearch',
          ProductFacets: '../../catalog/pb/catalog_pb.js#Facets as FacetsMessage',
          PriceBucket: '../../catalog/pb/catalog_pb.js#PriceCount as PriceCountMessage',
          TagCount: '../../catalog/pb/catalog_pb.js#TagCount as TagCountMessage',
          CategoryCount: '../../catalog/pb/catalog_pb.js#CategoryCount as CategoryCountMessage',
          Node: './node-message.ts#NodeOrError',
          Order: '../../order/pb/order_pb.js#Order as OrderMessage',
          OrderedProduct: '../../order/pb/order_pb.js#OrderLine as OrderLineMessage',
        },
        scalars: {
          ID: { input: 'string', output: 'string' },
          Money: { input: 'number', output: 'bigint' },
          DateTime: { input: 'number', output: './scalars.ts#Timestamp' },
          Cursor: { input: 'string', output: './cursor.ts#Cursor as CursorValue' },
        },
      },
    },
  },
};

export default config;
