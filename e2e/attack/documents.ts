import {
  getIntrospectionQuery,
  getNamedType,
  isCompositeType,
  isObjectType,
  type GraphQLSchema,
} from 'graphql';
import { argumentsOf, reachableTypes, type Attack, type KnownIds } from './requests.ts';
import { adversarialTexts } from './texts.ts';

const repeat = (count: number, text: (nr: number) => string): string =>
  Array.from({ length: count }, (_, nr) => text(nr)).join(' ');

/** Documents that ask for as much as a document may, for every field of the schema; and those known from elsewhere. */
export function documentAttacks(schema: GraphQLSchema, ids: KnownIds): Attack[] {
  return [...aliasesOfEveryField(schema, ids), ...nestedFields(schema, ids), ...knownDocuments(ids)].map(
    ([name, query]) => ({ name, body: JSON.stringify({ query }) }),
  );
}

/** Each field of each type, under as many names as fit. */
function aliasesOfEveryField(schema: GraphQLSchema, ids: KnownIds): [string, string][] {
  return reachableTypes(schema, ids).flatMap(({ type, within }) => {
    if (type === schema.getMutationType()) return [];
    return Object.values(type.getFields()).flatMap((field) => {
      const selection = isCompositeType(getNamedType(field.type)) ? ' { __typename }' : '';
      const one = `${field.name}${argumentsOf(field, ids)}${selection}`;
      return [18, 240, 480].map((count): [string, string] => [
        `${count} aliases of ${type.name}.${field.name}`,
        within(repeat(count, (nr) => `a${nr}: ${one}`)).replace('$DECLARATIONS', ''),
      ]);
    });
  });
}

/** Each way round in the schema, as deep as a document may be. */
function nestedFields(schema: GraphQLSchema, ids: KnownIds): [string, string][] {
  return reachableTypes(schema, ids).flatMap(({ type, within }) => {
    if (type === schema.getMutationType()) return [];
    return Object.values(type.getFields()).flatMap((field) => {
      const below = getNamedType(field.type);
      if (!isObjectType(below)) return [];
      const back = Object.values(below.getFields()).find((each) => getNamedType(each.type) === type);
      if (!back) return [];
      return [1, 2, 3, 7].map((rounds): [string, string] => {
        const [there, home] = [field, back].map((each) => `${each.name}${argumentsOf(each, ids)}`);
        const text = `${`${there} { ${home} { `.repeat(rounds)}__typename${' } }'.repeat(rounds)}`;
        return [`${rounds} rounds of ${type.name}.${field.name}`, within(text).replace('$DECLARATIONS', '')];
      });
    });
  });
}

function knownDocuments({ Product }: KnownIds): [string, string][] {
  const chain = (count: number, spreads: number): string =>
    `{ product(id: "${Product}") { ...f0 } } ${repeat(
      count,
      (nr) => `fragment f${nr} on Product { id ${`...f${nr + 1} `.repeat(spreads)} }`,
    )} fragment f${count} on Product { id }`;
  const search = 'searchProducts(query: "QUERY", first: 100)';
  const facets = 'nodes { id } totalCount facets { priceBuckets { count } categories { count } } didYouMean';
  return [
    ['the introspection query of tools', getIntrospectionQuery()],
    [
      'the schema within itself',
      '{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }',
    ],
    ['a chain of fragments', chain(190, 1)],
    ['a bomb of fragments', chain(60, 2)],
    ['a bomb of few fragments', chain(10, 2)],
    [
      'fields that overlap',
      `{ ${repeat(19, () => `categories { ${repeat(30, () => 'children { id name }')} }`)} }`,
    ],
    ['many operations', repeat(300, (nr) => `query Q${nr} { __typename }`)],
    ['many variables', `query Q(${repeat(600, (nr) => `$v${nr}: Int`)}) { __typename }`],
    ['many directives', `{ __typename ${repeat(300, () => '@skip(if: false)')} }`],
    [
      'conditions of many variables',
      `query Q(${repeat(60, (nr) => `$v${nr}: Boolean = true`)}) { product(id: "${Product}") { ${repeat(60, (nr) => `a${nr}: id @skip(if: $v${nr})`)} } }`,
    ],
    ['unknown fields', `{ products { ${repeat(600, (nr) => `descriptiom${nr}`)} } }`],
    ['unknown arguments', `{ products(${repeat(300, (nr) => `paginatiom${nr}: 1`)}) { id } }`],
    ['unknown types', repeat(150, (nr) => `fragment f${nr} on Produkt${nr} { id }`)],
    ['a long name', `{ ${'a'.repeat(32_000)} }`],
    ['a long comment', `{ __typename } #${'x'.repeat(32_000)}`],
    ['nested lists', `{ products(query: ${'['.repeat(15_000)}) { id } }`],
    ['nested selections', `{ products ${'{ category '.repeat(3_000)}`],
    [
      'twenty pages of descriptions',
      `{ ${repeat(20, (nr) => `p${nr}: products(pagination: { skip: ${nr}, take: 100 }) { description }`)} }`,
    ],
    [
      'heavy orders of everybody',
      '{ accounts(pagination: { take: 20 }) { orders { products { name description } } } }',
    ],
    [
      'products of heavy orders',
      '{ accounts(pagination: { take: 2 }) { ordersConnection(first: 40) { nodes { products { product { name description } } } } } }',
    ],
    ['ids of all orders', '{ accounts(pagination: { take: 100 }) { id orders { id } } }'],
    [
      'a page as large as a document may ask for',
      '{ accounts(pagination: { take: 20 }) { id name orders { id createdAt totalPrice products { id name description price quantity } } } }',
    ],
    ...adversarialTexts(1_000).map(([name, text]): [string, string] => [
      `everything about a search for ${name}`,
      `{ ${search.replace('"QUERY"', JSON.stringify(text))} { ${facets} } }`,
    ]),
    ...adversarialTexts(10_000).flatMap(([name, text]): [string, string][] => [
      [`a literal of ${name}`, `{ products(query: ${JSON.stringify(text)}) { id } }`],
      [`a block string of ${name}`, `{ products(query: """${text}""") { id } }`],
      [`a bare literal of ${name}`, `{ searchProducts(filter: { priceMin: ${text} }) { totalCount } }`],
    ]),
  ];
}
