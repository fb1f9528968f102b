import {
  getNamedType,
  isAbstractType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Random } from '#testkit/random.ts';

/** The source of a random object: the same seed gives the same object. */
interface Origin {
  readonly seed: number;
  readonly depth: number;
}

type Resolver = (parent: unknown, args: unknown, origin: Origin) => unknown;
const ORIGIN = Symbol('origin');

/**
 * Creates resolvers for the fields that have one in the shop. Other fields are properties of the objects, as with proto
 * messages. Values depend only on the seed, the field and the arguments: objects, lists, nulls in non-null fields, values
 * that cannot be serialized, and errors that are thrown, rejected or in lists.
 */
export function randomResolvers(
  schema: GraphQLSchema,
  hasResolver: (type: string, field: string) => boolean,
): Record<string, Record<string, Resolver>> {
  const resolvers: Record<string, Record<string, Resolver>> = {};
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    const fields = Object.values(type.getFields()).filter((field) => hasResolver(type.name, field.name));
    if (fields.length === 0) continue;
    resolvers[type.name] = Object.fromEntries(
      fields.map((field) => [field.name, resolverOf(schema, `${type.name}.${field.name}`, field.type)]),
    );
  }
  return resolvers;
}

function resolverOf(schema: GraphQLSchema, name: string, type: GraphQLOutputType): Resolver {
  return (parent, args, context) => {
    const { seed, depth } = originOf(parent) ?? context;
    const random = new Random(hash(`${seed} ${name} ${sortedJson(args)}`));
    const value = randomValue(schema, type, random, depth, true);
    if (random.chance(0.04)) throw new Error(`thrown by ${name}`);
    if (random.chance(0.5)) return value;
    if (random.chance(0.06)) return Promise.reject(new Error(`rejected by ${name}`));
    return Promise.resolve(value);
  };
}

function originOf(parent: unknown): Origin | undefined {
  return typeof parent === 'object' && parent !== null ? (Reflect.get(parent, ORIGIN) as Origin) : undefined;
}

function randomValue(
  schema: GraphQLSchema,
  type: GraphQLOutputType,
  random: Random,
  depth: number,
  isResolved: boolean,
): unknown {
  if (isNonNullType(type)) {
    const value = randomValue(schema, type.ofType, random, depth, isResolved);
    return value ?? randomValue(schema, type.ofType, random, depth, isResolved);
  }
  if (random.chance(0.06)) return random.chance(0.5) ? null : undefined;
  if (isListType(type)) {
    return Array.from({ length: random.whole(0, 2) }, () => {
      if (isResolved && random.chance(0.03)) return new Error('a failed item');
      return randomValue(schema, type.ofType, random, depth, isResolved);
    });
  }
  if (isLeafType(type)) return randomLeaf(type.name, isEnumType(type), random);
  const named = getNamedType(type);
  const objectType = isAbstractType(named) ? random.pick(schema.getPossibleTypes(named)) : named;
  return randomObject(schema, objectType as GraphQLObjectType, random.whole(0, 2 ** 31), depth + 1);
}

/** Creates an object whose properties are computed on each access. */
function randomObject(schema: GraphQLSchema, type: GraphQLObjectType, seed: number, depth: number): object {
  const fields = type.getFields();
  return new Proxy(
    {},
    {
      get: (_, key) => {
        if (key === ORIGIN) return { seed, depth };
        if (key === '__typename') return type.name;
        const field = typeof key === 'string' ? fields[key] : undefined;
        return (
          field && randomValue(schema, field.type, new Random(hash(`${seed} ${field.name}`)), depth, false)
        );
      },
    },
  );
}

function randomLeaf(name: string, isEnum: boolean, random: Random): unknown {
  const isWrong = random.chance(0.02);
  switch (name) {
    case 'Int':
      return isWrong ? random.pick([1.5, 2 ** 40, 'many']) : random.whole(-5, 5);
    case 'Boolean':
      return isWrong ? 'maybe' : random.chance(0.5);
    case 'Money':
      return BigInt(random.whole(0, 10 ** 9));
    case 'Cursor':
      return { list: { name: 'orders', checksum: random.whole(0, 2 ** 31) }, position: '1' };
    case 'DateTime':
      return isWrong ? 'yesterday' : timestampFromMs(random.whole(0, 10 ** 12));
    default:
      if (isEnum) return random.pick(['RELEVANCE', 'NEWEST']);
      return isWrong
        ? {}
        : random.pick(['', 'text', 'é "quoted" \\ \u2028', '__proto__', String(random.whole(0, 99))]);
  }
}

/** Returns JSON that does not depend on the order of properties, which differs between executors. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
