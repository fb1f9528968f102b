import {
  getIntrospectionQuery,
  getNamedType,
  isCompositeType,
  isObjectType,
  type GraphQLSchema,
} from 'graphql';
import { argumentsOf, reachableTypes, type Attack, type KnownIds } from './requests.ts';
import { adversarialTexts } from './texts.ts';

const repeat = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

/** The largest allowed documents for every field of the schema, and well-known attacks on GraphQL servers. */
export function documentAttacks(schema: GraphQLSchema, ids: KnownIds): Attack[] {
  return [...aliasesOfEveryField(schema, ids), ...nestedFields(schema, ids), ...knownDocuments(ids)].map(
    ([name, query]) => ({ name, body: JSON.stringify({ query }) }),
  );
}

/** Each field of each type with 18 to 480 aliases. */
function aliasesOfEveryField(schema: GraphQLSchema, ids: KnownIds): [string, string][] {
  return reachableTypes(schema, ids).flatMap(({ type, within }) => {
    if (type === schema.getMutationType()) return [];
    return Object.values(type.getFields()).flatMap((field) => {
      const selection = isCompositeType(getNamedType(field.type)) ? ' { __typename }' : '';
      const one = `${field.name}${argumentsOf(field, ids)}${selection}`;
      return [18, 240, 480].map((count): [string, string] => [
        `${count} aliases of ${type.name}.${field.name}`,
        within(repeat(count, (index) => `a${index}: ${one}`)).replace('$DECLARATIONS', ''),
      ]);
    });
  });
}

/** Each cycle of two types in the schema, nested 1 to 7 times. */
function nestedFields(schema: GraphQLSchema, ids: KnownIds): [string, string][] {
  return reachableTypes(schema, ids).flatMap(({ type, within }) => {
    if (type === schema.getMutationType()) return [];
    return Object.values(type.getFields()).flatMap((field) => {
      const child = getNamedType(field.type);
      if (!isObjectType(child)) return [];
      const back = Object.values(child.getFields()).find((each) => getNamedType(each.type) === type);
      if (!back) return [];
      return [1, 2, 3, 7].map((cycles): [string, string] => {
        const [down, up] = [field, back].map((each) => `${each.name}${argumentsOf(each, ids)}`);
        const text = `${`${down} { ${up} { `.repeat(cycles)}__typename${' } }'.repeat(cycles)}`;
        return [`${cycles} cycles of ${type.name}.${field.name}`, within(text).replace('$DECLARATIONS', '')];
      });
    });
  });
}

function knownDocuments({ Product }: KnownIds): [string, string][] {
  const chain = (count: number, spreads: number): string =>
    `{ product(id: "${Product}") { ...f0 } } ${repeat(
      count,
      (index) => `fragment f${index} on Product { id ${`...f${index + 1} `.repeat(spreads)} }`,
    )} fragment f${count} on Product { id }`;
  const search = 'searchProducts(query: "QUERY", first: 100)';
  const facets = 'nodes { id } totalCount facets { priceBuckets { count } categories { count } } didYouMean';
  return [
    ['the introspection query', getIntrospectionQuery()],
    [
      'recursive introspection',
      '{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }',
    ],
    ['a chain of fragments', chain(190, 1)],
    ['a fragment bomb', chain(60, 2)],
    ['a small fragment bomb', chain(10, 2)],
    [
      'overlapping fields',
      `{ ${repeat(19, () => `categories { ${repeat(30, () => 'children { id name }')} }`)} }`,
    ],
    ['many operations', repeat(300, (index) => `query Q${index} { __typename }`)],
    ['many variables', `query Q(${repeat(600, (index) => `$v${index}: Int`)}) { __typename }`],
    ['many directives', `{ __typename ${repeat(300, () => '@skip(if: false)')} }`],
    [
      'directives with many variables',
      `query Q(${repeat(60, (index) => `$v${index}: Boolean = true`)}) { product(id: "${Product}") { ${repeat(60, (index) => `a${index}: id @skip(if: $v${index})`)} } }`,
    ],
    ['unknown fields', `{ products { ${repeat(600, (index) => `descriptiom${index}`)} } }`],
    ['unknown arguments', `{ products(${repeat(300, (index) => `paginatiom${index}: 1`)}) { id } }`],
    ['unknown types', repeat(150, (index) => `fragment f${index} on Produkt${index} { id }`)],
    ['a long name', `{ ${'a'.repeat(32_000)} }`],
    ['a long comment', `{ __typename } #${'x'.repeat(32_000)}`],
    ['nested lists', `{ products(query: ${'['.repeat(15_000)}) { id } }`],
    ['nested selections', `{ products ${'{ category '.repeat(3_000)}`],
    [
      'twenty pages of descriptions',
      `{ ${repeat(20, (index) => `p${index}: products(pagination: { skip: ${index}, take: 100 }) { description }`)} }`,
    ],
    [
      'large orders of all accounts',
      '{ accounts(pagination: { take: 20 }) { orders { products { name description } } } }',
    ],
    [
      'products of large orders',
      '{ accounts(pagination: { take: 2 }) { ordersConnection(first: 40) { nodes { products { product { name description } } } } } }',
    ],
    ['ids of all orders', '{ accounts(pagination: { take: 100 }) { id orders { id } } }'],
    [
      'the largest allowed page',
      '{ accounts(pagination: { take: 20 }) { id name orders { id createdAt totalPrice products { id name description price quantity } } } }',
    ],
    ...adversarialTexts(1_000).map(([name, text]): [string, string] => [
      `a search with all facets for ${name}`,
      `{ ${search.replace('"QUERY"', JSON.stringify(text))} { ${facets} } }`,
    ]),
    ...adversarialTexts(10_000).flatMap(([name, text]): [string, string][] => [
      [`a literal of ${name}`, `{ products(query: ${JSON.stringify(text)}) { id } }`],
      [`a block string of ${name}`, `{ products(query: """${text}""") { id } }`],
      [`a bare literal of ${name}`, `{ searchProducts(filter: { priceMin: ${text} }) { totalCount } }`],
    ]),
  ];
}
